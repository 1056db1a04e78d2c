"""SC-2 and SC-3: a gas network operator leaves, its GPF goes to another (MP128A).

The leaving operator numbers its commands by the milliseconds of the epoch and puts ACB
certificates into its cells (MP128A-5). The handover that follows is originated by the Access
Control Broker, whose own counter stands at some thousand: below the device's counter of the
network operator role. Without MP128A it is a replay to the device; with it the DSP goes above
the counter that it has recorded (MP128A-13, MP128A-14).
"""

from collections.abc import Callable

from gbcs_hil.bench.start_state import HOLDERS
from gbcs_hil.dcc.dsp import Dsp, Outcome
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    RetrieveDeviceSecurityCredentialsKRP,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole, StatusCode
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.script import Answered, Holds, Script, Seen, Step
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A, Party

_ROLE = RemotePartyRole.NETWORK_OPERATOR

GPF = bytes.fromhex("0247424849460001")
START_COUNTER = 1_700_000_000_000
"""The network operator role's execution counter when a scenario starts."""

LEAVING_COUNTER = 1_700_000_000_123
ACB_LAST_COUNTER = 1_299
INCOMING_COUNTER = 1_200

_BEFORE = Policy(mp128a=False)
_AFTER = Policy(mp128a=True)

_TWO_CELLS = Answered("I0", (StatusCode.SUCCESS, StatusCode.SUCCESS))
_NO_RESPONSE = Answered("E21")

SC_2: dict[str, Seen] = {
    "before": Holds(GAS_NETWORK_A.name, START_COUNTER),
    "leave": _TWO_CELLS,
    "handover": _NO_RESPONSE,
    "after": Holds(ACB.name, LEAVING_COUNTER),
}
"""What a conformant device and a DSP without MP128A do."""

SC_3: dict[str, Seen] = {
    "before": Holds(GAS_NETWORK_A.name, START_COUNTER),
    "leave": _TWO_CELLS,
    "handover": _TWO_CELLS,
    "renew": _TWO_CELLS,
    "after": Holds(GAS_NETWORK_B.name, INCOMING_COUNTER),
    "return": _NO_RESPONSE,
}
"""What a conformant device (P-FLOOR) and a DSP with MP128A do; the handover names floor 0."""


def sc_2(
    bench: Bench,
    on_step: Callable[[Step], None],
    profile: str = "P-FLOOR",
    policy: Policy = _BEFORE,
) -> list[Step]:
    """Run SC-2: the DSP does not carry MP128A, and the handover is discarded as a replay."""
    handover = _Handover(bench, Script("SC-2", SC_2, on_step), profile, policy)
    handover.read("before")
    handover.leave()
    handover.hand_over()
    handover.read("after")
    return handover.script.steps


def sc_3(
    bench: Bench,
    on_step: Callable[[Step], None],
    profile: str = "P-FLOOR",
    policy: Policy = _AFTER,
) -> list[Step]:
    """Run SC-3: the DSP carries MP128A, and the incoming operator owns the cells."""
    handover = _Handover(bench, Script("SC-3", SC_3, on_step), profile, policy)
    handover.read("before")
    handover.leave()
    handover.hand_over()
    handover.renew()
    handover.read("after")
    handover.come_back()
    return handover.script.steps


