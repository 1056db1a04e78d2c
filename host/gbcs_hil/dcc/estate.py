"""What the DCC knows of the world: participants, the inventory, registration data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.participants import PARTICIPANTS, Participant
from gbcs_hil.dcc.registration_data import RegistrationData
from gbcs_hil.dcc.solr.contingency import Contingency


@dataclass(frozen=True)
class Estate:
    """The devices, and who has to do with them.

    Attributes:
        devices: the smart metering inventory, by EUI-64.
        registration: the DSP's copy of registration data.
        participants: everybody that registration data or requests can name.
        contingency: which Suppliers have failed, and what the Authority says (MP134B).
    """

    devices: Mapping[bytes, SmartMeter]
    registration: RegistrationData = field(default_factory=RegistrationData)
    participants: Sequence[Participant] = PARTICIPANTS
    contingency: Contingency = field(default_factory=Contingency)

    def by_eui(self, eui: bytes) -> Participant | None:
        """Return the participant that an EUI-64 belongs to."""
        return next((p for p in self.participants if p.eui == eui), None)

    def by_mpid(self, mpid: str) -> Participant | None:
        """Return the participant of a market participant identifier."""
        return next((p for p in self.participants if p.mpid == mpid), None)

    def responsible_supplier(self, device: SmartMeter, when: datetime) -> Participant | None:
        """Return who supplies the device's meter point at a time (S107-25, last sentence)."""
        entry = self.registration.at(device.meter_point, when)
        return None if entry is None else self.by_mpid(entry.supplier)

    def registered_operator(self, device: SmartMeter, when: datetime) -> Participant | None:
        """Return the network operator of the device's meter point at a time."""
        entry = self.registration.at(device.meter_point, when)
        return None if entry is None else self.by_mpid(entry.operator)
