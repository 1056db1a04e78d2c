"""Ctrl-C, and boards that go away in the middle: one line, evidence whole, nothing left."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gbcs_hil.evidence import manifest
from made_families import FAMILIES
from made_vectors import write_world

PROGRAM = "from gbcs_hil.cli import main; main(prog_name='gbcs-hil')"
SECONDS = 100.0

pytestmark = pytest.mark.timeout(300)

RIG = """
schema = 1
[boards.gpf-a]
role = "gpf"
port = "cpython:"
"""

COMMANDS = {
    "demo": ("demo", "--target", "cpython:", "--evidence", "evidence"),
    "run": ("run", "all", "--type", "gpf", "--target", "cpython:", "--evidence", "evidence"),
    "rtds": ("rtds", "vectors", "--provisioning", "vectors/start.toml", "--target", "cpython:"),
    "bench link": ("bench", "link", "--target", "cpython:", "--count", "100000"),
    "answer": ("answer", "--out", "evidence", "--jobs", "2"),
    "bench store": ("bench", "store", "--target", "cpython:", "--commands", "100000"),
    "board log": ("board", "log", "--seconds", "600", "--rig", "bench.toml"),
}
"""Commands on a board that a person may want to end, or under which its board may go away."""

WITH_EVIDENCE = ("demo", "run", "answer")


class Running:
    """A command in a folder of its own, and the boards that it has started."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.evidence = folder / "evidence" if name in WITH_EVIDENCE else None
        (folder / "tmp").mkdir()
        (folder / "bench.toml").write_text(RIG)
        if name == "rtds":
            write_world(folder / "vectors")
            for family, exchange in FAMILIES.items():
                for copy in range(5):
                    exchange.write(folder / "vectors" / f"{family}-{copy}", "x")
        places = {"TMPDIR": str(folder / "tmp"), "GBCS_HIL_LEASES": str(folder / "leases")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *COMMANDS[name]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, **places},
            start_new_session=True,
        )

    def boards(self) -> list[int]:
        """The process ids of the boards, which have their flash in the command's folder."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if any(str(self.folder) in word for word in words) and "-m" in words:
                found.append(int(path.parent.name))
        return found

    def until(self, what: Callable[[], object], end: float) -> None:
        never = threading.Event()
        while not what():
            assert time.monotonic() < end
            never.wait(0.02)

    def until_at_work(self) -> None:
        """Wait for a board, and for something that it said where that is kept."""
        end = time.monotonic() + SECONDS
        self.until(lambda: self.boards() or self.process.poll() is not None, end)
        if self.evidence is not None:
            self.until(lambda: any(said.stat().st_size > 2000 for said in self.frames()), end)

    def kill_a_board(self) -> None:
        """Kill a board, and again where that did not end the command.

        A board that is about to start anew may have ended by itself when the signal comes.
        """
        ended = False
        while not ended:
            for pid in self.boards()[:1]:
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=1.0)
                ended = True

    def frames(self) -> list[Path]:
        """The records of what was said, one for each run of the command."""
        return [*self.folder.glob("evidence/**/frames.jsonl")]

    def end(self) -> str:
        """Wait for the command's end and return what it told the person; see that all is left."""
        _, said = self.process.communicate(timeout=SECONDS)
        assert "Traceback" not in said
        assert list(self.folder.glob("leases/*.owner")) == []
        assert list((self.folder / "tmp").iterdir()) == []
        self.until(lambda: not self.boards(), time.monotonic() + SECONDS)
        if self.evidence is not None:
            broken_off = 0
            for frames in self.frames():
                assert manifest.verify(frames.parent) == []
                told = json.loads((frames.parent / "run.json").read_text())
                assert (told["verdict"] == "broken off") == bool(told.get("error"))
                broken_off += told["verdict"] == "broken off"
                for line in frames.read_text().splitlines():
                    json.loads(line)
            assert broken_off
        return said


@pytest.fixture(params=COMMANDS)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    made = Running(request.param, tmp_path)
    with made.process:
        try:
            yield made
        finally:
            made.process.kill()


def test_ctrl_c_ends_a_command_in_order(running: Running) -> None:
    running.until_at_work()
    # A terminal sends it to the command and to whatever it has started.
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.end() == "gbcs-hil: interrupted\n"
    assert running.process.returncode == 130


def test_a_board_that_goes_away_ends_a_command_in_order(running: Running) -> None:
    running.until_at_work()
    running.kill_a_board()
    (line,) = running.end().splitlines()
    assert line.startswith("gbcs-hil: ")
    assert "power it off and on" in line or "open the port again" in line
    assert running.process.returncode == 2
