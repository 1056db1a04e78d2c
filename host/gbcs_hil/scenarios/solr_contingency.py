"""SC-15: a Supplier has failed, and the role of MP134B sets its devices to credit mode.

The role has an XML signing key alone. What a SMETS2+ device is to execute is signed with the
failed Supplier's key, which its Shared Resource Provider still has; the devices trust no other.
The SMETS2+ device is the one on the board.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

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
from gbcs_hil.scenarios.observations import Answered, Routed
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.smets1_estate import DEVICES, Smets1Estate
from gbcs_hil.scenarios.verdicts import Expect, Verdict
from gbcs_hil.smki.parties import SOLR_CONTINGENCY, SUPPLIER_A

PROVIDER = "Shared Resource Provider of Supplier A"
THRESHOLD = 5
"""So many 1.6 pass; the steps before "over the threshold" send fewer."""

_OK = Answered("I0")
_NOT_CREDIT = Answered("B-CREDIT")
_DAY = timedelta(days=1)
_SMETS1 = DEVICES["S1SP1", "esme"]
_PREPAYMENT = Prepayment(disablement_threshold=0)
_CREDIT_CODE = {MessageCode.ECS03: MessageCode.ECS02, MessageCode.GCS03: MessageCode.GCS02}


def contingency(now: datetime, instructed: bool = True, revoked: bool = False) -> Contingency:
    """Return the failure of Supplier A, and what is in place for it (M134-11).

    Args:
        now: the time, UTC; the failure is a day old.
        instructed: whether the Authority has instructed.
        revoked: whether Supplier A's certificates are revoked.
    """
    begin = now - _DAY
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


def sc_15(play: Play) -> None:
    """Play SC-15, with MP134B; switches that it leaves open are the conditions'."""
    play.commission({})
    with_token = _InState(play, "The Authority has instructed")
    with_token.smets1()
    none = _InState(play, "The Authority has not instructed", instructed=False)
    none.submit("no instruction", none.payment_mode(_SMETS1, None))
    more = _InState(play, "6.24.1 is added to the list", services=frozenset({"1.6", "6.24.1"}))
    more.submit("the service is added", more.retrieval())
    with_token.smets2()
    with_token.too_many()
    with_token.alert("alert")
    revoked = _InState(play, "The failed Supplier's certificates are revoked", revoked=True)
    revoked.alert("alert after revocation")
    # The device has executed commands with the counters before this one.
    revoked.command("signed credit after revocation", play.bench.meter, None, _LATER)
    for state in (with_token, none, more, revoked):
        state.close()


_LATER = 1_000


