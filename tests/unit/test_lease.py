"""A board is used by one process at a time; who waits is told who holds it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import REPO
from gbcs_hil.bench import lease
from gbcs_hil.bench.lease import Lease
from gbcs_hil.errors import BoardBusy

HOLD = """
import sys
from gbcs_hil.bench.lease import Lease
with Lease("usb:E66", "esme-a", "tests/test_x.py::test_y", wait=0):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(lease.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@contextmanager
def held_elsewhere() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPO / "host",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_held_board_is_refused_with_its_holder() -> None:
    with held_elsewhere() as process:
        wanted = rf"esme-a is held by tests/test_x.py::test_y \(pid {process.pid}, user \w+, since"
        with pytest.raises(BoardBusy, match=wanted), Lease("usb:E66", "esme-a", "me", wait=0.1):
            pass


def test_a_wait_says_once_who_holds_the_board_and_ends_with_the_lease() -> None:
    told: list[str] = []
    with held_elsewhere() as process:

        def report(line: str) -> None:
            told.append(line)
            process.kill()

        with Lease("usb:E66", "esme-a", "me", wait=30, report=report):
            pass
    assert len(told) == 1
    assert told[0].startswith("waiting for board esme-a, held by tests/test_x.py::test_y (pid ")


def test_another_board_is_free() -> None:
    with held_elsewhere(), Lease("usb:E67", "esme-b", "me", wait=0):
        pass


def test_nothing_says_that_a_returned_board_is_held(folder: Path) -> None:
    with Lease("/dev/ttyACM0", "esme-a", "me", wait=0):
        assert list(folder.glob("*.owner"))
    assert not list(folder.glob("*.owner"))
    with Lease("/dev/ttyACM0", "esme-a", "me", wait=0):
        pass
