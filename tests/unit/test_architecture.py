"""The two implementations stay independent, and modules stay small."""

import ast
import re
from pathlib import Path

import pytest

from conftest import REPO

SOURCES = sorted((REPO / "host").rglob("*.py"))
# What a benchmark or mpremote has run on the device's side is no part of the host.
HOST = [
    path
    for path in SOURCES
    if not path.name.endswith("_on_micropython.py") and path.parent.name != "on_board"
]
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


def test_gbcs_rests_on_nothing_else_of_the_host() -> None:
    for path in HOST:
        if path.parent.name == "gbcs":
            used = set(re.findall(r"^(?:from|import) gbcs_hil\.(\w+)", path.read_text(), re.M))
            assert used <= {"errors", "gbcs"}, path


def test_only_one_module_knows_pyserial() -> None:
    users = [path.name for path in HOST if "serial" in imported(path)]
    assert users == ["ports.py"]


# MicroPython's assembler has no macros.
LONG = {"kernel_thumb.py"}
SHORT = [path for path in (*SOURCES, *FIRMWARE) if path.name not in LONG]


@pytest.mark.parametrize("path", SHORT, ids=lambda path: str(path.relative_to(REPO)))
def test_a_module_fits_on_a_few_screens(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
