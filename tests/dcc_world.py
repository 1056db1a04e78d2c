"""A DSP whose only device answers with what a test wants, and the parties around it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.users import User
from gbcs_hil.gbcs.credential_responses import CellContent, UpdateResponse
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome, ReplacementOutcome
from gbcs_hil.gbcs.message import GroupingHeader, Message, parse
from gbcs_hil.gbcs.names import (
    Cra,
    CredentialsReplacementMode,
    KeyUsage,
    RemotePartyRole,
    StatusCode,
)
from gbcs_hil.gbcs.security import sign
from gbcs_hil.gbcs.trust_anchors import digital_signing
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import (
    ACB,
    DEMONSTRATION,
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
    Pki,
)

NO = RemotePartyRole.NETWORK_OPERATOR
DEVICE = bytes.fromhex("0247424849460001")
POINT = "4000000001"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SINCE = date(2020, 1, 1)

EVERYBODY = (*DEMONSTRATION, ELECTRICITY_NETWORK_A, ELECTRICITY_NETWORK_B)
AUTHORITY = Authority.create(seed=b"dsp")
PKI = Pki.issue(AUTHORITY, EVERYBODY)
SIGNING, AGREEMENT = AUTHORITY.device(DEVICE)

Reply = Callable[[Message], tuple[bytes, ...]]


def certificates_of(party: Party) -> ReplacementCertificates:
    """Return what goes into a role's two management cells."""
    return ReplacementCertificates(
        PKI.credential(party.eui, KeyUsage.DIGITAL_SIGNATURE).certificate,
        PKI.credential(party.eui, KeyUsage.KEY_AGREEMENT).certificate,
        path=AUTHORITY.path,
    )


def meter(device_type: str = "gpf", eui: bytes = DEVICE, **changes: Any) -> SmartMeter:
    """Return a device of the inventory, linked to `POINT`."""
    made = SmartMeter.of(device_type, SIGNING.certificate, AGREEMENT.certificate)
    return replace(made.linked(POINT), **{"eui": eui, **changes})


class World:
    """A DCC with one device.

    Attributes:
        now: the DSP's time.
        sent: the commands that the device got.
        reply: what it answers; nothing at first.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        device: SmartMeter | None = None,
        registered: tuple[str, str] = ("SUPA", "GTNB"),
        ledger: Ledger | None = None,
    ) -> None:
        self.now = NOW
        self.pki = PKI
        self.signing, self.agreement = SIGNING, AGREEMENT
        self.ledger = ledger or Ledger("sqlite://")
        self.sent: list[Message] = []
        self.reply: Reply = lambda command: ()
        self._asked = 1_000
        device = device or meter()
        estate = Estate(
            {device.eui: device}, RegistrationData([Registration(POINT, SINCE, *registered)])
        )
        acb = AccessControlBroker(ACB, PKI)
        policy = policy or Policy()
        self.dsp = Dsp(
            acb, PKI, estate, self.ledger, self._network, policy, clock=lambda: self.now
        )

    def _network(self, device: bytes, octets: bytes) -> tuple[bytes, ...]:
        assert device in self.dsp.estate.devices
        command = parse(octets)
        self.sent.append(command)
        return self.reply(command)

    def ask(self, party: Party, request: ServiceRequest) -> Outcome:
        return User(party, PKI).ask(self.dsp, request)

    def update(
        self, sender: Party, brought: Party, counter: int = 10, **fields: Any
    ) -> UpdateSecurityCredentialsKRP:
        """Return a 6.15.1 for the network operator cells."""
        return UpdateSecurityCredentialsKRP(
            id=User(sender, PKI).request_id(DEVICE, counter),
            **{"role": NO, "certificates": certificates_of(brought), **fields},
        )

    def handover(
        self, brought: Party = GAS_NETWORK_B, sender: Party = SUPPLIER_A, **fields: Any
    ) -> RequestHandoverOfDCCControlledDevice:
        """Return a 6.21 for the network operator cells."""
        return RequestHandoverOfDCCControlledDevice(
            id=self.next_id(sender),
            **{"role": NO, "certificates": certificates_of(brought), "floor": 0, **fields},
        )

    def retrieval(self, sender: Party = SUPPLIER_A) -> RetrieveDeviceSecurityCredentialsKRP:
        return RetrieveDeviceSecurityCredentialsKRP(id=self.next_id(sender), roles=(NO,))

    def change_of_supplier(self, sender: Party = SUPPLIER_B) -> UpdateSecurityCredentialsCoS:
        return UpdateSecurityCredentialsCoS(
            id=self.next_id(sender), certificates=certificates_of(sender), floor=0
        )

    def next_id(self, sender: Party) -> RequestId:
        """Return a RequestID that nobody has used."""
        self._asked += 1
        return User(sender, PKI).request_id(DEVICE, self._asked)

    def leave(self, counter: int = 1_700_000_000_123, **fields: Any) -> Outcome:
        request = self.update(GAS_NETWORK_A, ACB, counter, **fields)
        return self.ask(GAS_NETWORK_A, request)

    def hand_over(self) -> Outcome:
        return self.dsp.submit(self.handover())

    def done(self, status: StatusCode = StatusCode.SUCCESS, holder: bytes = bytes(8)) -> Reply:
        """Return a device that reports this status for the signing cell."""

        def reply(command: Message) -> tuple[bytes, ...]:
            payload = UpdateResponse(executed(command.header.counter, status, holder)).encode()
            return (self.signed(command, payload).encode(),)

        return reply

    def signed(self, command: Message, payload: bytes) -> Message:
        asked = command.header
        header = GroupingHeader(
            Cra.RESPONSE, asked.counter, asked.recipient, asked.originator, asked.message_code
        )
        return sign(Message(header, payload), self.signing.private_key)

    def holds(self, party: Party, device: bytes = DEVICE) -> None:
        """Have the DCC know who stands in the network operator's signing cell."""
        cell = CellContent(digital_signing(NO), party.eui, bytes(8))
        self.ledger.note_cells(device, [cell])


def executed(counter: int, status: StatusCode, holder: bytes) -> ExecutionOutcome:
    """Return what a device says of a CS02b for the network operator's signing cell."""
    outcome = ReplacementOutcome(digital_signing(NO), status, bytes(8), bytes(8), holder, bytes(8))
    mode = CredentialsReplacementMode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR
    return ExecutionOutcome(counter, mode, (), (outcome,))
