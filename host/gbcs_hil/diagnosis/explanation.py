"""Which devices would have done what the record says, and what rules the others out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.record import Event, Kind, Record
from gbcs_hil.diagnosis.simulator import Question, Simulator, World
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.rtds.location import locate
from gbcs_hil.rtds.normalisation import Asked, normalise


@dataclass(frozen=True)
class Explanation:
    """How far a candidate explains a record.

    Attributes:
        candidate: the device.
        explained: how many events it agrees with before the first that it does not.
        against: what rules it out, in words; empty if nothing does.
        world: the course in which it goes that far.
    """

    candidate: Candidate
    explained: int
    against: str
    world: World

    @property
    def holds(self) -> bool:
        """Whether it explains everything."""
        return not self.against


def explain_record(
    record: Record,
    candidates: Sequence[Candidate],
    simulator: Simulator,
    done: Callable[[], None] = lambda: None,
) -> list[Explanation]:
    """Hold a record against candidates; the best explanations come first.

    Those that explain everything come first, by how little they assume; then the others, by
    how far they get.
    """
    acts = record.acts
    questions = [Question(record.start, candidate, acts) for candidate in candidates]
    found = []
    for candidate, worlds in zip(candidates, simulator.ask_all(questions, done), strict=True):
        courses = (_explanation(record, candidate, world) for world in worlds)
        found.append(max(courses, key=lambda course: (course.holds, course.explained)))
    return sorted(found, key=lambda e: (not e.holds, -e.explained, e.candidate.assumptions))


def _explanation(record: Record, candidate: Candidate, world: World) -> Explanation:
    clock = datetime.min.replace(tzinfo=UTC)
    for number, (event, answers) in enumerate(zip(record.events, world.answers, strict=True)):
        if event.act.kind is Kind.CLOCK:
            clock = datetime.strptime(event.act.now, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        against = difference(event, [bytes.fromhex(answer) for answer in answers], clock)
        if against:
            place = event.step or f"event {number + 1}"
            return Explanation(candidate, number, f"{place}: {against}", world)
    return Explanation(candidate, len(record.events), "", world)


def difference(event: Event, answers: Sequence[bytes], clock: datetime) -> str:
    """Return in words what a device does otherwise than the record says; nothing if the same.

    Signatures and MACs are left out: they follow from keys that nobody but the device has.
    The time in a response's header is left out too, as real clocks run.
    """
    if len(event.answers) != len(answers):
        said, here = (_messages(count) for count in (len(event.answers), len(answers)))
        return f"the record has {said}, this device would send {here}"
    for expected, actual in zip(event.answers, answers, strict=True):
        places = _places(event.act.octets, expected, actual, clock)
        if places:
            return "; ".join(places)
    return ""


def _places(command: bytes, expected: bytes, actual: bytes, clock: datetime) -> Iterable[str]:
    if expected == actual:
        return ()
    try:
        theirs, ours = _undated(expected), _undated(actual)
        if theirs.grouping_octets == ours.grouping_octets:
            return ()
        if command:
            both = normalise(theirs, ours, Asked(parse(command), clock))
            theirs, ours = both.expected, both.actual
    except GbcsError as error:
        return (str(error),)
    if theirs.grouping_octets == ours.grouping_octets:
        return ()
    return [place.replace("the vector's", "the record's") for place in locate(theirs, ours)]


def _undated(octets: bytes) -> Message:
    message = parse(octets)
    return Message(replace(message.header, date_time=None), message.payload)


def _messages(count: int) -> str:
    return "silence" if count == 0 else "an answer" if count == 1 else f"{count} messages"
