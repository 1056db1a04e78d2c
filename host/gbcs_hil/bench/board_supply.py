"""What can cut the power of a rig's board, restored whatever becomes of whoever cut it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from gbcs_hil.bench import labgrid_place, power_supplies, rig
from gbcs_hil.bench.naming import naming
from gbcs_hil.bench.power import Supply
from gbcs_hil.errors import HilError, ToolMissing


class Kept:
    """A supply that whoever cut it may forget to restore: Ctrl-C, an error, a failed test."""

    def __init__(self, supply: Supply, entry: rig.RigBoard) -> None:
        self._supply = supply
        self._entry = entry
        self._off = False

    @property
    def description(self) -> str:
        """What is switched."""
        return self._supply.description

    @property
    def off_seconds(self) -> float:
        """How long the power must stay off for the board to lose it."""
        return self._supply.off_seconds

    def cut(self) -> None:
        """Switch off."""
        # Before the switch is worked: who knows what it did if that fails.
        before, self._off = self._off, True
        with naming(self._entry):
            try:
                self._supply.cut()
            except ToolMissing:
                self._off = before
                raise

    def restore(self) -> None:
        """Switch on."""
        with naming(self._entry):
            self._supply.restore()
        self._off = False

    def leave_on(self) -> None:
        """Switch on, unless that was done."""
        if self._off:
            self.restore()


@contextmanager
def supply_of(
    entry: rig.RigBoard, held: str | None, wait: float, report: Callable[[str], None]
) -> Iterator[Supply | None]:
    """Give what can cut a board's power, and see that the board is not left without it.

    Args:
        entry: the board.
        held: the labgrid place that is held for its port, if that is one.
        wait: seconds to wait for the place whose power it is, if that is another one.
        report: told whom it waits for, and that the power may be off if it may.

    Raises:
        HilError: as `labgrid_place.held`.
    """
    with ExitStack() as stack:
        match entry.power:
            case rig.UhubctlPower(location=location, port=port, off_s=off):
                supply: Supply = power_supplies.uhubctl(location, port, off)
            case rig.LabgridPower(place=place, off_s=off):
                name = held
                if place is not None and place != entry.port.partition(":")[2]:
                    name = stack.enter_context(labgrid_place.held(place, wait, report))
                supply = power_supplies.labgrid(name or "", off)
            case rig.CommandPower(off=switch_off, on=switch_on, off_s=off):
                supply = power_supplies.Programs(switch_off, switch_on, off)
            case rig.ManualPower():
                supply = power_supplies.Manual(entry.name)
            case _:
                yield None
                return
        kept = Kept(supply, entry)
        try:
            yield kept
        except BaseException:
            try:
                kept.leave_on()
            except HilError as error:
                report(f"the power may still be off: {error}")
            raise
        kept.leave_on()
