"""The two implementations stay independent, and modules stay small."""

import ast
from pathlib import Path

import pytest

from conftest import REPO

HOST = sorted((REPO / "host").rglob("*.py"))
FIRMWARE = sorted((REPO / "firmware").rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", HOST, ids=lambda path: str(path.relative_to(REPO)))
def test_the_host_never_imports_the_device(path: Path) -> None:
    assert "gbcs_device" not in imported(path)


@pytest.mark.parametrize("path", FIRMWARE, ids=lambda path: str(path.relative_to(REPO)))
def test_the_firmware_needs_nothing_of_the_host(path: Path) -> None:
    outside = imported(path) & {"gbcs_hil", "cbor2", "serial", "typing", "dataclasses"}
    assert not outside
    if path.name != "cpython.py":
        assert "cryptography" not in imported(path)


def test_only_one_module_knows_pyserial() -> None:
    users = [path.name for path in HOST if "serial" in imported(path)]
    assert users == ["ports.py"]


@pytest.mark.parametrize("path", [*HOST, *FIRMWARE], ids=lambda path: str(path.relative_to(REPO)))
def test_a_module_fits_on_a_few_screens(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
