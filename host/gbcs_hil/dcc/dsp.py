"""The Data Service Provider: takes Service Requests, speaks GBCS to devices.

The flow is the real one. A critical request is transformed into a pre-command, which the user
checks, signs and sends back; the Access Control Broker adds its MAC. Other requests the Access
Control Broker originates itself. The DSP sees only what a device sends, never its verdict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gbcs_hil.dcc import pre_commands, response_codes
from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger, Placement
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import (
    RequestHandoverOfDCCControlledDevice,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.response_codes import ResponseCode
from gbcs_hil.errors import AuthenticationError, BadInput, CredentialError, GbcsError
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateResponse
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import Cra, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import verify_signature
from gbcs_hil.gbcs.security_credentials import UpdateCredentials
from gbcs_hil.smki.certificate import read_certificate
from gbcs_hil.smki.parties import Pki

Network = Callable[[bytes, bytes], tuple[bytes, ...]]
"""Carries a message to the device of an EUI-64; returns what the device sends back."""


@dataclass(frozen=True)
class Outcome:
    """What the Service User gets, and what the DCC knows of it.

    Attributes:
        code: the response code.
        counter: the Originator Counter of the GBCS command; None if none was sent.
        response: the device's response, its protection verified; None without one.
        detail: what was seen, for a person.
    """

    code: ResponseCode
    counter: int | None = None
    response: Message | None = None
    detail: str = ""

    @property
    def update(self) -> UpdateResponse:
        """The response to a CS02b, decoded; only with a response."""
        return UpdateResponse.decode(self._payload)

    @property
    def credentials(self) -> ReadResponse:
        """The response to a CS02a, decoded; only with a response."""
        return ReadResponse.decode(self._payload)

    @property
    def _payload(self) -> bytes:
        if self.response is None:
            raise GbcsError(f"{self.code}: there is no response to decode")
        return self.response.payload


class Dsp:
    """The DCC's systems under one policy.

    Args:
        acb: holds the DCC's keys.
        pki: the users' certificates, as the DCC knows them.
        inventory: devices by EUI-64.
        ledger: what must not be forgotten.
        network: the way to the devices.
        policy: which modifications are live.
    """

    def __init__(
        self,
        acb: AccessControlBroker,
        pki: Pki,
        inventory: Mapping[bytes, SmartMeter],
        ledger: Ledger,
        network: Network,
        policy: Policy,
    ) -> None:
        self._acb = acb
        self._pki = pki
        self._inventory = inventory
        self._ledger = ledger
        self._network = network
        self.policy = policy

    def transform(self, request: UpdateSecurityCredentialsKRP) -> Message:
        """Return the pre-command of a critical request, for the user to check and sign."""
        self._audit(request, "transformed")
        return pre_commands.update(request, request.id.originator, request.id.counter)

    def submit(self, request: ServiceRequest, signed: Message | None = None) -> Outcome:
        """Carry a Service Request out.

        Args:
            request: what the user asks for.
            signed: the signed pre-command of a critical request.

        Raises:
            BadInput: a critical request without its signed pre-command, or the reverse.
            LedgerError: the ledger cannot be written; nothing was sent.
        """
        if request.critical != (signed is not None):
            raise BadInput(f"SRV {request.service}: critical requests, and only they, are signed")
        self._audit(request, "received")
        meter = self._inventory.get(request.id.target)
        if meter is None:
            outcome = Outcome(response_codes.UNKNOWN_DEVICE)
        elif isinstance(request, UpdateSecurityCredentialsKRP) and signed is not None:
            outcome = self._update(request, signed, meter)
        elif isinstance(request, RequestHandoverOfDCCControlledDevice):
            outcome = self._hand_over(request, meter)
        elif isinstance(request, RetrieveDeviceSecurityCredentialsKRP):
            outcome = self._retrieve(request, meter)
        else:
            raise BadInput(f"SRV {request.service} is not one that this DSP knows")
        self._audit(request, f"answered {outcome.code}", outcome.detail)
        return outcome

    def _update(
        self, request: UpdateSecurityCredentialsKRP, signed: Message, meter: SmartMeter
    ) -> Outcome:
        pre_command = pre_commands.update(request, request.id.originator, request.id.counter)
        if signed.grouping_octets != pre_command.grouping_octets:
            return Outcome(response_codes.NOT_AS_TRANSFORMED)
        try:
            user = self._pki.credential(request.id.originator, KeyUsage.DIGITAL_SIGNATURE)
            verify_signature(signed, user.public_key)
        except (AuthenticationError, CredentialError) as error:
            return Outcome(response_codes.USER_SIGNATURE, detail=str(error))
        places_acb = self.policy.mp128a and _brings_acb(signed)
        before = self._ledger.placement(meter.eui, request.role)
        if places_acb:
            # Before it is sent: the response may be lost, or this process may end.
            self._remember(request, meter, confirmed=False)
        outcome = self._send(self._acb.authenticate(signed, meter), meter)
        if places_acb and outcome.response is not None:
            if _all_replaced(outcome):
                self._remember(request, meter, confirmed=True)
            else:
                self._take_back(request, meter, before)
        return outcome

    def _remember(
        self, request: UpdateSecurityCredentialsKRP, meter: SmartMeter, confirmed: bool
    ) -> None:
        """Record the counter that a later 6.21 must exceed (MP128A-13)."""
        self._ledger.record_placement(
            meter.eui, request.role, request.id.originator, request.id.counter, confirmed
        )

    def _take_back(
        self, request: UpdateSecurityCredentialsKRP, meter: SmartMeter, before: Placement | None
    ) -> None:
        """Forget a 6.15.1 that the device said has failed."""
        self._ledger.forget_placement(meter.eui, request.role)
        if before is not None:
            self._ledger.record_placement(
                meter.eui, request.role, before.originator, before.counter, before.confirmed
            )

    def _hand_over(
        self, request: RequestHandoverOfDCCControlledDevice, meter: SmartMeter
    ) -> Outcome:
        above = 0
        if self.policy.mp128a:
            placement = self._ledger.placement(meter.eui, request.role)
            # MP128A-14: higher than the counter of the 6.15.1 that placed the certificates.
            above = placement.counter if placement else 0
        counter = self._ledger.mint(self._acb.party.eui, meter.eui, above)
        pre_command = pre_commands.update(request, self._acb.party.eui, counter)
        outcome = self._send(self._acb.originate(pre_command, meter), meter)
        if outcome.response is not None and _all_replaced(outcome):
            self._ledger.forget_placement(meter.eui, request.role)
        return outcome

    def _retrieve(
        self, request: RetrieveDeviceSecurityCredentialsKRP, meter: SmartMeter
    ) -> Outcome:
        counter = self._ledger.mint(self._acb.party.eui, meter.eui)
        pre_command = pre_commands.retrieve(request, self._acb.party.eui, counter)
        return self._send(self._acb.authenticate(pre_command, meter), meter)

    def _send(self, command: Message, meter: SmartMeter) -> Outcome:
        counter = command.header.counter
        outputs = self._network(meter.eui, command.encode())
        if not outputs:
            return Outcome(response_codes.NO_RESPONSE, counter)
        try:
            response = parse(outputs[0])
            _check_answers(command, response)
            self._acb.check(response, meter)
        except (GbcsError, AuthenticationError, CredentialError) as error:
            return Outcome(response_codes.DEVICE_RESPONSE, counter, detail=str(error))
        return Outcome(response_codes.SUCCESS, counter, response)

    def _audit(self, request: ServiceRequest, event: str, detail: str = "") -> None:
        self._ledger.audit(str(request.id), request.service, event, detail)


def _check_answers(command: Message, response: Message) -> None:
    asked, answered = command.header, response.header
    expected = (Cra.RESPONSE, asked.counter, asked.recipient, asked.originator, asked.message_code)
    seen = (
        answered.cra,
        answered.counter,
        answered.originator,
        answered.recipient,
        answered.message_code,
    )
    if seen != expected:
        raise GbcsError("the device's message is not the response to the command")


def _brings_acb(signed: Message) -> bool:
    """Whether a 6.15.1 hands cells to the Access Control Broker."""
    replacements = UpdateCredentials.decode(signed.payload).replacements
    roles = {read_certificate(replacement.certificate).role for replacement in replacements}
    return RemotePartyRole.ACCESS_CONTROL_BROKER in roles


def _all_replaced(outcome: Outcome) -> bool:
    executed = outcome.update.outcome
    return executed is not None and executed.succeeded
