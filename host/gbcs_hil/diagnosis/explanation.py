"""Which devices would have done what the record says, and what rules the others out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.difference import difference
from gbcs_hil.diagnosis.record import Act, Event, Kind, Record
from gbcs_hil.diagnosis.simulator import Question, Simulator, World

NEVER = datetime.min.replace(tzinfo=UTC)
"""Where a clock stands that was not set yet."""


@dataclass(frozen=True)
class Course:
    """One course of a record that agrees with all that it says.

    Attributes:
        world: how the device stands at the end.
        share: how likely it is beside the candidate's other courses.
        resumed: the world at the last loss of power during a command, if there was one.
        acts: what was done since then, or since the start.
    """

    world: World
    share: float
    resumed: World | None
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Explanation:
    """How far a candidate explains a record.

    Attributes:
        candidate: the device.
        explained: how many events it agrees with before the first that it does not.
        against: what rules it out, in words; empty if nothing does.
        courses: those that agree with the last record to its end.
        likelihood: how likely it is that what chance decides, the moments of power cuts, comes
            out as recorded, 0 to 1.
    """

    candidate: Candidate
    explained: int
    against: str
    courses: tuple[Course, ...] = ()
    likelihood: float = 1.0

    @property
    def holds(self) -> bool:
        """Whether it explains everything."""
        return not self.against


def explain_records(
    records: Sequence[Record],
    candidates: Sequence[Candidate],
    simulator: Simulator,
    done: Callable[[], None] = lambda: None,
) -> list[Explanation]:
    """Hold records of one device against candidates; the best explanations come first.

    Those that explain everything come first, the likelier before the others, then by how little
    they assume; then those that do not, by how far they get.

    Args:
        records: one for each time that the device was provisioned.
        candidates: what it may be.
        simulator: answers for them.
        done: called after each candidate.
    """

    def explain(candidate: Candidate) -> Explanation:
        last = Explanation(candidate, 0, "")
        for record in records:
            before = last
            last = _explain(record, candidate, simulator, before.explained)
            last = replace(last, likelihood=last.likelihood * before.likelihood)
            if not last.holds:
                break
        return last

    found = simulator.each(explain, candidates, done)
    return sorted(found, key=_rank)


def _rank(each: Explanation) -> tuple[bool, int, float, int]:
    likelihood = round(each.likelihood, 6) if each.holds else 0
    return not each.holds, -each.explained, -likelihood, each.candidate.assumptions


def _explain(
    record: Record, candidate: Candidate, simulator: Simulator, before: int
) -> Explanation:
    """Follow the courses of a candidate from one cut to the next; drop those that disagree."""
    live: list[tuple[World | None, float]] = [(None, 1.0)]
    courses: list[Course] = []
    clock = NEVER
    done = 0
    for acts, events in segments(record):
        reached: list[Course] = []
        furthest = (-1, "")
        for resumed, share in live:
            question = Question(record.start, candidate, acts, (), resumed)
            for world in simulator.ask(question):
                agreed, against = _agreement(events, world, clock)
                if against:
                    furthest = max(furthest, (agreed, against), key=lambda each: each[0])
                else:
                    reached.append(Course(world, share * world.share, resumed, acts))
        if not reached:
            return Explanation(candidate, before + done + furthest[0], furthest[1])
        courses = reached
        live = [(course.world, course.share) for course in reached]
        clock = clock_after(events, clock)
        done += len(events)
    if courses and courses[0].world.files is not None:
        # The record ends with a cut: nothing was done since.
        courses = [Course(c.world, c.share, c.world, ()) for c in courses]
    total = sum(course.share for course in courses)
    courses = [Course(c.world, c.share / total, c.resumed, c.acts) for c in courses]
    return Explanation(candidate, before + done, "", tuple(courses), total)


def probabilities(remaining: Sequence[Explanation]) -> list[float]:
    """Return how probable explanations are that were equally so before anything was known."""
    total = sum(each.likelihood for each in remaining)
    return [each.likelihood / total for each in remaining]


def segments(record: Record) -> Iterator[tuple[tuple[Act, ...], Sequence[Event]]]:
    """Yield acts and events, each time up to a command during which the power may have gone."""
    acts = record.acts
    start = 0
    for at, act in enumerate(acts, 1):
        if act.kind is Kind.CUT or at == len(acts):
            yield acts[start:at], record.events[start:at]
            start = at
    if not acts:
        yield (), ()


def _agreement(events: Sequence[Event], world: World, clock: datetime) -> tuple[int, str]:
    """Return with how many events a world agrees, and what the next one has against it."""
    for number, (event, answers) in enumerate(zip(events, world.answers, strict=True)):
        clock = clock_after((event,), clock)
        against = difference(event, [bytes.fromhex(answer) for answer in answers], clock)
        if against:
            return number, f"{event.place}: {against}"
    return len(events), ""


def clock_after(events: Sequence[Event], clock: datetime) -> datetime:
    """Return where a device's clock stands after some events."""
    clocks = [event.act.now for event in events if event.act.kind is Kind.CLOCK]
    return datetime.strptime(f"{clocks[-1]}+0000", "%Y%m%d%H%M%S%z") if clocks else clock
