"""Who stands in the network operator cells of the estate, and whether that is who should."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.participants import Participant
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.smki.parties import ACB

WITH_CELLS = frozenset({"esme", "gpf"})
"""The device types that have network operator cells (MP128A-4).

A GSME has none: what was asked of its counters ends there (MP128A-18, SMDA-3).
"""


class Holder(StrEnum):
    """What the holder of a device's network operator cells is to its meter point."""

    REGISTERED_OPERATOR = "registered-operator"
    OTHER_OPERATOR = "other-operator"
    SUPPLIER = "supplier"
    ACB = "acb"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Slot:
    """A device's network operator cells.

    Attributes:
        device: the device.
        eui: who stands in the signing cell; None if the device has not told.
        holder: what that is to the meter point.
        operator: who should stand there by registration data, or None.
        party: the participant who stands there, if it is one.
    """

    device: SmartMeter
    eui: bytes | None
    holder: Holder
    operator: Participant | None
    party: Participant | None = None


def slots(estate: Estate, ledger: Ledger, when: datetime) -> Iterator[Slot]:
    """Yield the network operator cells of every device that has some."""
    held = {
        device: content.eui
        for device, content in ledger.cells()
        if content.cell.role is RemotePartyRole.NETWORK_OPERATOR
        and content.cell.key_usage is KeyUsage.DIGITAL_SIGNATURE
    }
    for device in estate.devices.values():
        if device.device_type in WITH_CELLS:
            eui = held.get(device.eui)
            operator = estate.registered_operator(device, when)
            party = None if eui is None else estate.by_eui(eui)
            yield Slot(device, eui, _holder(eui, operator, party), operator, party)


def _holder(eui: bytes | None, operator: Participant | None, party: Participant | None) -> Holder:
    if eui is None:
        return Holder.UNKNOWN
    if eui == ACB.eui:
        return Holder.ACB
    if operator is not None and eui == operator.eui:
        return Holder.REGISTERED_OPERATOR
    if party is None:
        return Holder.UNKNOWN
    return Holder.SUPPLIER if party.is_supplier else Holder.OTHER_OPERATOR
