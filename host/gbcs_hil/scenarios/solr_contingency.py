"""SC-15: a Supplier has failed, and the role of MP134B sets its devices to credit mode.

The role has an XML signing key alone. What a SMETS2+ device is to execute is signed with the
failed Supplier's key, which its Shared Resource Provider still has; the devices trust no other.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.outcome import Outcome, Rejected
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import (
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdatePaymentMode,
)
from gbcs_hil.dcc.solr.anomaly_detection import AnomalyDetection, Threshold
from gbcs_hil.dcc.solr.contingency import AuthorityInstruction, Contingency, SupplierFailure
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.payment_mode import Prepayment
from gbcs_hil.gbcs.security import sign
from gbcs_hil.scenarios.observations import Answered, Routed, Seen
from gbcs_hil.scenarios.script import Script
from gbcs_hil.scenarios.smets1_estate import DEVICES, Smets1Estate, bench_pki
from gbcs_hil.scenarios.step import Step
from gbcs_hil.smki.parties import SOLR_CONTINGENCY, SUPPLIER_A, Pki

NOW = datetime(2023, 1, 10, 12, tzinfo=UTC)
PROVIDER = "Shared Resource Provider of Supplier A"
THRESHOLD = 5
"""So many 1.6 pass; the steps before "over-threshold" send fewer."""

_OK = Answered("I0")
# No SMETS2+ device is there to answer: what counts is that the DSP has sent the command.
_SENT = Answered("E21")
_NOT_CREDIT = Answered("B-CREDIT")

SC_15: Mapping[str, Seen] = MappingProxyType(
    {
        "credit": _OK,
        "no-instruction": Answered("E3"),
        "prepayment": _NOT_CREDIT,
        "other-service": Answered("E2"),
        "service-added": _OK,
        "ecs02": _SENT,
        "gcs02": _SENT,
        "ecs03": _NOT_CREDIT,
        "gcs03": _NOT_CREDIT,
        "ecs02-foreign": _NOT_CREDIT,
        "gcs02-foreign": _NOT_CREDIT,
        "other-supplier": Answered("E4"),
        "over-threshold": Answered("AD1"),
        "alert": Routed(SUPPLIER_A.name),
        "alert-revoked": Routed(PROVIDER),
        "ecs02-revoked": _SENT,
    }
)
"""What the DSP does with MP134B, by step."""

_DAY = timedelta(days=1)
_SMETS1 = DEVICES["S1SP1", "esme"]
_PREPAYMENT = Prepayment(disablement_threshold=0)
_FOREIGN = {MessageCode.ECS03: MessageCode.ECS02, MessageCode.GCS03: MessageCode.GCS02}
_POLICY = Policy(mp134b=True)
_WITH_6_24_1 = Policy(mp134b=True, mp134b_services=frozenset({"1.6", "6.24.1"}))


def contingency(instructed: bool = True, revoked: bool = False) -> Contingency:
    """Return the failure of Supplier A, and what is in place for it (M134-11).

    Args:
        instructed: whether the Authority has instructed.
        revoked: whether Supplier A's certificates are revoked.
    """
    begin = NOW - timedelta(days=1)
    thresholds = tuple(
        Threshold(SOLR_CONTINGENCY.eui, service, "SUPA", THRESHOLD - 1, THRESHOLD, _DAY)
        for service in ("1.6", "6.24.1")
    )
    instruction = AuthorityInstruction("AUTHORITY-1", "SOLR", "SUPA", begin)
    return Contingency(
        (SupplierFailure("SUPA", begin, PROVIDER, revoked),),
        (instruction,) if instructed else (),
        AnomalyDetection(thresholds),
    )


def sc_15(
    on_step: Callable[[Step], None] = lambda step: None, policy: Policy = _POLICY
) -> list[Step]:
    """Run SC-15.

    Args:
        on_step: called with each step.
        policy: with MP134B; the switches that it leaves open may be set otherwise.
    """
    script = Script("SC-15", SC_15, on_step)
    pki = bench_pki()
    with_token = _Play(script, pki, policy, contingency())
    with_token.smets1()
    _Play(script, pki, policy, contingency(instructed=False)).without_instruction()
    _Play(script, pki, _WITH_6_24_1, contingency()).service_added()
    with_token.smets2()
    with_token.too_many()
    with_token.alert("alert")
    revoked = _Play(script, pki, policy, contingency(revoked=True))
    revoked.alert("alert-revoked")
    revoked.command("ecs02-revoked", revoked.esme, None)
    for play in (with_token, revoked):
        play.close()
    return script.steps


class _Play:
    """The steps, under one policy and in one state of the contingency."""

    def __init__(self, script: Script, pki: Pki, policy: Policy, contingency: Contingency) -> None:
        self._script = script
        self._pki = pki
        self.esme = self._smets2(1, "esme")
        self._gsme = self._smets2(2, "gsme")
        self._others = self._smets2(3, "esme")
        more = {self.esme: "SUPA", self._gsme: "SUPA", self._others: "SUPB"}
        self._estate = Smets1Estate(policy, pki, contingency, more, lambda: NOW)
        self._dsp = self._estate.dsp

    def _smets2(self, number: int, device_type: str) -> SmartMeter:
        eui = b"\x02GBHIX" + number.to_bytes(2, "big")
        signing, agreement = self._pki.authority.device(eui)
        meter = SmartMeter.of(device_type, signing.certificate, agreement.certificate)
        return meter.linked(f"{900 + number:013d}")

    def smets1(self) -> None:
        """Credit and prepayment mode for a SMETS1 device; a Service Request off the list."""
        self._submit("credit", self._payment_mode(_SMETS1, None))
        self._submit("prepayment", self._payment_mode(_SMETS1, _PREPAYMENT))
        self._submit("other-service", self._retrieval())

    def without_instruction(self) -> None:
        """The same credit mode without the Authority's instruction."""
        self._submit("no-instruction", self._payment_mode(_SMETS1, None))
        self.close()

    def service_added(self) -> None:
        """The Service Request that was off the list, on a list that has it."""
        self._submit("service-added", self._retrieval())
        self.close()

    def smets2(self) -> None:
        """Signed Pre-Commands of every code, and of credit's with another's body."""
        for device, credit, prepayment in (
            (self.esme, "ecs02", "ecs03"),
            (self._gsme, "gcs02", "gcs03"),
        ):
            self.command(credit, device, None)
            self.command(prepayment, device, _PREPAYMENT)
            self._foreign(f"{credit}-foreign", device)
        self.command("other-supplier", self._others, None)

    def command(self, name: str, device: SmartMeter, prepayment: Prepayment | None) -> None:
        """Send a 1.6 to SMETS2+; the provider signs what the DSP has made of it."""
        request = self._payment_mode(device, prepayment)
        try:
            pre_command = self._dsp.transform(request)
        except Rejected as rejected:
            self._record(name, request, rejected.outcome)
            return
        outcome = self._dsp.submit(request, self._provider_signs(pre_command))
        self._record(name, request, outcome)

    def _foreign(self, name: str, device: SmartMeter) -> None:
        """Ask for credit mode with a command whose code is credit's and whose body is not."""
        request = self._payment_mode(device, None)
        prepaid = self._dsp.transform(replace(request, prepayment=_PREPAYMENT))
        code = _FOREIGN[MessageCode(prepaid.header.message_code)]
        forged = Message(replace(prepaid.header, message_code=code), prepaid.payload)
        self._record(name, request, self._dsp.submit(request, self._provider_signs(forged)))

    def too_many(self) -> None:
        """Requests go on until there are more than the threshold."""
        for _ in range(THRESHOLD):
            request = self._payment_mode(_SMETS1, None)
            outcome = self._dsp.submit(request)
        self._record("over-threshold", request, outcome)

    def alert(self, name: str) -> None:
        """A device of the failed Supplier's raises an alert for it."""
        recipient = self._estate.alerts.recipient(
            self.esme, RemotePartyRole.SUPPLIER, NOW, SUPPLIER_A.eui
        )
        self._script.record(name, "ESME", "alert for the Supplier", None, Routed(recipient))

    def close(self) -> None:
        """Let the estate go."""
        self._estate.close()

    def _payment_mode(
        self, device: SmartMeter, prepayment: Prepayment | None
    ) -> UpdatePaymentMode:
        request_id = self._estate.request_id(SOLR_CONTINGENCY, device)
        return UpdatePaymentMode(id=request_id, prepayment=prepayment)

    def _retrieval(self) -> ServiceRequest:
        request_id = self._estate.request_id(SOLR_CONTINGENCY, _SMETS1)
        return RetrieveDeviceSecurityCredentialsKRP(
            id=request_id, roles=(RemotePartyRole.SUPPLIER,)
        )

    def _provider_signs(self, pre_command: Message) -> Message:
        credential = self._pki.credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE)
        return sign(pre_command, credential.private_key)

    def _submit(self, name: str, request: ServiceRequest) -> None:
        self._record(name, request, self._dsp.submit(request))

    def _record(self, name: str, request: ServiceRequest, outcome: Outcome) -> None:
        what = f"{request.variant}: {name}"
        note = f"{outcome.check}: {outcome.detail}" if outcome.check else ""
        seen = Answered(outcome.code.code)
        self._script.record(name, SOLR_CONTINGENCY.name, what, outcome.counter, seen, note)
