"""Fixtures that every test may use."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from gbcs_hil.bench import micropython as micropython_program
from gbcs_hil.errors import ToolMissing

# The same examples every time; the deadlines that count are pytest's.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

REPO = Path(__file__).resolve().parent.parent
FIRMWARE = REPO / "firmware"


@dataclass(frozen=True)
class MicroPython:
    """MicroPython's unix port with the firmware on its path and a board's heap."""

    command: tuple[str, ...]

    def run_script(self, script: str | Path, *args: str, heap: str = "190k") -> str:
        """Run a file or a piece of code and return what it printed; fail on an error status."""
        tail = ["-c", script] if isinstance(script, str) else [str(script)]
        done = subprocess.run(
            [*self.command, "-X", f"heapsize={heap}", *tail, *args],
            capture_output=True,
            text=True,
            timeout=50,
            env={**os.environ, "MICROPYPATH": f".frozen:{FIRMWARE}"},
        )
        assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def micropython() -> MicroPython:
    """MicroPython's unix port, or a skip that says how to get it."""
    try:
        return MicroPython(micropython_program.find().command)
    except ToolMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def rtds() -> Path:
    """The folder of reference vectors, or a skip: they are not part of this project."""
    folder = Path(os.environ.get("GBCS_HIL_RTDS") or REPO.parent / "shared" / "rtds")
    if not (folder / "vectors").is_dir():
        pytest.skip(f"no RTDS vectors in {folder} (set GBCS_HIL_RTDS)")
    return folder