class _InState:
    """The steps in one state of the contingency."""

    def __init__(
        self,
        play: Play,
        name: str,
        *,
        instructed: bool = True,
        revoked: bool = False,
        services: frozenset[str] | None = None,
    ) -> None:
        self._play = play
        self._name = name
        switches = {} if services is None else {"mp134b_services": services}
        policy: Policy = msgspec.structs.replace(play.conditions.policy, mp134b=True, **switches)
        play.bench.keeping.policy(f"sc-15 {name.lower()}", policy)
        self._others = self._smets2_of_another()
        self._estate = Smets1Estate(
            policy,
            play.bench.pki,
            contingency(play.now, instructed, revoked),
            {play.bench.meter: "SUPA", self._others: "SUPB"},
            lambda: play.now,
            play.bench.network,
        )
        self._dsp = self._estate.dsp

    def _begin(self, name: str) -> None:
        self._play.part(self._name)
        self._play.begin(name)

    def _smets2_of_another(self) -> SmartMeter:
        signing, agreement = self._play.bench.pki.authority.device(b"\x02GBHIX\x00\x03")
        meter = SmartMeter.of("esme", signing.certificate, agreement.certificate)
        return meter.linked("0000000000903")

    def smets1(self) -> None:
        """Credit and prepayment mode for a SMETS1 device; a Service Request off the list."""
        self.submit("credit", self.payment_mode(_SMETS1, None))
        self.submit("prepayment", self.payment_mode(_SMETS1, _PREPAYMENT))
        self.submit("another service", self.retrieval())
        own = RemotePartyRole.SUPPLIER
        update = self._estate.update_request(SOLR_CONTINGENCY, _SMETS1, SUPPLIER_A, own)
        self.submit("a critical service", update)

    def smets2(self) -> None:
        """Signed Pre-Commands of both codes, and of credit's with the other's body."""
        meter = self._play.bench.meter
        self.command("signed credit", meter, None)
        self.command("signed prepayment", meter, _PREPAYMENT)
        self._foreign("signed credit, foreign body", meter)
        self.command("another Supplier's device", self._others, None)

    def command(
        self, name: str, device: SmartMeter, prepayment: Prepayment | None, above: int = 0
    ) -> None:
        """Send a 1.6 to SMETS2+; the provider signs what the DSP has made of it."""
        self._begin(name)
        request = self.payment_mode(device, prepayment, above)
        self._play.bench.keeping.requested(SOLR_CONTINGENCY.name, request, name)
        try:
            pre_command = self._dsp.transform(request)
        except Rejected as rejected:
            self._record(name, request, rejected.outcome)
            return
        self._record(name, request, self._dsp.submit(request, self._signed(pre_command)))

    def _foreign(self, name: str, device: SmartMeter) -> None:
        """Ask for credit mode with a command whose code is credit's and whose body is not."""
        self._begin(name)
        request = self.payment_mode(device, None)
        self._play.bench.keeping.requested(SOLR_CONTINGENCY.name, request, name)
        prepaid = self._dsp.transform(replace(request, prepayment=_PREPAYMENT))
        code = _CREDIT_CODE[MessageCode(prepaid.header.message_code)]
        forged = Message(replace(prepaid.header, message_code=code), prepaid.payload)
        self._record(name, request, self._dsp.submit(request, self._signed(forged)))

    def too_many(self) -> None:
        """Requests go on until there are more than the threshold."""
        self._begin("over the threshold")
        for _ in range(THRESHOLD):
            request = self.payment_mode(_SMETS1, None)
            outcome = self._dsp.submit(request)
        self._play.bench.keeping.requested(SOLR_CONTINGENCY.name, request, "one too many")
        self._record("over the threshold", request, outcome)

    def alert(self, name: str) -> None:
        """A device of the failed Supplier's raises an alert for it."""
        self._begin(name)
        recipient = self._estate.alerts.recipient(
            self._play.bench.meter, RemotePartyRole.SUPPLIER, self._play.now, SUPPLIER_A.eui
        )
        who = self._play.conditions.device_type.upper()
        self._play.tell(name, who, "alert for the Supplier", Routed(recipient))

    def close(self) -> None:
        """Let the estate go."""
        self._estate.close()

    def payment_mode(
        self, device: SmartMeter, prepayment: Prepayment | None, above: int = 0
    ) -> UpdatePaymentMode:
        """Return a 1.6 of the role's."""
        request_id = self._estate.request_id(SOLR_CONTINGENCY, device)
        request_id = replace(request_id, counter=request_id.counter + above)
        return UpdatePaymentMode(id=request_id, prepayment=prepayment)

    def retrieval(self) -> ServiceRequest:
        """Return a 6.24.1 of the role's."""
        request_id = self._estate.request_id(SOLR_CONTINGENCY, _SMETS1)
        return RetrieveDeviceSecurityCredentialsKRP(
            id=request_id, roles=(RemotePartyRole.SUPPLIER,)
        )

    def _signed(self, pre_command: Message) -> Message:
        credential = self._play.bench.pki.credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE)
        return sign(pre_command, credential.private_key)

    def submit(self, name: str, request: ServiceRequest) -> None:
        """Send a request that nobody signs."""
        self._begin(name)
        self._play.bench.keeping.requested(SOLR_CONTINGENCY.name, request, name)
        self._record(name, request, self._dsp.submit(request))

    def _record(self, name: str, request: ServiceRequest, outcome: Outcome) -> None:
        self._play.bench.keeping.responded(SOLR_CONTINGENCY.name, request, outcome)
        what = f"{request.variant}: {name}"
        note = f"{outcome.check}: {outcome.detail}" if outcome.check else ""
        seen = Answered(outcome.code.code)
        self._play.tell(
            name, SOLR_CONTINGENCY.name, what, seen, counter=outcome.counter, note=note
        )


_DCC: Mapping[str, Answered | Routed] = {
    "credit": _OK,
    "no instruction": Answered("E3"),
    "prepayment": _NOT_CREDIT,
    "another service": Answered("E2"),
    "a critical service": Answered("E2"),
    "the service is added": _OK,
    "signed prepayment": _NOT_CREDIT,
    "signed credit, foreign body": _NOT_CREDIT,
    "another Supplier's device": Answered("E4"),
    "over the threshold": Answered("AD1"),
    "alert": Routed(SUPPLIER_A.name),
    "alert after revocation": Routed(PROVIDER),
}
"""What is the DCC's doing alone, by step."""

_EXPECTED: Expectations = {
    **{name: Expect(seen, otherwise=Verdict.DCC_DEFECT) for name, seen in _DCC.items()},
    "signed credit": Expect(_OK),
    "signed credit after revocation": Expect(_OK),
}

SC_15 = Scenario(
    "SC-15", "MP134B: a Supplier has failed", sc_15, dict.fromkeys(("esme", "gsme"), _EXPECTED)
)
