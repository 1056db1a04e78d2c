"""The smallest counter that a device will accept, and who gets there (SC-16).

A device accepts a command whose Originator Counter is above its counter of the role. A grouping
header has 64 bits for it; a 6.15.1 carries it once more as a sequence number, which ends at
2^63-1, and so does a floor. Beyond that no 6.15.1 is possible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gbcs_hil.errors import BadInput
from gbcs_hil.recovery.numbering import NUMBERINGS, Numbering

LAST_OF_6_15_1 = 2**63 - 1
"""The highest Originator Counter that a CS02b can carry as a sequence number."""

LAST = 2**64 - 1
"""The highest Originator Counter."""


@dataclass(frozen=True)
class Advice:
    """What to do about a device whose counter is too high for a party.

    Attributes:
        counter: the device's counter of the role.
        smallest: the smallest Originator Counter of a 6.15.1 that it will accept; None if there
            is none.
        reached: by way of numbering, when it gets there; None for never.
    """

    counter: int
    smallest: int | None
    reached: Mapping[str, datetime | None]

    @property
    def summary(self) -> str:
        """The advice in a sentence; the same at any time of asking."""
        if self.smallest is None:
            return f"no 6.15.1 can have a counter above {self.counter:,}: recovery alone helps"
        told = [
            f"{name} from {when:%Y-%m-%d}" if when else f"{name} never"
            for name, when in self.reached.items()
        ]
        return f"at least {self.smallest:,}: {', '.join(told)}"


def advise(counter: int) -> Advice:
    """Return the advice for a device whose counter of a role was read.

    Raises:
        BadInput: no device can have such a counter.
    """
    if not 0 <= counter <= LAST:
        raise BadInput(f"{counter:,} is no counter: a device counts from 0 to {LAST:,}")
    smallest = counter + 1 if counter < LAST_OF_6_15_1 else None
    reached = {
        name: None if smallest is None else reaches(numbering, smallest)
        for name, numbering in NUMBERINGS.items()
    }
    return Advice(counter, smallest, reached)


def reaches(numbering: Numbering, smallest: int) -> datetime | None:
    """Return when a way of numbering has a number for a 6.15.1 that is high enough, if ever."""
    when = numbering.reaches(smallest)
    return None if when is None or numbering.at(when) > LAST_OF_6_15_1 else when
