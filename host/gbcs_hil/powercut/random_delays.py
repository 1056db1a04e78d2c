"""Cuts of a real board's power at random moments of a scenario.

A board's flash tells nobody where the power went, so chance takes the place of the sweep: N
cuts, each at another delay after the first command was sent, on a device provisioned anew.
Only a cut that is proved (the board fell silent, and came back with another boot_id and
power-on as the cause) counts; any other is void. When N proved cuts have broken no promise,
the chance of one that does is below 3/N with 95 % confidence (the rule of three).
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Protocol, TypeVar

from gbcs_hil.bench.board import Board, Delivery, DeviceState
from gbcs_hil.errors import HilError, PowerNotCut
from gbcs_hil.powercut.commands import NOW
from gbcs_hil.powercut.invariants import Verdict, judge
from gbcs_hil.powercut.scenarios import SCENARIOS, Play, Step

CUTS = 300
"""How many proved cuts say "less than 1 %"."""

MOST_VOID = 5
"""How many cuts in a row may be void before the bench is taken for broken."""

_LONGER = 1.3
# So about a quarter of the cuts come after the answer, however a board's speed varies.
_LATER, _SOONER = 1.05, 1 / 1.15

_Answer = TypeVar("_Answer")
_Given = TypeVar("_Given", covariant=True)


class CutShort(Protocol[_Given]):
    """What came of an operation during which the power was cut, and the cut was proved."""

    @property
    def answer(self) -> _Given | None:
        """What the operation returned; None if the cut came first."""


class Power(Protocol):
    """A board's power, whose cuts are proved."""

    def cut_during(self, operation: Callable[[], _Answer], after: float) -> CutShort[_Answer]:
        """Start an operation, cut the power some seconds later, restore it.

        Raises:
            PowerNotCut: the power did not go, or cannot be shown to have gone.
        """


@dataclass(frozen=True)
class RandomCut:
    """One proved cut.

    Attributes:
        scenario: what the device was doing, one of `SCENARIOS`.
        delay: seconds from the first command to the cut.
        answered: how many steps the device had answered.
        verdict: what was left.
    """

    scenario: str
    delay: float
    answered: int
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
        left = f"{old} left the old state, {len(self.cuts) - old - len(self.failed)} a new one"
        if self.bound is None:
            return f"{cuts}: {left}, {len(self.failed)} broke a promise"
        bound = f"{100 * self.bound:.3g} % of all cuts (3/{len(self.cuts)})"
        return f"{cuts}: {left}; with 95 % confidence less than {bound} break a promise"


class _Survivor:
    """A board that is on again."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def perform(self, step: Step) -> Delivery:
        if step.clock is not None:
            return self.board.set_clock(step.clock)
        assert step.command is not None
        return self.board.deliver(step.command)


@dataclass
class _Uncut:
    """A scenario on the board without a cut.

    Attributes:
        states: before the first step and after each.
        latest: seconds within which a cut comes.
    """

    scenario: str
    play: Play
    states: tuple[DeviceState, ...]
    latest: float


def sweep(
    board: Board,
    power: Power,
    device_type: str,
    scenarios: Sequence[str],
    cuts: int = CUTS,
    seed: str = "0",
    on_cut: Callable[[RandomCut | PowerNotCut], None] = lambda cut: None,
) -> RandomSweep:
    """Cut a board's power during some scenarios, one after the other, at random delays.

    Args:
        board: its device is erased and provisioned before each cut.
        power: of that board.
        device_type: "esme", "gpf" or "gsme".
        scenarios: of `SCENARIOS`, such as the device type takes.
        cuts: how many have to be proved.
        seed: what the delays are drawn from.
        on_cut: told of each proved cut, and why another one is void.

    Raises:
        PowerNotCut: `MOST_VOID` cuts in a row were void.
        HilError: the device does not work even without a cut.
    """
    uncut = [_without_cut(board, device_type, scenario) for scenario in scenarios]
    done: list[RandomCut] = []
    void = in_a_row = 0
    chance = random.Random(seed)  # noqa: S311 - delays, no secret.
    for it in _as_long_as(cycle(uncut), lambda: len(done) < cuts):
        try:
            cut = _cut(board, power, it, chance.uniform(0, it.latest))
        except PowerNotCut as error:
            void += 1
            in_a_row += 1
            on_cut(error)
            if in_a_row == MOST_VOID:
                raise
            continue
        in_a_row = 0
        it.latest *= _SOONER if cut.answered == len(it.play.steps) else _LATER
        done.append(cut)
        on_cut(cut)
        if cut.verdict.violations:
            break  # What is on the flash now should be looked at, not erased.
    return RandomSweep(tuple(done), void, seed)


def _as_long_as(items: Iterator[_Uncut], wanted: Callable[[], bool]) -> Iterator[_Uncut]:
    while wanted():
        yield next(items)


def _start(board: Board, play: Play) -> DeviceState:
    """Provision the device anew; return its state."""
    if board.hello()["condition"] != "virgin":
        board.erase()
    board.provision(play.provisioning)
    board.set_clock(NOW)
    return board.state()


def _without_cut(board: Board, device_type: str, scenario: str) -> _Uncut:
    play = SCENARIOS[scenario].on(device_type)
    states = [_start(board, play)]
    device = _Survivor(board)
    seconds = 0.0
    for number, step in enumerate(play.steps, 1):
        began = time.monotonic()
        delivery = device.perform(step)
        seconds += time.monotonic() - began
        if not delivery.outputs:
            why = delivery.detail or delivery.verdict
            raise HilError(
                f"{board.name}: {scenario}: step {number} is not answered even uncut: {why}"
            )
        states.append(board.state())
    return _Uncut(scenario, play, tuple(states), _LONGER * seconds)


def _cut(board: Board, power: Power, uncut: _Uncut, delay: float) -> RandomCut:
    epoch = _start(board, uncut.play).epoch
    states = [replace(state, epoch=epoch) for state in uncut.states]
    device = _Survivor(board)
    answered: list[Delivery] = []

    def work() -> None:
        for step in uncut.play.steps:
            delivery = device.perform(step)
            if not delivery.outputs:
                return
            answered.append(delivery)

    power.cut_during(work, delay)
    board.set_clock(NOW)
    verdict = judge(device, uncut.play.steps, states, len(answered))
    return RandomCut(uncut.scenario, delay, len(answered), verdict)
