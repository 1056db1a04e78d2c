"""What came of each vector."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from gbcs_hil.rtds.start_state import StartState
from gbcs_hil.rtds.vectors import Vector


class Status(Enum):
    """What came of a vector."""

    MATCH = "match"
    DIFFERS = "differs"
    FAULT = "reports a fault"
    UNSUPPORTED = "unsupported"
    NOT_COMPARED = "no response to compare"
    NO_COMMAND = "no command to play"
    AMBIGUOUS = "ambiguous"
    NOT_STARTED = "cannot start"
    UNREADABLE = "unreadable"

    @property
    def compared(self) -> bool:
        """Whether what the device sent was held against the reference."""
        return self in (Status.MATCH, Status.DIFFERS, Status.FAULT)

    @property
    def fails(self) -> bool:
        """Whether a run with such a vector has failed."""
        return self in (
            Status.DIFFERS,
            Status.AMBIGUOUS,
            Status.NOT_STARTED,
            Status.UNREADABLE,
        )


@dataclass(frozen=True)
class Result:
    """What came of one vector: a command with its response, an alert, or what has no command.

    Attributes:
        name: the file, below the folder that was read.
        status: what came of it.
        details: where it differs, or why it was not compared; one text each.
        notes: what a person should know besides.
        vector: the command, alert or lone response; None if it could not be read.
        compared_with: the file of the response; for an alert its command's.
        verdict: what the device thought of the command; None if it was not played.
        start: what the device started from.
    """

    name: str
    status: Status
    details: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    vector: Vector | None = None
    compared_with: str | None = None
    verdict: str | None = None
    start: StartState | None = field(default=None, repr=False)


def count(results: Iterable[Result]) -> Counter[Status]:
    """Return how often each status came."""
    return Counter(result.status for result in results)
