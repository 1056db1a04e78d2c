"""Reference messages, and messages of our own, for the tests of the codec."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from gbcs_hil.gbcs.explain import read_octets
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import Pki


@pytest.fixture(scope="session")
def vectors(rtds: Path) -> Mapping[str, bytes]:
    """Every reference message by its file name without `_GBCS.HEX`."""
    files = sorted((rtds / "vectors").glob("*_GBCS.HEX"))
    return {file.name.removesuffix("_GBCS.HEX"): read_octets(file.read_bytes()) for file in files}


@pytest.fixture(scope="session")
def shared_secrets(rtds: Path) -> Mapping[str, bytes]:
    """Z by `<party>-ka x <device>-ka`."""
    data = json.loads((rtds / "shared-secrets.json").read_text())
    return {name: bytes.fromhex(secret) for name, secret in data.items()}


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki.issue(Authority.create(seed=b"tests"))
