"""What a device does when it is done to it what a record says, beside what the record says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.difference import difference
from gbcs_hil.diagnosis.explanation import NEVER, clock_after, segments
from gbcs_hil.diagnosis.record import Event, Record
from gbcs_hil.diagnosis.simulator import Question, Simulator, World


@dataclass(frozen=True)
class Compared:
    """One event of a record, on the real device and on this one.

    Attributes:
        event: what was done, and what the record says the real device sent.
        answers: what this device sends.
        counters: role name to this device's execution counter after it.
        against: what this device does otherwise, in words; nothing if it does the same.
    """

    event: Event
    answers: tuple[bytes, ...]
    counters: Mapping[str, int]
    against: str


@dataclass(frozen=True)
class _Line:
    """One course up to a point."""

    rows: tuple[Compared, ...]
    resumed: World | None

    @property
    def agreed(self) -> int:
        """With how many events it agrees before the first that it does not."""
        at = (number for number, row in enumerate(self.rows) if row.against)
        return next(at, len(self.rows))


def replay(record: Record, candidate: Candidate, simulator: Simulator) -> tuple[Compared, ...]:
    """Do to a device what a record says, to the end, whatever it does otherwise.

    Where the power may have gone at one of several moments, the one is taken that agrees with
    the record longest.

    Args:
        record: what to do.
        candidate: the device.
        simulator: answers for it.

    Raises:
        BadInput, BoardLost: as `Simulator.ask`.
    """
    lines = [_Line((), None)]
    clock = NEVER
    for acts, events in segments(record):
        lines = [
            _Line((*line.rows, *_compare(events, world, clock)), world)
            for line in lines
            for world in simulator.ask(Question(record.start, candidate, acts, (), line.resumed))
        ]
        lines = _longest(lines)
        clock = clock_after(events, clock)
    return lines[0].rows


def _longest(lines: Sequence[_Line]) -> list[_Line]:
    furthest = max(line.agreed for line in lines)
    longest = [line for line in lines if line.agreed == furthest]
    # Once nothing agrees any more, one course is as good as another.
    return longest if furthest == len(longest[0].rows) else longest[:1]


def _compare(events: Sequence[Event], world: World, clock: datetime) -> Iterable[Compared]:
    for event, sent, counters in zip(events, world.answers, world.after, strict=True):
        clock = clock_after((event,), clock)
        answers = tuple(bytes.fromhex(answer) for answer in sent)
        yield Compared(event, answers, counters, difference(event, answers, clock))
