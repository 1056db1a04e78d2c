"""What must hold of a device that has lost its power, each by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gbcs_hil.bench.board import Board, Delivery, DeviceState
from gbcs_hil.errors import HilError
from gbcs_hil.powercut.scenarios import Step

_COMPARED = (
    "cells",
    "counters",
    "prepayment_floor",
    "originator_counter",
    "pending",
    "payment",
    "epoch",
)


class Invariant(StrEnum):
    """A promise of docs/counter-store.md."""

    NEVER_VIRGIN = "never-virgin"
    """A provisioned device is never taken for a new one."""

    STILL_SERVES = "still-serves"
    """The device answers, and goes on to the state that it would have reached uncut."""

    ALL_OR_NOTHING = "all-or-nothing"
    """Cells, counters and all else are those before a step, or those after it."""

    NEVER_BACKWARDS = "never-backwards"
    """No counter is below what it was when the device last answered."""

    ACCEPTED_ONCE = "accepted-once"
    """No command that has had its effect is accepted again."""


@dataclass(frozen=True)
class Violation:
    """An invariant that did not hold, and what was seen."""

    invariant: Invariant
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What a cut left.

    Attributes:
        left: how many steps have had their effect; None if that cannot be said.
        violations: none for a store that keeps its promises.
    """

    left: int | None
    violations: tuple[Violation, ...]


class Survivor(Protocol):
    """A device that is on again."""

    @property
    def board(self) -> Board:
        """Its bench port."""

    def perform(self, step: Step) -> Delivery:
        """Have it do something."""


def judge(
    device: Survivor,
    steps: Sequence[Step],
    states: Sequence[DeviceState],
    answered: int,
) -> Verdict:
    """Check a device after a cut.

    Args:
        device: on again, its clock at the start of the scenario.
        steps: what it was to do.
        states: before the first step and after each, of a device whose power was not cut.
        answered: how many steps it had answered.
    """
    judgement = _Judgement(device, steps, states, answered)
    try:
        judgement.run()
    except HilError as error:
        judgement.note(Invariant.STILL_SERVES, f"the device fails: {error}")
    return Verdict(judgement.left, tuple(judgement.violations))


def must_refuse(device: Survivor) -> list[Violation]:
    """Return what a boot in which a read failed has done wrong: it may only refuse to work."""
    condition = device.board.hello()["condition"]
    if condition == "virgin":
        return [Violation(Invariant.NEVER_VIRGIN, "a read failed, and the device is virgin")]
    return []


def must_remember(device: Survivor, last: DeviceState) -> list[Violation]:
    """Return what a device has forgotten that has done all and was started once more."""
    hello = device.board.hello()
    if hello["condition"] != "provisioned":
        seen = f"started once more, the device is {hello['condition']}: {hello['problem']}"
        return [Violation(Invariant.STILL_SERVES, seen)]
    state = device.board.state()
    return [
        Violation(Invariant.NEVER_BACKWARDS, f"started once more, {role} is at {counter}")
        for role, counter in state.counters.items()
        if counter < last.counters[role]
    ] or [
        Violation(Invariant.ALL_OR_NOTHING, f"started once more, it differs in {part}")
        for part in _differences(state, last)
    ]


class _Judgement:
    def __init__(
        self,
        device: Survivor,
        steps: Sequence[Step],
        states: Sequence[DeviceState],
        answered: int,
    ) -> None:
        self.left: int | None = None
        self.violations: list[Violation] = []
        self._device = device
        self._steps = steps
        self._states = states
        self._answered = answered

    def note(self, invariant: Invariant, detail: str) -> None:
        """Keep a violation."""
        self.violations.append(Violation(invariant, detail))

    def run(self) -> None:
        """Make every check that the device's condition allows."""
        hello = self._device.board.hello()
        if hello["condition"] == "virgin":
            return self.note(Invariant.NEVER_VIRGIN, f"the device is virgin: {hello['problem']}")
        if hello["condition"] != "provisioned":
            return self.note(Invariant.STILL_SERVES, f"the store is lost: {hello['problem']}")
        state = self._device.board.state()
        self.left = self._compare(state)
        done = self._answered if self.left is None else self.left
        for step in self._steps[:done]:
            self._refuses(step)
        if self.violations:
            return None
        return self._go_on(done)

    def _compare(self, state: DeviceState) -> int | None:
        """Return how many steps have had their effect; None if that is neither."""
        before = self._states[self._answered]
        for role, counter in state.counters.items():
            # A floor may lower a counter, so what a step that was not answered did may count.
            reached = [before, *self._states[self._answered + 1 : self._answered + 2]]
            if counter < min(held.counters[role] for held in reached):
                answered = before.counters[role]
                self.note(
                    Invariant.NEVER_BACKWARDS, f"{role} is at {counter}, after {answered} was told"
                )
        for left in (self._answered, self._answered + 1):
            if left < len(self._states) and not _differences(state, self._states[left]):
                return left
        seen = ", ".join(_differences(state, before))
        self.note(Invariant.ALL_OR_NOTHING, f"not as before in {seen}, nor as after")
        return None

    def _refuses(self, step: Step) -> None:
        """Deliver again what had its effect, and what has the counter that it left."""
        for command, what in (
            (step.command, "the command"),
            *((p, "a probe") for p in step.probes),
        ):
            if command is not None and self._device.board.deliver(command).outputs:
                self.note(
                    Invariant.ACCEPTED_ONCE, f"{what} was accepted with a counter used before"
                )

    def _go_on(self, done: int) -> None:
        """Have the device do what is left to do, and then refuse all of it."""
        for step in self._steps[done:]:
            if not self._device.perform(step).outputs:
                return self.note(Invariant.STILL_SERVES, "what was not done is refused")
        seen = _differences(self._device.board.state(), self._states[-1])
        if seen:
            return self.note(Invariant.STILL_SERVES, f"it ends otherwise in {', '.join(seen)}")
        for step in self._steps[done:]:
            self._refuses(step)


def _differences(state: DeviceState, other: DeviceState) -> list[str]:
    """Return the parts in which two states differ."""
    get: Callable[[DeviceState, str], object] = getattr
    return [part for part in _COMPARED if get(state, part) != get(other, part)]
