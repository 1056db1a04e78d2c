"""Whom the DCC sends a device's alert to."""

from dataclasses import dataclass, field
from datetime import datetime

from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots
from gbcs_hil.gbcs.names import RemotePartyRole


@dataclass
class SlotMirror:
    """The DSP's copy of who holds which slots (S107-2); the S1SPs are the masters.

    It hears of what requests change and not of the one-off data update, after which it has
    to be refreshed.
    """

    slots: AnchorSlots
    holders: dict[tuple[bytes, RemotePartyRole], bytes | None] = field(default_factory=dict)

    def refresh(self, device: bytes, role: RemotePartyRole) -> None:
        """Ask the S1SP who holds a device's slots."""
        self.holders[device, role] = self.slots.owner(device, role)

    def owner(self, device: bytes, role: RemotePartyRole) -> bytes | None:
        """Return who held them when the mirror last heard."""
        if (device, role) not in self.holders:
            self.refresh(device, role)
        return self.holders[device, role]


@dataclass(frozen=True)
class AlertRouting:
    """The DSP's routing of alerts.

    Attributes:
        estate: registration data, participants, and who has failed.
        policy: which modifications are live.
        slots: the S1SPs' slots.
        mirror: the DSP's copy of them, used if the policy says that there is one.
    """

    estate: Estate
    policy: Policy
    slots: AnchorSlots
    mirror: SlotMirror

    def recipient(
        self, device: SmartMeter, role: RemotePartyRole, when: datetime, addressed: bytes = b""
    ) -> str | None:
        """Return the name of who gets an alert; None if nobody does.

        Args:
            device: who raises it.
            role: for whom: supplier or network operator.
            when: at what time.
            addressed: the EUI-64 that a SMETS2+ device has put into the alert.
        """
        eui = self._smets1(device, role, when) if device.smets1 else addressed
        return reached(self.estate, self.policy, eui) if eui else None

    def _smets1(self, device: SmartMeter, role: RemotePartyRole, when: datetime) -> bytes | None:
        """Return the holder of the slots: not who is registered (S107-26)."""
        if self.policy.has(Fault.H10):
            operator = role is RemotePartyRole.NETWORK_OPERATOR
            ask = self.estate.registered_operator if operator else self.estate.responsible_supplier
            registered = ask(device, when)
            return registered.eui if registered else None
        holders = self.mirror if self.policy.dsp_slot_mirror else self.slots
        return holders.owner(device.eui, role)


def reached(estate: Estate, policy: Policy, eui: bytes) -> str | None:
    """Return the name of who gets what is meant for the party of an EUI-64; None if nobody."""
    party = estate.by_eui(eui)
    if party is None:
        return None
    failure = estate.contingency.failure_of(party.mpid)
    if failure is None or not failure.revoked:
        return party.name
    # Its own systems are gone with its certificates; its provider is not (M134-8).
    return failure.provider if policy.mp134b else None
