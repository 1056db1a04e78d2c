"""What is played to answer the question, and which steps say what (SMDA-3, SMDA-4).

Nothing resets an Originator Counter when cells change hands, so that a new operator does not
know which counter to exceed. That was found on ESME; does it affect GSME, and GPF, too? Every
device type is asked the same on each profile, so that the answers stand side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gbcs_hil.scenarios.first_network_operator import SC_5, SC_6
from gbcs_hil.scenarios.recovery import SC_16
from gbcs_hil.scenarios.scenario import Scenario

PROFILES: Mapping[str, str] = {
    "P-FLOOR": "a floor sets the counter",
    "P-KEEP": "a floor is ignored for the network operator",
    "P-ZERO": "a change of owner resets the counter",
}
"""How a device may read what GBCS's public text leaves open, in a few words each."""

SCENARIOS: Mapping[str, tuple[Scenario, ...]] = {
    "esme": (SC_5, SC_6, SC_16),
    "gpf": (SC_6, SC_16),
    "gsme": (SC_6, SC_16),
}
"""What each device type plays: SC-5 (6.15.1) or SC-6 (6.21) gives cells to a network operator
that counts in small numbers; SC-6 then changes the Supplier (6.23); SC-16 has a party that is
locked out find its way back."""


@dataclass(frozen=True)
class Case:
    """One device type on one profile."""

    device_type: str
    profile: str

    @property
    def name(self) -> str:
        """The folder of its evidence."""
        return f"{self.device_type}-{self.profile.lower()}"


CASES = tuple(Case(kind, profile) for kind in SCENARIOS for profile in PROFILES)


@dataclass(frozen=True)
class Question:
    """One column of the table.

    Attributes:
        heading: what is asked.
        steps: the names of the steps that say it, whichever scenario has them.
    """

    heading: str
    steps: tuple[str, ...]


CELLS = Question("network operator's cells", ("network operator",))
NO_FLOOR = Question("small counter, no floor", ("small number without a floor",))
FLOOR = Question("small counter, floor 0", ("small number with floor 0",))
WAY_OUT = Question("way out", ("read without a floor", "above what was read without a floor"))
CONTROL = Question("change of Supplier", ("new Supplier",))
HANDOVER = (CELLS, NO_FLOOR, FLOOR, WAY_OUT, CONTROL)

OWN_READ = Question("it reads", ("party reads",))
NOT_REGISTERED = Question("it reads, not registered", ("party is not eligible",))
SUPPLIER_READ = Question("the Supplier reads", ("Supplier reads",))
HANDED_OVER = Question("6.21", ("handover",))
JUMP = Question("one above", ("jump",))
ADVICE = Question("advice", ("advice",))
RECOVERY = (OWN_READ, NOT_REGISTERED, SUPPLIER_READ, HANDED_OVER, JUMP)

QUESTIONS = (*HANDOVER, *RECOVERY, ADVICE)
