"""One uncut run to count the flash's operations, and runs that are cut."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gbcs_hil.bench.board import DeviceState
from gbcs_hil.bench.flash_faults import Fault, FlashWork
from gbcs_hil.errors import DeviceError, HilError, LinkError
from gbcs_hil.powercut.cases import Case, Place
from gbcs_hil.powercut.device import EmulatedDevice, on_copy
from gbcs_hil.powercut.invariants import Verdict, Violation, judge, must_refuse, must_remember
from gbcs_hil.powercut.scenarios import SCENARIOS, Play, Step

_COUNT = Fault()

OLD = 400
"""How many commands are tried to make a device erase a sector: each good store has then."""


class CutMissed(HilError):
    """A cut that was asked for did not happen, so that nothing can be said."""


@dataclass(frozen=True)
class Reference:
    """A scenario on a device whose power is not cut.

    Attributes:
        place: the device.
        play: its start and steps.
        image: the flash before the first step.
        states: before the first step and after each.
        work: what the flash did up to the end of each step.
        store: the store's name as the device tells it.
    """

    place: Place
    play: Play
    image: bytes
    states: tuple[DeviceState, ...]
    work: tuple[FlashWork, ...]
    store: str

    @property
    def operations(self) -> int:
        """How many programs and erases the scenario takes."""
        return self.work[-1].operations


@dataclass(frozen=True)
class Result:
    """What came of one case.

    Attributes:
        case: which it was.
        verdict: whether the invariants held.
        where: the operation in which the power went, in words; "" if it went at rest.
        recovery: what the flash did while the judged boot started.
    """

    case: Case
    verdict: Verdict
    where: str
    recovery: FlashWork


def reference(place: Place) -> Reference:
    """Run a scenario without a cut.

    Raises:
        HilError: the device does not do what the scenario asks.
    """
    play = SCENARIOS[place.scenario].on(place.device_type, place.age or 0)
    image = _provisioned(place, play)
    with on_copy(place, image) as device:
        device.boot()
        device.arm([_COUNT])
        states, work = [device.board.state()], []
        for number, step in enumerate(play.steps, 1):
            delivery = device.perform(step)
            if not delivery.outputs:
                why = delivery.detail or delivery.verdict
                raise HilError(f"{place}: step {number} is not answered even without a cut: {why}")
            states.append(device.board.state())
            work.append(device.work())
        return Reference(place, play, image, tuple(states), tuple(work), states[0].store)


def run(case: Case, uncut: Reference) -> Result:
    """Cut the power as a case says, restart the device, and check the invariants.

    Raises:
        CutMissed: a cut did not come where the case has it.
    """
    first, *later = case.faults
    if first.operation > uncut.operations:
        raise CutMissed(f"{case}: the scenario takes only {uncut.operations} flash operations")
    with on_copy(case.place, uncut.image) as device:
        device.boot()
        device.arm([*case.faults, _COUNT])
        answered = _until_cut(device, uncut.play.steps)
        if first.operation and not device.cut:
            device.await_cut()
        _check_cut(case, device, first)
        violations: list[Violation] = []
        for fault in later:
            before = device.cut
            device.cut = ""
            try:
                device.boot()
                violations += must_refuse(device) if fault.read else []
            except LinkError:
                pass  # As it should be if the fault is a cut, which is checked next.
            _check_cut(case, device, fault)
            device.cut = f"{before}; then {device.cut}" if device.cut else before
        device.boot()
        recovery = device.work()
        verdict = judge(device, uncut.play.steps, uncut.states, answered)
        violations += verdict.violations
        if not violations:
            device.boot()
            violations += must_remember(device, uncut.states[-1])
        return Result(case, Verdict(verdict.left, tuple(violations)), device.cut, recovery)


def settled(place: Place) -> Place:
    """Return a place with the age at which the device erases a sector, if it has no other.

    Raises:
        HilError: the device does not accept commands, or never erases anything.
    """
    if place.age is not None:
        return place
    play = SCENARIOS[place.scenario].on(place.device_type, OLD)
    with on_copy(place, None) as device:
        _provision(device, play)
        for accepted, command in enumerate(play.earlier):
            _accept(device, place, command)
            if sum(device.work().erases):
                return replace(place, age=accepted)
    raise HilError(f"{place}: {OLD} commands made the device erase nothing; give an --age")


def _provisioned(place: Place, play: Play) -> bytes:
    """Return the flash of a device that was provisioned, and has done what came before."""
    with on_copy(place, None) as device:
        _provision(device, play)
        for command in play.earlier:
            _accept(device, place, command)
        return device.image()


def _provision(device: EmulatedDevice, play: Play) -> None:
    device.boot()
    device.board.provision(play.provisioning)
    if play.earlier:
        device.boot()
        # From here on the device writes nothing of its own accord, and always the same.
        device.arm([_COUNT])


def _accept(device: EmulatedDevice, place: Place, command: bytes) -> None:
    delivery = device.perform(Step(command))
    if not delivery.outputs:
        raise HilError(f"{place}: an earlier command is refused: {delivery.detail}")


def _until_cut(device: EmulatedDevice, steps: Sequence[Step]) -> int:
    """Have a device do its steps; return how many it answered before the power went.

    A device whose flash could not be read answers nothing more until it starts again.
    """
    for answered, step in enumerate(steps):
        try:
            if not device.perform(step).outputs:
                return answered
        except (LinkError, DeviceError):
            return answered
    return len(steps)


def _check_cut(case: Case, device: EmulatedDevice, fault: Fault) -> None:
    if bool(fault.operation) != bool(device.cut):
        seen = device.cut or "no cut"
        raise CutMissed(f"{case}: {seen}, where operation {fault.operation} was to be the last")
