"""May a leaving network operator cease to be a DCC User? (MP128A-8, MP128A-9)"""

from dataclasses import dataclass
from datetime import datetime

from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.network_operator_cells import WITH_CELLS
from gbcs_hil.dcc.participants import Participant
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots
from gbcs_hil.dcc.smki_registration import SmkiRecord
from gbcs_hil.gbcs.names import RemotePartyRole


@dataclass(frozen=True)
class ExitGate:
    """What stands between a party and its leaving.

    Attributes:
        party: who wants to leave.
        outstanding: devices that still hold a certificate of its, EUI-64s in order.
        untold: devices of its meter points that never told who stands in their cells.
        announced: whether SMKI registration knows, and refuses further requests.
        revocation_on_file: whether there is a Certificate Revocation Request.
    """

    party: Participant
    outstanding: tuple[bytes, ...]
    untold: tuple[bytes, ...]
    announced: bool
    revocation_on_file: bool

    @property
    def is_open(self) -> bool:
        """Whether it may cease to be a DCC User."""
        held = self.outstanding or self.untold
        return not held and self.announced and self.revocation_on_file


def exit_gate(
    party: Participant,
    estate: Estate,
    ledger: Ledger,
    smki: SmkiRecord,
    when: datetime,
    anchor_slots: AnchorSlots | None = None,
) -> ExitGate:
    """Look at every device's network operator cells, both of them, as far as they have told.

    Args:
        party: who wants to leave.
        estate: the devices, and whose they are.
        ledger: what SMETS2+ devices have told.
        smki: what the party has asked of the registration side.
        when: at what time registration data are asked.
        anchor_slots: what S1SPs hold for SMETS1 devices; without it these have not told.
    """
    told = [
        (device, content.eui)
        for device, content in ledger.cells()
        if content.cell.role is RemotePartyRole.NETWORK_OPERATOR
    ]
    known = {device for device, _ in told}
    if anchor_slots is not None:
        smets1 = [meter.eui for meter in estate.devices.values() if meter.smets1]
        known.update(smets1)
        told += [
            (device, held.owner)
            for device in smets1
            for held in anchor_slots.held(device, RemotePartyRole.NETWORK_OPERATOR).values()
        ]
    untold = (
        meter.eui
        for meter in estate.devices.values()
        if meter.device_type in WITH_CELLS
        and meter.eui not in known
        and estate.registered_operator(meter, when) in (party, None)
    )
    return ExitGate(
        party,
        tuple(sorted({device for device, holder in told if holder == party.eui})),
        tuple(sorted(untold)),
        smki.is_leaving(party),
        bool(smki.revocations(party)),
    )
