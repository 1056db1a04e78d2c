"""Carrying a Service Request out on a SMETS2+ device, in GBCS.

A critical command is the user's, with the Access Control Broker's MAC; others the Access
Control Broker originates itself, and the Transitional CoS party a 6.23. Only what a device
sends is seen, never its verdict.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from gbcs_hil.dcc import pre_commands, response_codes
from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.audit_trail import Entry, Kind
from gbcs_hil.dcc.check import Case
from gbcs_hil.dcc.handover_counters import HandoverCounters
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.requests import (
    RequestHandoverOfDCCControlledDevice,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdatePaymentMode,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import AuthenticationError, BadInput, CredentialError, GbcsError
from gbcs_hil.gbcs.message import Message, is_alert, parse
from gbcs_hil.gbcs.names import Cra, KeyUsage
from gbcs_hil.gbcs.security import sign
from gbcs_hil.smki.parties import TRANSITIONAL_COS

Network = Callable[[bytes, bytes], tuple[bytes, ...]]
"""Carries a message to the device of an EUI-64; returns what the device sends back."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Dispatch(Generic[_Answer]):
    """What is ready to be sent, and written down.

    Attributes:
        send: sends it and returns what comes back; it takes as long as a device takes.
        settle: writes down what came back, and says what that is for the user.
    """

    send: Callable[[], _Answer]
    settle: Callable[[_Answer], Outcome]


class Delivery(Protocol):
    """The way to some devices: GBCS for SMETS2+, or an S1SP."""

    def prepare(self, case: Case) -> Dispatch[Any]:
        """Make ready what carries out a request that has passed the DSP's checks.

        Nothing of it leaves this process yet: the caller makes what is written here durable.
        """


class GbcsDelivery:
    """The way to SMETS2+ devices.

    Args:
        acb: holds the DCC's keys.
        ledger: where counters are minted.
        counters: what MP128A remembers.
        network: the way to the devices.
    """

    def __init__(
        self,
        acb: AccessControlBroker,
        ledger: Ledger,
        counters: HandoverCounters,
        network: Network,
    ) -> None:
        self._acb = acb
        self._ledger = ledger
        self._counters = counters
        self._network = network

    def prepare(self, case: Case) -> Dispatch[Sequence[bytes]]:
        """Make the command of a request; see `Delivery.prepare`.

        Raises:
            BadInput: a critical request without its signed pre-command, or the reverse.
            LedgerError: the ledger cannot be written.
        """
        request, meter = case.request, case.device
        command = self._command(request, case)
        octets = command.encode()
        before = self._counters.expect(request)
        self._trail(request, "command", [octets])

        def send() -> Sequence[bytes]:
            return self._network(meter.eui, octets)

        def settle(outputs: Sequence[bytes]) -> Outcome:
            outcome = self._answer(request, command, meter, outputs)
            self._counters.answered(request, before, outcome.replaced)
            return outcome

        return Dispatch(send, settle)

    def _command(self, request: ServiceRequest, case: Case) -> Message:
        """Return the command that the device gets, with the ACB's MAC."""
        meter = case.device
        if isinstance(request, (UpdateSecurityCredentialsKRP, UpdatePaymentMode)):
            return self._acb.authenticate(_signed(case), meter)
        if isinstance(request, RequestHandoverOfDCCControlledDevice):
            counter = self._counters.for_handover(meter.eui, request.role)
            pre_command = pre_commands.update(request, self._acb.party.eui, counter)
            return self._acb.originate(pre_command, meter)
        if isinstance(request, UpdateSecurityCredentialsCoS):
            originator = TRANSITIONAL_COS.eui
            counter = self._ledger.mint(originator, meter.eui)
            pre_command = pre_commands.change_of_supplier(request, originator, counter)
            signer = self._acb.pki.credential(originator, KeyUsage.DIGITAL_SIGNATURE)
            return self._acb.authenticate(sign(pre_command, signer.private_key), meter)
        if isinstance(request, RetrieveDeviceSecurityCredentialsKRP):
            counter = self._counters.next(meter.eui)
            pre_command = pre_commands.retrieve(request, self._acb.party.eui, counter)
            return self._acb.authenticate(pre_command, meter)
        raise BadInput(f"SRV {request.variant} is not one that this DSP knows")

    def _answer(
        self,
        request: ServiceRequest,
        command: Message,
        meter: SmartMeter,
        outputs: Sequence[bytes],
    ) -> Outcome:
        """Write down what a device sent back, and say what that is for the user."""
        counter = command.header.counter
        alerts = [octets for octets in outputs if is_alert(octets)]
        responses = [octets for octets in outputs if octets not in alerts]
        self._trail(request, "response", responses)
        self._trail(request, "alert", alerts)
        if not responses:
            return Outcome(response_codes.NO_RESPONSE, counter)
        try:
            response = parse(responses[0])
            _check_answers(command, response)
            self._acb.check(response, meter)
            outcome = Outcome(response_codes.SUCCESS, counter, response)
            self._ledger.note_cells(meter.eui, outcome.cells)
        except (GbcsError, AuthenticationError, CredentialError) as error:
            return Outcome(response_codes.DEVICE_RESPONSE, counter, detail=str(error))
        return outcome

    def _trail(self, request: ServiceRequest, event: str, messages: Sequence[bytes]) -> None:
        entries = [Entry(Kind.MESSAGE, event, octets.hex()) for octets in messages]
        self._ledger.trail.record(request, entries)


def _signed(case: Case) -> Message:
    if case.signed is None:
        raise BadInput(f"SRV {case.request.variant}: critical requests are signed")
    return case.signed


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
