"""The moments at which a scenario cuts a board's power while the board is at work.

An emulated flash can be told at which of its operations the power goes: every moment there is
gets its turn. The flash of a real board tells nobody, so its power is cut at some moments
spread over the time that the first command took.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol

from gbcs_hil.bench import flash_faults
from gbcs_hil.bench.flash_faults import Fault, Tear
from gbcs_hil.bench.power import Power
from gbcs_hil.errors import DeviceError, LinkError

TIMED_CUTS = 8
"""How many moments there are where the power is cut by the clock."""


class Cuts(Protocol):
    """Cuts a board's power, proves each cut, and restores it."""

    @property
    def moments(self) -> str:
        """What the moments are, for a report."""

    def cycle(self) -> None:
        """Cut the power of a board that does nothing.

        Raises:
            PowerNotCut: it was not cut.
        """

    def cut_during(self, moment: int, operation: Callable[[], object]) -> bool:
        """Do something while the power goes at a moment, counted from 0.

        Returns:
            False if there is no such moment: it was done, and the power stayed.

        Raises:
            PowerNotCut: it was not cut, though it should have been.
        """


class Line(Protocol):
    """The line to the board."""

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and return its reply."""

    def close(self) -> None:
        """Close the port; the next `hello` opens it again."""


class TimedCuts:
    """Cuts by the clock, for any board whose power can be cut.

    Args:
        power: cuts and proves.
    """

    moments = "moments of a command, by the clock"

    def __init__(self, power: Power) -> None:
        self._power = power
        self._took = 0.0

    def cycle(self) -> None:
        """Cut the power of a board that does nothing; see `Cuts`."""
        self._power.cycle()

    def cut_during(self, moment: int, operation: Callable[[], object]) -> bool:
        """Do something while the power goes; see `Cuts`."""
        if moment == TIMED_CUTS:
            operation()
            return False
        # The first cut waits for the end, which tells how long a command takes.
        at = self._took * (TIMED_CUTS - moment) / TIMED_CUTS
        began = time.monotonic()
        if moment == 0:
            operation()
            self._took = time.monotonic() - began
            self._power.cycle()
        else:
            self._power.cut_during(operation, after=at)
        return True


class FlashCuts:
    """Cuts at the operations of an emulated board's flash, one after the other.

    Args:
        power: the end of the board's process.
        line: to the board.
    """

    moments = "operations of the flash"

    def __init__(self, power: Power, line: Line) -> None:
        self._power = power
        self._line = line

    def cycle(self) -> None:
        """Cut the power of a board that does nothing; see `Cuts`."""
        self._power.cycle()

    def cut_during(self, moment: int, operation: Callable[[], object]) -> bool:
        """Do something while the power goes; see `Cuts`."""
        # All of the operation is applied: each state that can outlive a cut is seen once.
        flash_faults.arm(self._line, [Fault(operation=moment + 1, tear=Tear.ALL)])
        try:
            operation()
        except LinkError:
            self._line.close()
            self._power.supply.cut()
            self._power.supply.restore()
            self._line.request("hello", deadline=10.0)
            return True
        flash_faults.arm(self._line, [Fault()])
        return False


def cuts_of(power: Power, line: Line) -> Cuts:
    """Return how a board's power is cut: at each operation of its flash, if that can be told."""
    try:
        flash_faults.arm(line, [Fault()])
    except DeviceError:
        return TimedCuts(power)
    return FlashCuts(power, line)
