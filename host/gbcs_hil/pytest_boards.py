"""What the pytest plugin does with boards: choose, lease, plug in, watch, return."""

from __future__ import annotations

import datetime
import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, get_args

import pytest

from gbcs_hil.bench import rig
from gbcs_hil.errors import BoardBusy, HilError, LinkError, RigError, ToolMissing, WrongBoard

if TYPE_CHECKING:
    # Imported by the tests that use them: a collection has no time for that.
    from gbcs_hil.bench.link import LogLine
    from gbcs_hil.bench.plugged import Plugged
    from gbcs_hil.evidence.run_folder import RunFolder
    from gbcs_hil.scenarios.bench import Bench

BENCH_ROLE = "gpf"
"""What the fixture `bench` stands around if the test's marker names no role."""

_TAIL = 40
_ROLES = get_args(rig.Role)
_CAPABILITIES = get_args(rig.Capability)
_DEAD = (LinkError, WrongBoard, ToolMissing)
"""What says that a board is not to be had, rather than that a device is wrong."""


@dataclass(frozen=True)
class Need:
    """What a test asks of a board.

    Attributes:
        role: the device that it plays, or None for any.
        caps: the capabilities that it must have.
    """

    role: str | None = None
    caps: frozenset[str] = frozenset()

    def fits(self, board: rig.RigBoard) -> bool:
        """Return whether a board has it all."""
        return self.role in (None, board.role) and self.caps <= set(board.capabilities)

    def __str__(self) -> str:
        wants = [f"role={self.role}"] * bool(self.role) + sorted(self.caps)
        return "no board with " + " and ".join(wants) if wants else "no board"


def need_of(item: pytest.Item) -> Need:
    """Return what a test's marker `needs` asks for.

    Raises:
        pytest.UsageError: the marker makes no sense.
    """
    marker = item.get_closest_marker("needs")
    if marker is None:
        return Need()
    unknown = set(marker.kwargs) - {"role", "caps"}
    if marker.args or unknown:
        raise _usage(item, f"takes role= and caps= alone, not {[*marker.args, *sorted(unknown)]}")
    return _need(item, marker.kwargs.get("role"), marker.kwargs.get("caps", ()))


def _need(item: pytest.Item, role: object, caps: object) -> Need:
    if role is not None and role not in _ROLES:
        raise _usage(item, f"knows no role {role!r}; there are {', '.join(_ROLES)}")
    if isinstance(caps, str) or not isinstance(caps, Collection):
        raise _usage(item, f"wants caps as a set of texts, not {caps!r}")
    for cap in caps:
        if cap not in _CAPABILITIES:
            raise _usage(item, f"knows no capability {cap!r}; {', '.join(_CAPABILITIES)}")
    return Need(None if role is None else str(role), frozenset(caps))


def _usage(item: pytest.Item, what: str) -> pytest.UsageError:
    return pytest.UsageError(f"{item.nodeid}: the marker needs {what}")


class RigSession:
    """The rig of a test session, and which of its boards are known to be broken.

    Attributes:
        rig: the parsed file.
        broken: board name to what happened to it first, and in which test.
        suspects: board name to the test that first lost it.
        strict: whether what is not to be had fails.
        wait: seconds to wait for a board.
        root, out: the project's folder, and the evidence's.
    """

    def __init__(self, config: pytest.Config, loaded: rig.Rig) -> None:
        self.rig = loaded
        self.broken: dict[str, str] = {}
        self.suspects: dict[str, str] = {}
        self.strict = bool(config.getoption("rig_strict"))
        self.wait = float(config.getoption("rig_wait"))
        named = config.getoption("rig_out")
        now = datetime.datetime.now(datetime.UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}-pytest"
        self.root = config.rootpath
        self.out = Path(named).absolute() if named else config.rootpath / "evidence" / name

    @classmethod
    def load(cls, config: pytest.Config, name: str) -> Self:
        """Parse the rig file.

        Raises:
            pytest.UsageError: it cannot be used.
        """
        try:
            folder = config.rootpath / config.getini("rig_dir")
            return cls(config, rig.load(rig.find(name, folder)))
        except RigError as error:
            raise pytest.UsageError(str(error)) from error

    def needs(self, item: pytest.Item) -> list[Need]:
        """Return what a test needs, by its marker and by the fixtures that it uses."""
        marked = need_of(item)
        names = getattr(item, "fixturenames", ())
        if "bench" in names and marked.role is None:
            marked = Need(BENCH_ROLE, marked.caps)
        roles = [role for role in _ROLES if role in names and role != marked.role]
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


