"""How many network operator certificates are wrong, and how many were never put there.

SECMP0063's working group asked for these two counts (S63-13); the incident classes are its
own (S63-11). One operator estimated 0.005 % of its meters (S63-12); here it is counted. What a
device has not told is counted apart, and never as right.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gbcs_hil.dcc.network_operator_cells import Holder, Slot


@dataclass(frozen=True)
class EstateReport:
    """The counts.

    Attributes:
        devices: how many devices with network operator cells there are.
        incorrect: another network operator's certificate than the registered one's.
        never_updated: still a Supplier's or the ACB's.
        untold: nobody knows.
        without_exchange: of the incorrect ones, how many are of a holder whose systems cannot
            exchange it for the right operator's: nobody repairs those devices (S63-16).
        outside_region: by operator, its certificate on devices of others (class a).
        foreign: by operator, others' certificates on its devices (class b).
        not_placed: by operator, its devices that were never updated (class c).
        without_credentials: of those, how many have an operator that has none to place.
    """

    devices: int
    incorrect: int
    never_updated: int
    untold: int
    without_exchange: int
    outside_region: Counter[bytes]
    foreign: Counter[str]
    not_placed: Counter[str]
    without_credentials: int


def estate_report(cells: Iterable[Slot]) -> EstateReport:
    """Count over `network_operator_cells.slots`."""
    everything = list(cells)
    incorrect = [slot for slot in everything if slot.holder is Holder.OTHER_OPERATOR]
    never = [slot for slot in everything if slot.holder in (Holder.SUPPLIER, Holder.ACB)]
    return EstateReport(
        devices=len(everything),
        incorrect=len(incorrect),
        never_updated=len(never),
        untold=sum(slot.holder is Holder.UNKNOWN for slot in everything),
        without_exchange=sum(
            slot.party is not None and not slot.party.can_exchange for slot in incorrect
        ),
        outside_region=Counter(slot.eui for slot in incorrect if slot.eui is not None),
        foreign=Counter(_operator(slot) for slot in incorrect),
        not_placed=Counter(_operator(slot) for slot in never),
        without_credentials=sum(
            slot.operator is not None and slot.operator.eui is None for slot in never
        ),
    )


def _operator(slot: Slot) -> str:
    return "" if slot.operator is None else slot.operator.mpid
