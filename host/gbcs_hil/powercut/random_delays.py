"""Cuts of a real board's power at random moments of a command.

A board's flash tells nobody where the power went, so chance takes the place of the sweep: N
cuts, each at another delay after the command was sent. Only a cut that is proved (the board
fell silent, and came back with another boot_id and power-on as the cause) counts; any other is
void. When N proved cuts have broken no promise, the chance of one that does is below 3/N with
95 % confidence (the rule of three).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from gbcs_hil.bench.board import Board, CellContent, Delivery, DeviceState
from gbcs_hil.bench.start_state import cell_name, cells_of, certificate_for
from gbcs_hil.errors import HilError, PowerNotCut
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.powercut.commands import NOW, Parties
from gbcs_hil.powercut.invariants import Verdict, judge
from gbcs_hil.powercut.scenarios import CHANGING, LAST, Changing, Step, start

MOST_VOID = 5
"""How many cuts in a row may be void before the bench is taken for broken."""

_LONGER = 1.3
_UNCUT = 3

_Answer = TypeVar("_Answer", covariant=True)


class CutShort(Protocol[_Answer]):
    """What came of an operation during which the power was cut, and the cut was proved."""

    @property
    def answer(self) -> _Answer | None:
        """What the operation returned; None if the cut came first."""


class Power(Protocol):
    """A board's power, whose cuts are proved."""

    def cut_during(self, operation: Callable[[], Delivery], after: float) -> CutShort[Delivery]:
        """Start an operation, cut the power some seconds later, restore it.

        Raises:
            PowerNotCut: the power did not go, or cannot be shown to have gone.
        """


@dataclass(frozen=True)
class RandomCut:
    """One proved cut.

    Attributes:
        delay: seconds from the command to the cut.
        answered: whether the device had answered.
        verdict: what was left.
    """

    delay: float
    answered: bool
    verdict: Verdict


@dataclass(frozen=True)
class RandomSweep:
    """What came of the cuts.

    Attributes:
        cuts: the proved ones.
        void: how many were not.
        seed: what the delays were drawn from.
    """

    cuts: tuple[RandomCut, ...]
    void: int
    seed: str

    @property
    def failed(self) -> tuple[RandomCut, ...]:
        """The cuts that broke a promise."""
        return tuple(cut for cut in self.cuts if cut.verdict.violations)

    @property
    def bound(self) -> float | None:
        """The 95 % upper bound of the chance of a broken promise; None if one was broken."""
        return None if self.failed or not self.cuts else min(1.0, 3 / len(self.cuts))

    def __str__(self) -> str:
        cuts = f"{len(self.cuts)} proved cuts (seed {self.seed}), {self.void} void"
        old = sum(1 for cut in self.cuts if cut.verdict.left == 0)
        left = f"{old} left the old state, {len(self.cuts) - old - len(self.failed)} the new"
        if self.bound is None:
            return f"{cuts}: {left}, {len(self.failed)} broke a promise"
        return f"{cuts}: {left}; less than {self.bound:.2g} of all cuts break one (95 %)"


class _Survivor:
    """A board that is on again."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def perform(self, step: Step) -> Delivery:
        assert step.command is not None
        return self.board.deliver(step.command)


class _Renewals:
    """Renewals of certificates on one device, each other than the one before."""

    def __init__(self, device_type: str) -> None:
        self._type = device_type
        self._it: Changing = CHANGING[device_type]
        first = Parties()
        self._parties = (first, first.renewed(self._it.owner))
        self._now = 0
        self._counter = LAST

    def next(self, state: DeviceState) -> tuple[Step, DeviceState]:
        """Return a command for a device in this state, and its state once it is executed."""
        now, then = self._parties[self._now], self._parties[1 - self._now]
        self._counter += 1
        command = self._it.renewal(now, then, self._counter, self._type)
        probe = self._it.renewal(then, then, self._counter, self._type)
        counters = {**state.counters, self._it.role.gbcs_name: self._counter}
        after = replace(state, cells={**state.cells, **self._cells(then)}, counters=counters)
        return Step(command, probes=(probe,)), after

    def follow(self, state: DeviceState) -> None:
        """Note whose certificates a device has."""
        for at, parties in enumerate(self._parties):
            if state.cells.items() >= self._cells(parties).items():
                self._now = at

    def _cells(self, parties: Parties) -> dict[str, CellContent]:
        """Return what stands in the role's cells once a party's credentials are there."""
        owner = self._it.owner
        held = {}
        for cell in cells_of(self._type):
            if cell.role is self._it.role:
                read = read_certificate(certificate_for(cell, owner, parties.pki))
                held[cell_name(cell)] = CellContent(owner.eui, read.ski, int(owner.role))
        return held


def sweep(
    board: Board,
    power: Power,
    device_type: str,
    cuts: int,
    seed: str = "0",
    on_cut: Callable[[RandomCut], None] = lambda cut: None,
) -> RandomSweep:
    """Cut a board's power during 6.15.1 commands, at random delays.

    Args:
        board: its device is erased and provisioned first.
        power: of that board.
        device_type: "esme", "gpf" or "gsme".
        cuts: how many have to be proved.
        seed: what the delays are drawn from.
        on_cut: told of each proved cut.

    Raises:
        PowerNotCut: `MOST_VOID` cuts in a row were void.
        HilError: the device does not work even without a cut.
    """
    if board.hello()["condition"] != "virgin":
        board.erase()
    board.provision(start(device_type))
    board.set_clock(NOW)
    renewals = _Renewals(device_type)
    longest = _LONGER * max(_uncut(board, renewals) for _ in range(_UNCUT))
    chance = random.Random(seed)  # noqa: S311 - delays, no secret.
    done: list[RandomCut] = []
    void = in_a_row = 0
    while len(done) < cuts:
        try:
            done.append(_cut(board, power, renewals, chance.uniform(0, longest)))
        except PowerNotCut:
            void += 1
            in_a_row += 1
            if in_a_row == MOST_VOID:
                raise
            _resume(board, renewals)
        else:
            in_a_row = 0
            on_cut(done[-1])
            if done[-1].verdict.violations:
                break  # What the device holds now is no ground for another cut.
    return RandomSweep(tuple(done), void, seed)


def _uncut(board: Board, renewals: _Renewals) -> float:
    """Have the device accept a command; return the seconds that it took."""
    step, _ = renewals.next(board.state())
    assert step.command is not None
    began = time.monotonic()
    delivery = board.deliver(step.command)
    seconds = time.monotonic() - began
    if not delivery.outputs:
        raise HilError(f"{board.name}: a 6.15.1 is refused even without a cut: {delivery.detail}")
    renewals.follow(board.state())
    return seconds


def _cut(board: Board, power: Power, renewals: _Renewals, delay: float) -> RandomCut:
    before = board.state()
    step, after = renewals.next(before)
    device = _Survivor(board)
    short = power.cut_during(lambda: device.perform(step), delay)
    answered = short.answer is not None and bool(short.answer.outputs)
    board.set_clock(NOW)
    verdict = judge(device, (step,), (before, after), int(answered))
    if not verdict.violations:
        renewals.follow(board.state())
    return RandomCut(delay, answered, verdict)


def _resume(board: Board, renewals: _Renewals) -> None:
    """Find out whether the command of a void cut was executed after all."""
    board.hello()
    board.set_clock(NOW)
    renewals.follow(board.state())