@dataclass
class BoardsOfTest:
    """The boards that one test has.

    Attributes:
        plugged: board name to board.
    """

    session: RigSession
    item: pytest.Item
    plugged: dict[str, Plugged] = field(default_factory=dict)
    _by_need: dict[Need, Plugged] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _evidence: RunFolder | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def __call__(self, role: str | None = None, caps: Collection[str] | None = None) -> Plugged:
        """Return a board with a role and capabilities; the same one each time it is asked for.

        Args:
            role: "esme", "gpf" or "gsme"; None for what the test's `needs` asks for.
            caps: what it must be able to do; None for what `needs` asks for.
        """
        marked = need_of(self.item)
        if caps is None:
            caps = marked.caps if role in (None, marked.role) else ()
        need = _need(self.item, role or marked.role, caps)
        if need not in self._by_need:
            self._by_need[need] = self._plug_in(need)
        return self._by_need[need]

    def reserve_in_order(self) -> None:
        """Take every board that the test is known to need, in the same order in each test.

        Two tests that wait for one another's board would wait for ever.
        """
        needs = self.session.needs(self.item)
        for need in sorted(needs, key=lambda need: (need.role or "", sorted(need.caps))):
            if need.role is not None or need.caps:
                self(need.role, need.caps)

    @property
    def evidence(self) -> RunFolder:
        """The folder of this test's evidence, made when it is first asked for."""
        if self._evidence is None:
            from gbcs_hil.evidence.run_folder import RunFolder

            name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.item.nodeid).strip("-")
            folder = self.session.out / name
            if folder.exists():
                folder = folder.with_name(f"{name}-{secrets.token_hex(2)}")
            self._evidence = self._stack.enter_context(RunFolder(folder, self.item.nodeid))
            shown = os.path.relpath(folder, self.session.root)
            self.item.user_properties.append(("evidence", shown))
        return self._evidence

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """A DCC and its users around the board that `needs` asks for; a GPF if it names none."""
        from gbcs_hil.scenarios.bench import Bench
        from gbcs_hil.scenarios.stage import rig_cuts
        from gbcs_hil.smki.authority import Authority
        from gbcs_hil.smki.parties import EVERYBODY, Pki

        board = self(need_of(self.item).role or BENCH_ROLE)
        pki = Pki.issue(Authority.create(seed=self.item.nodeid.encode()), EVERYBODY)
        cuts = rig_cuts(board)
        made = Bench(board.board, pki, self.evidence.folder, self.evidence, cuts)
        try:
            yield made
        finally:
            made.close()

    def observe(self, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Add to a failed test's report what its boards said last."""
        if self._evidence is not None and report.when == "call":
            self._evidence.finish(report.outcome)
        if not report.failed:
            return
        lost = call.excinfo is not None and isinstance(call.excinfo.value, _DEAD)
        for name, board in self.plugged.items():
            if lost:
                self.session.suspects.setdefault(name, self.item.nodeid)
            lines = [f"{line.at:12.3f} {line.text}" for line in [*board.log][-_TAIL:]]
            report.sections.append((f"serial {name}", "\n".join(lines) or "it printed nothing"))

    def _plug_in(self, need: Need) -> Plugged:
        candidates = self.session.candidates(need, self.plugged)
        if not candidates:
            pytest.fail(self.session.missing(self.item) or str(need), pytrace=False)
        board = self._first_free(candidates)
        self.plugged[board.entry.name] = board
        evidence = self.evidence
        evidence.describe(
            **{f"board {board.entry.name}": board.hello, "rig": str(self.session.rig.path)}
        )

        def keep(line: LogLine) -> None:
            board.log.append(line)
            evidence.link(board.entry.name, "log", line.text)

        board.line.log = keep
        board.line.frame = lambda frame: evidence.link(
            board.entry.name, f"frame {frame.direction}", frame.payload
        )
        return board

    def _first_free(self, candidates: list[rig.RigBoard]) -> Plugged:
        """Plug in a board that nobody holds, or the first that is returned."""
        for board in candidates[:-1]:
            try:
                return self._hold(board, 0.0)
            except BoardBusy:
                continue
        return self._hold(candidates[-1], self.session.wait)

    def _hold(self, board: rig.RigBoard, wait: float) -> Plugged:
        from gbcs_hil.bench import plugged

        try:
            context = plugged.plug_in(board, self.item.nodeid, wait=wait)
            return self._stack.enter_context(context)
        except _DEAD as error:
            known = board.name in self.session.suspects
            self.session.give_up(board, self.item.nodeid, error)
            if known and not self.session.strict:
                pytest.skip(self.session.broken[board.name])
            pytest.fail(self.session.broken[board.name] if known else str(error), pytrace=False)
