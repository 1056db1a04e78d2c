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
        note: an explanation, such as why the device discarded a command.
    """

    scenario: str
    name: str
    who: str
    what: str
    counter: int | None
    expected: Seen
    seen: Seen
    verdict: Verdict
    note: str = ""

    @property
    def held(self) -> bool:
        """Whether what was seen is expected or tolerated."""
        return not self.verdict.failed
