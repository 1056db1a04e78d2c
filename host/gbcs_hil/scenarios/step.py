"""One line of a scenario's report."""

from dataclasses import dataclass

from gbcs_hil.scenarios.observations import Seen
from gbcs_hil.scenarios.verdicts import Verdict


@dataclass(frozen=True)
class Step:
    """One line of a scenario's report.

    Attributes:
        scenario: such as "SC-2".
        name: the key of its expectation.
        who: the party that acted.
        what: what it did.
        counter: the GBCS Originator Counter used, if a command was sent.
        expected, seen: what should have come of it, and what did.
        verdict: whether that is as it should be, and whose doing it is if not.
        held: whether what was seen is expected or tolerated.
        note: an explanation, such as why the device discarded a command.
        practice: what the users did, where that is the verdict.
        part: the part of the scenario that it belongs to; empty if it has none.
        since: what befell device and DCC since the step before, such as a loss of power.
    """

    scenario: str
    name: str
    who: str
    what: str
    counter: int | None
    expected: Seen
    seen: Seen
    verdict: Verdict
    held: bool
    note: str = ""
    practice: str = ""
    part: str = ""
    since: tuple[str, ...] = ()

    def __str__(self) -> str:
        """What it came to, in a line for a test's failure."""
        note = f"; {self.note}" if self.note else ""
        return (
            f"{self.name}: {self.who}, {self.what}: expected {self.expected}; seen {self.seen}: "
            f"{self.verdict}{note}"
        )

    @property
    def counts(self) -> Verdict:
        """What it adds to the verdict on the whole: users' choices are nobody's failure."""
        practice = self.held and self.verdict is Verdict.USER_PRACTICE
        return Verdict.CONFORMANT if practice else self.verdict
