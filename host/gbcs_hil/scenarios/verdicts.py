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
    """

    seen: Seen
    tolerated: tuple[Seen, ...] = ()
    counter: int | None = None
    otherwise: Verdict = Verdict.DEVICE_DEFECT

    def judge(self, seen: Seen, counter: int | None) -> Verdict:
        """Return the verdict on what was seen, with the counter that was used."""
        if self.counter is not None and counter != self.counter:
            return Verdict.DCC_DEFECT
        if seen == self.seen:
            return Verdict.CONFORMANT
        if seen in self.tolerated:
            return Verdict.TOLERATED
        return Verdict.DCC_DEFECT if of_the_dcc(self.seen) or of_the_dcc(seen) else self.otherwise


_ORDER = list(Verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; conformant if there are none."""
    return max(verdicts, key=_ORDER.index, default=Verdict.CONFORMANT)
