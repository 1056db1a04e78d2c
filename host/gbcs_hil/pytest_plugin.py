"""The pytest plugin: tests on the boards of a rig file.

    @pytest.mark.needs(role="gpf", caps={"power-cut"})
    def test_it(bench): ...

    pytest --rig hil_rigs/emulated.toml

Without `--rig` such tests are skipped; with `--rig-strict` nothing is: what a rig cannot give
fails. A board is leased for one test at a time, so that parallel workers and other users of
the bench wait for one another. Here are pytest's hooks and fixtures alone, so that pytest
starts as fast as without; the work is in `pytest_session` and `pytest_boards`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from gbcs_hil.bench.board import Board
    from gbcs_hil.bench.plugged import Plugged
    from gbcs_hil.bench.rig import Rig
    from gbcs_hil.pytest_boards import BoardsOfTest
    from gbcs_hil.pytest_session import RigSession
    from gbcs_hil.scenarios.bench import Bench

_SESSION: pytest.StashKey[RigSession] = pytest.StashKey()
_BOARDS: pytest.StashKey[BoardsOfTest] = pytest.StashKey()

OUT_OF_WORKERS = "gbcs_hil_out"
"""What tells pytest-xdist's workers the folder of evidence."""

_NO_RIG = "missing rig (use --rig)"
_MARKER = (
    "needs(role=None, caps=()): run on a board of the rig (--rig) that plays the role, "
    '"esme", "gpf" or "gsme", and has every capability, such as {"power-cut"}'
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the rig."""
    group = parser.getgroup("rig", "boards on a bench (gbcs-hil)")
    group.addoption(
        "--rig", metavar="NAME|PATH", help="the rig file whose boards tests run on (GBCS_HIL_RIG)"
    )
    group.addoption(
        "--rig-strict",
        action="store_true",
        help="fail what the rig has no board for, instead of skipping it",
    )
    group.addoption(
        "--rig-out",
        metavar="DIR",
        help="where evidence goes, a folder for each test (default: evidence/<time>-pytest)",
    )
    group.addoption(
        "--rig-wait",
        metavar="SECONDS",
        type=float,
        default=600.0,
        help="how long to wait for a board that another process holds (default: 600)",
    )
    parser.addini("rig", "the rig file if there is no --rig", default="")
    parser.addini("rig_dir", "the folder of rig files", default="hil_rigs")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse a rig file that cannot be used before anything runs."""
    config.addinivalue_line("markers", _MARKER)
    name = config.getoption("rig") or os.environ.get("GBCS_HIL_RIG") or config.getini("rig")
    if name:
        from gbcs_hil.pytest_session import RigSession

        config.stash[_SESSION] = RigSession.load(config, str(name))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the evidence of the whole session goes."""
    session = node.config.stash.get(_SESSION, None)
    if session is not None:
        node.workerinput[OUT_OF_WORKERS] = str(session.out)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse markers that make no sense, as errors of the file that has them."""
    report = yield
    marked = [
        item
        for item in report.result or ()
        if isinstance(item, pytest.Item) and item.get_closest_marker("needs")
    ]
    if marked:
        from gbcs_hil.pytest_needs import complaints

        # Raised from here it would be no usage error but a crash of pytest-xdist's workers.
        if wrong := complaints(marked):
            report.outcome = "failed"
            report.longrepr = "\n".join(wrong)
            report.result = []
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail, what the rig has no board for."""
    # Whoever has a fixture of the same name as one of these does not come to `make_board`.
    used = "make_board" in getattr(item, "fixturenames", ())
    if not used and not item.get_closest_marker("needs"):
        return
    session = item.config.stash.get(_SESSION, None)
    reason = session.missing(item) if session is not None else _NO_RIG
    if reason:
        # Neither may look like a defect of this plugin: no traceback of it.
        if item.config.getoption("rig_strict"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the last lines of each board's log into a failure."""
    report = yield
    boards = item.stash.get(_BOARDS, None)
    if boards is not None:
        boards.observe(report, call)
    return report


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest) -> Rig:
    """The rig file, parsed; nothing is opened."""
    session = request.config.stash.get(_SESSION, None)
    if session is None:
        pytest.skip(_NO_RIG)
    return session.rig


@pytest.fixture
def make_board(request: pytest.FixtureRequest) -> Iterator[BoardsOfTest]:
    """Plug boards in: `make_board(role="gpf", caps={"power-cut"})`; returned with the test."""
    from gbcs_hil.pytest_boards import BoardsOfTest

    with BoardsOfTest(request.config.stash[_SESSION], request.node) as boards:
        request.node.stash[_BOARDS] = boards
        boards.reserve_in_order()
        yield boards


@pytest.fixture
def esme(make_board: BoardsOfTest) -> Board:
    """A board that plays an ESME."""
    return make_board("esme").board


@pytest.fixture
def gpf(make_board: BoardsOfTest) -> Board:
    """A board that plays a GPF."""
    return make_board("gpf").board


@pytest.fixture
def gsme(make_board: BoardsOfTest) -> Board:
    """A board that plays a GSME."""
    return make_board("gsme").board


@pytest.fixture
def plugged(make_board: BoardsOfTest) -> Plugged:
    """The board that the test's `needs` asks for, with its line and power."""
    return make_board()


@pytest.fixture
def bench(make_board: BoardsOfTest) -> Iterator[Bench]:
    """A DCC and its users around the board that the test's `needs` asks for."""
    with make_board.bench() as made:
        yield made
