"""Measure what somebody waits for before anything happens: `--help`, pytest, a rig file.

Each program is started again and again, the ones to compare in turn, so that a machine that
is busy for a while is so for both.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from gbcs_hil.bench import rig
from gbcs_hil.errors import HilError, ToolMissing
from gbcs_hil.scratch import scratch_folder

_SECONDS = 120
_HELP = ("-c", "from gbcs_hil.cli import main; main(prog_name='gbcs-hil')", "--help")
_COLLECT = ("-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
_RIG = """\
schema = 1
[boards.gpf-a]
role = "gpf"
port = "cpython:"
"""
_TEST = """\
def test_it(gpf):
    pass
"""


class StartTimes(msgspec.Struct, frozen=True):
    """What it took to start; medians, in milliseconds.

    Attributes:
        count: how often each was done.
        help: `gbcs-hil --help`.
        collect: `pytest --collect-only` of one test, without the plugin.
        plugin: what the plugin adds to that, with a rig.
        rig: to parse the rig file.
        rig_file: which one that was.
    """

    count: int
    help: float
    collect: float
    plugin: float
    rig: float
    rig_file: str


def measure(count: int, rig_file: Path | None = None) -> StartTimes:
    """Start the programs that often each.

    Args:
        count: how often.
        rig_file: the rig file; None for one of one emulated board.

    Raises:
        RigError: the rig file cannot be used.
        ToolMissing: there is no pytest.
        HilError: a program failed.
    """
    if importlib.util.find_spec("pytest") is None:
        raise ToolMissing("measuring pytest's start needs pytest: pip install pytest")
    with scratch_folder() as folder:
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "test_it.py").write_text(_TEST)
        (folder / "one.toml").write_text(_RIG)
        path = (rig_file or folder / "one.toml").absolute()
        parsing = []
        for _ in range(count):
            begun = time.perf_counter()
            rig.load(path)
            parsing.append(time.perf_counter() - begun)
        programs = {
            "help": _HELP,
            "without": (*_COLLECT, "-p", "no:gbcs-hil", str(folder)),
            "with": (*_COLLECT, f"--rig={path}", str(folder)),
        }
        seconds = _in_turn(programs, count, folder)
    without, plugin = (statistics.median(seconds[name]) for name in ("without", "with"))
    return StartTimes(
        count=count,
        help=_milliseconds(statistics.median(seconds["help"])),
        collect=_milliseconds(without),
        plugin=_milliseconds(plugin - without),
        rig=_milliseconds(statistics.median(parsing)),
        rig_file=str(rig_file or "one emulated board"),
    )


def _in_turn(
    programs: Mapping[str, Sequence[str]], count: int, folder: Path
) -> dict[str, list[float]]:
    """Run each program that often, after once for what is cached; return the seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(count + 1):
        for name, words in programs.items():
            begun = time.perf_counter()
            _run(words, folder)
            if turn:
                seconds[name].append(time.perf_counter() - begun)
    return seconds


def _run(words: Sequence[str], folder: Path) -> None:
    # What the user's own settings add is not ours.
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        cwd=folder,
        env=kept,
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise HilError(f"`{' '.join(words)}` failed with status {done.returncode}: {last}")


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 2)
