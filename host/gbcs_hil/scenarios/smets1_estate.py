"""What the SMETS1 scenarios stand on: S1SPs with a device or two each, the DSP before them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from types import MappingProxyType

from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.alerts import AlertRouting, SlotMirror
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.gbcs_delivery import Delivery, Network
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots, cells_for
from gbcs_hil.dcc.smets1.cohorts import COHORT_OF_S1SP, S1SPS
from gbcs_hil.dcc.smets1.database import open_database
from gbcs_hil.dcc.smets1.provider import S1sp
from gbcs_hil.dcc.solr.contingency import Contingency
from gbcs_hil.ending import held_back
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import (
    ACB,
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
    Pki,
)

PARTIES = (
    ACB,
    SUPPLIER_A,
    SUPPLIER_B,
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
)
SINCE = date(2020, 1, 1)
OPERATOR = RemotePartyRole.NETWORK_OPERATOR


@dataclass(frozen=True)
class Operators:
    """The network operators of a device type: the registered one, and another.

    Attributes:
        right: whose the meter point is.
        mpid: its market participant identifier.
        wrong: somebody else.
    """

    right: Party
    mpid: str
    wrong: Party


OPERATORS = {
    "esme": Operators(ELECTRICITY_NETWORK_A, "EDNA", ELECTRICITY_NETWORK_B),
    "gpf": Operators(GAS_NETWORK_A, "GTNA", GAS_NETWORK_B),
}


def _device(s1sp: str, device_type: str) -> SmartMeter:
    number = 10 * (S1SPS.index(s1sp) + 1) + list(OPERATORS).index(device_type)
    eui = b"\x02GBHIS" + number.to_bytes(2, "big")
    return SmartMeter(eui, device_type, meter_point=f"{number:010d}", s1sp=s1sp)


DEVICES: Mapping[tuple[str, str], SmartMeter] = {
    (s1sp, kind): _device(s1sp, kind) for s1sp in S1SPS for kind in OPERATORS
}
"""One ESME and one GPF at each S1SP, by S1SP and device type."""


@cache
def bench_pki() -> Pki:
    """Return credentials of `PARTIES`, always the same."""
    return Pki.issue(Authority.create(seed=b"smets1"), PARTIES)


def _operator(device: SmartMeter) -> str:
    return OPERATORS["esme" if device.device_type == "esme" else "gpf"].mpid


def _silent(device: bytes, octets: bytes) -> tuple[bytes, ...]:
    return ()


class Smets1Estate:
    """Devices of Supplier A whose network operator slots are empty, as S107-10 leaves them.

    Args:
        policy: which modifications are live.
        pki: credentials of `PARTIES`; a test PKI of its own by default.
        contingency: which Suppliers have failed.
        more: further devices with who supplies them.
        clock: the time, UTC.
        network: the way to the SMETS2+ ones among them; nobody answers by default.
    """

    def __init__(
        self,
        policy: Policy,
        pki: Pki | None = None,
        contingency: Contingency | None = None,
        more: Mapping[SmartMeter, str] = MappingProxyType({}),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        network: Network = _silent,
    ) -> None:
        self.pki = pki or bench_pki()
        supplied = dict.fromkeys(DEVICES.values(), "SUPA") | dict(more)
        registration = RegistrationData(
            Registration(device.meter_point or "", SINCE, supplier, _operator(device))
            for device, supplier in supplied.items()
        )
        self.estate = Estate(
            {device.eui: device for device in supplied},
            registration,
            contingency=contingency or Contingency(),
        )
        self.engine = open_database(":memory:")
        self.slots = AnchorSlots(self.engine)
        self.mirror = SlotMirror(self.slots)
        self.ledger = Ledger("sqlite://")
        self._clock = clock
        self._requests = 0
        s1sps: dict[str, Delivery] = {
            name: S1sp(name, self.slots, self.ledger.trail, self.mirror.refresh) for name in S1SPS
        }
        acb = AccessControlBroker(ACB, self.pki)
        self.dsp = Dsp(acb, self.pki, self.estate, self.ledger, network, policy, s1sps, clock)
        self.alerts = AlertRouting(self.estate, policy, self.slots, self.mirror)
        for device in supplied:
            if device.smets1:
                self._enrol(device)

    def _enrol(self, device: SmartMeter) -> None:
        s1sp = device.s1sp or ""
        cohort = COHORT_OF_S1SP[s1sp]
        self.slots.enrol(device.eui, s1sp, cohort, device.device_type, device.meter_point)
        role = RemotePartyRole.SUPPLIER
        own = self.certificates(SUPPLIER_A)
        self.slots.place(device.eui, cells_for(role, own), "migration")

    def certificates(self, party: Party) -> ReplacementCertificates:
        """Return a party's certificates as a request brings them."""
        signing, agreement = (
            self.pki.credential(party.eui, usage).certificate
            for usage in (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT)
        )
        top_up = None
        if party.role is RemotePartyRole.SUPPLIER:
            usage = CellUsage.PREPAYMENT_TOP_UP
            top_up = self.pki.credential(party.eui, KeyUsage.KEY_AGREEMENT, usage).certificate
        return ReplacementCertificates(signing, agreement, top_up, self.pki.authority.path)

    def request_id(self, sender: Party, device: SmartMeter) -> RequestId:
        """Return the next id of a sender's."""
        self._requests += 1
        return RequestId(sender.eui, device.eui, self._requests)

    def update_request(
        self,
        sender: Party,
        device: SmartMeter,
        owner: Party,
        role: RemotePartyRole = OPERATOR,
    ) -> UpdateSecurityCredentialsKRP:
        """Return a 6.15.1 of somebody's that brings somebody's certificates."""
        return UpdateSecurityCredentialsKRP(
            id=self.request_id(sender, device),
            role=role,
            certificates=self.certificates(owner),
        )

    def handover_request(
        self, device: SmartMeter, owner: Party, sender: Party = SUPPLIER_A
    ) -> RequestHandoverOfDCCControlledDevice:
        """Return the Supplier's 6.21 that brings a network operator's certificates."""
        return RequestHandoverOfDCCControlledDevice(
            id=self.request_id(sender, device),
            role=OPERATOR,
            certificates=self.certificates(owner),
        )

    def update(
        self,
        sender: Party,
        device: SmartMeter,
        owner: Party,
        role: RemotePartyRole = OPERATOR,
    ) -> Outcome:
        """Have somebody send a 6.15.1; see `update_request`."""
        return self.dsp.submit(self.update_request(sender, device, owner, role))

    def hand_over(self, device: SmartMeter, owner: Party, sender: Party = SUPPLIER_A) -> Outcome:
        """Have the Supplier send a 6.21; see `handover_request`."""
        return self.dsp.submit(self.handover_request(device, owner, sender))

    def alert_recipient(self, device: SmartMeter, role: RemotePartyRole = OPERATOR) -> str | None:
        """Return the name of who gets an alert of the device's now."""
        return self.alerts.recipient(device, role, self._clock())

    def close(self) -> None:
        """Let the databases go."""
        with held_back():
            self.ledger.close()
            self.engine.dispose()
