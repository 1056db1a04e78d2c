"""What the runs say, in words; kept as data so that a page can be made of it again."""

from collections.abc import Iterable, Mapping

import msgspec

from gbcs_hil.answer.cases import CELLS, FLOOR, NO_FLOOR, QUESTIONS, Case, Question
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.scenarios.observations import Answered, Holds, Seen
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Verdict

ACCEPTED = "accepted"
REFUSED = "refused"
NO_CELL = "none"
HELD = "there"


class Finding(msgspec.Struct, frozen=True):
    """What one step says.

    Attributes:
        says: a few words.
        tolerated: whether it is not the usual behaviour, and yet no failure.
        step: its scenario and name, as its evidence has it.
    """

    says: str
    tolerated: bool
    scenario: str
    step: str


class Findings(msgspec.Struct, frozen=True):
    """What was found of one device type on one profile.

    Attributes:
        device_type, profile: the case.
        folder: of its evidence.
        verdict: on all that was played.
        answers: heading of the question to what the steps say; none if it does not arise.
    """

    device_type: str
    profile: str
    folder: str
    verdict: str
    answers: Mapping[str, tuple[Finding, ...]]

    def to(self, question: Question) -> tuple[Finding, ...]:
        """Return what was found of a question."""
        return self.answers[question.heading]

    def says(self, question: Question) -> str:
        """Return the first thing found of a question, or nothing."""
        found = self.to(question)
        return found[0].says if found else ""


def find(case: Case, verdict: Verdict, steps: Iterable[Step]) -> Findings:
    """Return what the steps of a case say."""
    played = list(steps)
    return Findings(
        case.device_type,
        case.profile,
        case.name,
        str(verdict),
        {question.heading: _answers(question, played) for question in QUESTIONS},
    )


def affected(findings: Findings) -> bool:
    """Return whether a device locks out an operator that knows nothing of its counter."""
    return findings.says(NO_FLOOR) == REFUSED


def cured_by_floor(findings: Findings) -> bool:
    """Return whether naming a floor spares the operator that."""
    return findings.says(FLOOR) == ACCEPTED


def has_cells(findings: Findings) -> bool:
    """Return whether there is a network operator's cell at all."""
    return findings.says(CELLS) != NO_CELL


def _answers(question: Question, steps: list[Step]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            # Whoever holds the cells, and at which counter, is nothing that is asked here.
            HELD if question is CELLS and isinstance(step.seen, Holds) else _words(step.seen),
            step.verdict is Verdict.TOLERATED,
            step.scenario,
            step.name,
        )
        for name in question.steps
        for step in steps
        if step.name == name
    )


def _words(seen: Seen) -> str:
    """Return what was seen as this page calls it, or as the run does if it has no name here."""
    match seen:
        case Answered(code="E21"):
            return REFUSED
        case Answered(code="I0", statuses=statuses) if statuses:
            if set(statuses) == {StatusCode.SUCCESS}:
                return ACCEPTED
            if set(statuses) == {StatusCode.TRUST_ANCHOR_NOT_FOUND}:
                return NO_CELL
        case Holds(counter=counter):
            return f"{counter:,}"
    return str(seen)
