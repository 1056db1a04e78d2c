"""What the pytest plugin does with boards: choose, lease, plug in, watch, return."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pytest

from gbcs_hil import pytest_needs
from gbcs_hil.bench import rig
from gbcs_hil.errors import BadInput, BoardBusy, LinkError, ToolMissing, WrongBoard
from gbcs_hil.pytest_needs import Need
from gbcs_hil.pytest_session import BENCH_ROLE, RigSession

if TYPE_CHECKING:
    # Imported by the tests that use them: a collection has no time for that.
    from gbcs_hil.bench.link import LogLine
    from gbcs_hil.bench.plugged import Plugged
    from gbcs_hil.evidence.run_folder import RunFolder
    from gbcs_hil.scenarios.bench import Bench

_TAIL = 40
_DEAD = (LinkError, WrongBoard, ToolMissing)
"""What says that a board is not to be had, rather than that a device is wrong."""


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
    _judged: bool = False
    _closed: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self._evidence is not None and not self._judged:
            # Whatever ended the test, Ctrl-C for one, pytest did not report it.
            self._evidence.finish("broken off")
        self._closed = True
        self._stack.__exit__(kind, error, trace)

    def __call__(self, role: str | None = None, caps: Collection[str] | None = None) -> Plugged:
        """Return a board with a role and capabilities; the same one each time it is asked for.

        Args:
            role: "esme", "gpf" or "gsme"; None for what the test's `needs` asks for.
            caps: what it must be able to do; None for what `needs` asks for.
        """
        marked = pytest_needs.need_of(self.item)
        if caps is None:
            caps = marked.caps if role in (None, marked.role) else ()
        need = pytest_needs.need(self.item, role or marked.role, caps)
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

        board = self(pytest_needs.need_of(self.item).role or BENCH_ROLE)
        pki = Pki.issue(Authority.create(seed=self.item.nodeid.encode()), EVERYBODY)
        cuts = rig_cuts(board)
        made = Bench(board.board, pki, self.evidence.folder, self.evidence, cuts)
        try:
            yield made
        finally:
            made.close()

    def observe(self, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Add to a failed test's report what its boards said last."""
        # A test that fails as it is set up has no call.
        if (
            self._evidence is not None
            and not self._closed
            and (report.when == "call" or report.outcome != "passed")
        ):
            self._judged = True
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
        try:
            return self._hold(candidates[-1], self.session.wait)
        except BoardBusy as error:
            busy = str(error)
        # Out here, or pytest would show the error that this one came of as well.
        pytest.fail(busy, pytrace=False)

    def _hold(self, board: rig.RigBoard, wait: float) -> Plugged:
        from gbcs_hil.bench import plugged

        try:
            context = plugged.plug_in(board, self.item.nodeid, wait=wait, report=self.session.say)
            return self._stack.enter_context(context)
        except (*_DEAD, BadInput) as error:
            dead = str(error)
            known = board.name in self.session.suspects
            self.session.give_up(board, self.item.nodeid, error)
        if known and not self.session.strict:
            pytest.skip(self.session.broken[board.name])
        pytest.fail(self.session.broken[board.name] if known else dead, pytrace=False)
