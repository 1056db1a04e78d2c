"""What a step is held against, and whose doing it is if something else is seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gbcs_hil.scenarios.observations import Seen, of_the_dcc


class Verdict(StrEnum):
    """How a step, or a whole scenario, came out; in order from best to worst."""

    CONFORMANT = "conformant"
    TOLERATED = "tolerated-common"
    """Device assurance lists it as common and tolerates it (its issues 246 and 252)."""
    USER_PRACTICE = "user-practice"
    """Device and DCC are right: what the users chose has brought it about."""
    DCC_DEFECT = "dcc-defect"
    DEVICE_DEFECT = "device-defect"

    @property
    def failed(self) -> bool:
        """Whether something was neither as expected nor tolerated."""
        return self not in (Verdict.CONFORMANT, Verdict.TOLERATED)


@dataclass(frozen=True)
class Expect:
    """What is expected of a step.

    Attributes:
        seen: what a conformant device and DCC show.
        tolerated: what else is common, and no failure.
        counter: the Originator Counter that the DCC must use; another is the DCC's defect.
            None says nothing of it.
        otherwise: whose doing anything else is, unless the DCC alone can have brought it about:
            what it refuses, or should have refused, is never the device's doing.
        practice: what the users did that it had to come to `seen`, where a party does not get
            what it wants and nobody's system is at fault.
    """

    seen: Seen
    tolerated: tuple[Seen, ...] = ()
    counter: int | None = None
    otherwise: Verdict = Verdict.DEVICE_DEFECT
    practice: str = ""

    def holds(self, seen: Seen, counter: int | None) -> bool:
        """Return whether what was seen, with the counter that was used, is no failure."""
        return self.counter in (None, counter) and seen in (self.seen, *self.tolerated)

    def judge(self, seen: Seen, counter: int | None) -> Verdict:
        """Return the verdict on what was seen, with the counter that was used."""
        if self.counter not in (None, counter):
            return Verdict.DCC_DEFECT
        if seen == self.seen:
            return Verdict.USER_PRACTICE if self.practice else Verdict.CONFORMANT
        if seen in self.tolerated:
            return Verdict.TOLERATED
        return Verdict.DCC_DEFECT if of_the_dcc(self.seen) or of_the_dcc(seen) else self.otherwise


_ORDER = list(Verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; conformant if there are none."""
    return max(verdicts, key=_ORDER.index, default=Verdict.CONFORMANT)
