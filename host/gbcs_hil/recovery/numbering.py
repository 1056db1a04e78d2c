"""How parties number their commands, and whether a way of numbering gets above a counter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Numbering:
    """A way of numbering commands by the time.

    Attributes:
        name: as the command line has it.
        description: for a person.
        step: how much later the next number is.
        scale: how far apart two numbers are.
    """

    name: str
    description: str
    step: timedelta
    scale: int = 1

    def at(self, when: datetime) -> int:
        """Return the number of a command at a time, UTC."""
        return (when - _EPOCH) // self.step * self.scale

    def reaches(self, counter: int) -> datetime | None:
        """Return when its numbers are this high; None beyond the calendar."""
        steps = -(-counter // self.scale)
        try:
            return _EPOCH + steps * self.step
        except OverflowError:
            return None


NUMBERINGS: Mapping[str, Numbering] = {
    numbering.name: numbering
    for numbering in (
        Numbering("milliseconds", "milliseconds since 1970", _MILLISECOND),
        Numbering("seconds", "seconds since 1970", _SECOND),
        # A prepayment UTRN has the top half of its Originator Counter, so that a Supplier with
        # one sequence for all counts in steps of 2^32.
        Numbering("utrn", "seconds since 1970 in the top half, as a UTRN has it", _SECOND, 2**32),
    )
}
"""Ways of numbering by the clock. A sequence of a party's own has no clock: it jumps or not."""
