"""What the pytest plugin knows of a whole session: its rig, its evidence, its broken boards."""

from __future__ import annotations

import datetime
import secrets
import sys
from collections.abc import Callable, Collection
from contextlib import nullcontext
from pathlib import Path
from typing import Self

import pytest

from gbcs_hil.bench import rig
from gbcs_hil.errors import HilError, RigError
from gbcs_hil.pytest_needs import ROLES, Need, need_of
from gbcs_hil.pytest_plugin import OUT_OF_WORKERS

BENCH_ROLE = "gpf"
"""What the fixture `bench` stands around if the test's marker names no role."""


class RigSession:
    """The rig of a test session, and which of its boards are known to be broken.

    Attributes:
        rig: the parsed file.
        broken: board name to what happened to it first, and in which test.
        suspects: board name to the test that first lost it.
        strict: whether what is not to be had fails.
        wait: seconds to wait for a board.
        say: shows a line at once, whatever is captured.
        root, out: the project's folder, and the evidence's.
    """

    def __init__(self, config: pytest.Config, loaded: rig.Rig) -> None:
        self.rig = loaded
        self.broken: dict[str, str] = {}
        self.suspects: dict[str, str] = {}
        self.strict = bool(config.getoption("rig_strict"))
        self.wait = float(config.getoption("rig_wait"))
        self.say = _teller(config)
        self.root = config.rootpath
        self.out = _out(config)

    @classmethod
    def load(cls, config: pytest.Config, name: str) -> Self:
        """Parse the rig file.

        Raises:
            pytest.UsageError: it cannot be used.
        """
        try:
            path = rig.find(name, config.rootpath / config.getini("rig_dir"))
            _see_project(config, name, path)
            return cls(config, rig.load(path))
        except RigError as error:
            raise pytest.UsageError(str(error)) from error

    def needs(self, item: pytest.Item) -> list[Need]:
        """Return what a test needs, by its marker and by the fixtures that it uses."""
        marked = need_of(item)
        names = getattr(item, "fixturenames", ())
        if "bench" in names and marked.role is None:
            marked = Need(BENCH_ROLE, marked.caps)
        roles = [role for role in ROLES if role in names and role != marked.role]
        needs = [Need(role) for role in roles]
        return [marked, *needs] if marked != Need() or not needs else needs

    def missing(self, item: pytest.Item) -> str:
        """Return why the rig has no board for a test, or nothing if it has."""
        for need in self.needs(item):
            fitting = [board for board in self.rig.boards.values() if need.fits(board)]
            if not fitting:
                return f"rig {self.rig.path.stem}: {need}"
            if all(board.name in self.broken for board in fitting):
                return "; ".join(self.broken[board.name] for board in fitting)
        return ""

    def candidates(self, need: Need, taken: Collection[str]) -> list[rig.RigBoard]:
        """Return the boards that a test may have, in the file's order."""
        return [
            board
            for name, board in self.rig.boards.items()
            if need.fits(board) and name not in self.broken and name not in taken
        ]

    def give_up(self, board: rig.RigBoard, test: str, error: HilError) -> None:
        """Remember that a board is broken, and since when."""
        first = self.suspects.get(board.name, test)
        self.broken[board.name] = f"board {board.name} is broken since {first}: {error}"


def _see_project(config: pytest.Config, name: str, path: Path) -> None:
    """See that pytest took its settings from the tests' project, not from the rig file's.

    After `--rig` and a blank, pytest takes the path for one of tests before it asks plugins.

    Raises:
        pytest.UsageError: it took the rig file's.
    """
    if config.inipath is None or name not in config.invocation_params.args:
        return
    project = config.inipath.parent.resolve()
    tests = [config.invocation_params.dir, *(Path(arg.split("::")[0]) for arg in config.args)]
    of_tests = any(project in (test.resolve(), *test.resolve().parents) for test in tests)
    if project in path.resolve().parents and not of_tests:
        raise pytest.UsageError(
            f"pytest took {config.inipath}, beside the rig file, for this project's settings: "
            f"write --rig={name}, without a blank"
        )


def _out(config: pytest.Config) -> Path:
    """Return the session's folder of evidence, the same one in every worker."""
    given: dict[str, str] = getattr(config, "workerinput", {})
    if OUT_OF_WORKERS in given:
        return Path(given[OUT_OF_WORKERS])
    if named := config.getoption("rig_out"):
        return Path(named).absolute()
    now = datetime.datetime.now(datetime.UTC)
    return config.rootpath / "evidence" / f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}-pytest"


def _teller(config: pytest.Config) -> Callable[[str], None]:
    """Return what shows a line at once; of a worker standard error alone is seen."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with nullcontext() if capture is None else capture.global_and_fixture_disabled():
            print(f"\n{line}", file=sys.stderr, flush=True)  # noqa: T201

    return say