class _Handover:
    """The steps that both scenarios are made of, on a freshly commissioned GPF."""

    def __init__(self, bench: Bench, script: Script, profile: str, policy: Policy) -> None:
        self.script = script
        self._bench = bench
        self._requests = 0
        bench.commission("gpf", GPF, HOLDERS, {_ROLE: START_COUNTER}, profile)
        name = f"dcc-{'with' if policy.mp128a else 'without'}-mp128a"
        self._dsp: Dsp = bench.dcc(name, policy, {GPF: ACB_LAST_COUNTER})

    def leave(self) -> None:
        """The leaving operator puts ACB certificates into its cells (6.15.1)."""
        outcome = self._update("leave", GAS_NETWORK_A, LEAVING_COUNTER, self._certificates_of(ACB))
        self._record("leave", GAS_NETWORK_A, "6.15.1: ACB certificates", outcome)

    def hand_over(self) -> None:
        """The Supplier asks the DCC to hand the cells to the incoming operator (6.21)."""
        self._label("handover")
        request = RequestHandoverOfDCCControlledDevice(
            id=self._next_id(SUPPLIER_A),
            role=_ROLE,
            certificates=self._certificates_of(GAS_NETWORK_B),
            floor=0,
        )
        outcome = self._dsp.submit(request)
        self._record("handover", SUPPLIER_A, f"6.21: handover to {GAS_NETWORK_B.name}", outcome)

    def renew(self) -> None:
        """The incoming operator renews its certificates, counting in its own way (6.15.1)."""
        bench = self._bench
        renewed = bench.pki.authority.organisation(
            _ROLE, GAS_NETWORK_B.eui, GAS_NETWORK_B.name, generation=2
        )
        by_usage = {credential.key_usage: credential.certificate for credential in renewed}
        certificates = ReplacementCertificates(
            digital_signing=by_usage[KeyUsage.DIGITAL_SIGNATURE],
            key_agreement=by_usage[KeyUsage.KEY_AGREEMENT],
            path=bench.pki.authority.path,
        )
        outcome = self._update("renew", GAS_NETWORK_B, INCOMING_COUNTER, certificates)
        self._record("renew", GAS_NETWORK_B, "6.15.1: renewed certificates", outcome)

    def come_back(self) -> None:
        """The operator that left tries once more (6.15.1)."""
        outcome = self._update(
            "return", GAS_NETWORK_A, LEAVING_COUNTER + 1, self._certificates_of(GAS_NETWORK_A)
        )
        self._record("return", GAS_NETWORK_A, "6.15.1: its old certificates", outcome)

    def read(self, name: str) -> None:
        """The Supplier reads who holds the cells, and the role's counter (6.24.1)."""
        self._label(name)
        outcome = self._dsp.submit(
            RetrieveDeviceSecurityCredentialsKRP(id=self._next_id(SUPPLIER_A), roles=(_ROLE,))
        )
        seen = Holds.of(outcome, _ROLE, self._bench.names)
        what = "6.24.1: who holds the cells"
        self.script.record(name, SUPPLIER_A.name, what, outcome.counter, seen, self._note())

    def _update(
        self, name: str, party: Party, counter: int, certificates: ReplacementCertificates
    ) -> Outcome:
        self._label(name)
        user = self._bench.user(party)
        request = UpdateSecurityCredentialsKRP(
            id=user.request_id(GPF, counter), role=_ROLE, certificates=certificates
        )
        return self._dsp.submit(request, user.sign(request, self._dsp.transform(request)))

    def _certificates_of(self, party: Party) -> ReplacementCertificates:
        pki = self._bench.pki
        return ReplacementCertificates(
            digital_signing=pki.credential(party.eui, KeyUsage.DIGITAL_SIGNATURE).certificate,
            key_agreement=pki.credential(party.eui, KeyUsage.KEY_AGREEMENT).certificate,
            path=pki.authority.path,
        )

    def _next_id(self, party: Party) -> RequestId:
        self._requests += 1
        return self._bench.user(party).request_id(GPF, 1_000 + self._requests)

    def _label(self, name: str) -> None:
        self._bench.step = f"{self.script.scenario} {name}"
        self._bench.last = None

    def _record(self, name: str, party: Party, what: str, outcome: Outcome) -> None:
        seen = Answered.of(outcome)
        note = outcome.detail or self._note()
        self.script.record(name, party.name, what, outcome.counter, seen, note)

    def _note(self) -> str:
        last = self._bench.last
        return "" if last is None or last.accepted else f"{last.verdict}: {last.detail}"
