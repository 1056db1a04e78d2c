"""What the steps of a scenario are made of.

A scenario is a function over a `Play`: it commissions a device, starts a DCC, has parties ask
for things, and names each step. What the steps must show is a table beside the function.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from gbcs_hil.dcc.device_alerts import is_of_a_dated_command
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.observations import Alerts, Answered, Holds, Seen, Told, counter_of
from gbcs_hil.scenarios.setting import Setting
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Expect, Verdict, worst
from gbcs_hil.smki.parties import SUPPLIER_A, Party

_ROLE = RemotePartyRole
_FIRST_REQUEST = 7_000_000
"""Above every Originator Counter that a scenario has a user choose as a small number."""


class Play(Setting):
    """One scenario on one device.

    Args:
        scenario: its name.
        bench: the board and the parties.
        conditions: what the device and the DCC are like.
        expectations: step name to what is expected.
        on_step: called with each step.

    Attributes:
        steps: what was played so far.
    """

    def __init__(
        self,
        scenario: str,
        bench: Bench,
        conditions: Conditions,
        expectations: Mapping[str, Expect],
        on_step: Callable[[Step], None],
    ) -> None:
        super().__init__(scenario, bench, conditions)
        self.steps: list[Step] = []
        self._expectations = expectations
        self._on_step = on_step
        self._requests = 0

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole scenario so far."""
        return worst(step.counts for step in self.steps)

    @property
    def failures(self) -> str:
        """What was neither as expected nor tolerated, a line for each step."""
        return "\n".join(str(step) for step in self.steps if not step.held)

    def update(
        self,
        name: str,
        by: Party,
        counter: int,
        to: Party,
        *,
        role: RemotePartyRole = _ROLE.NETWORK_OPERATOR,
        floor: int | None = None,
        execution: datetime | None = None,
        certificates: ReplacementCertificates | None = None,
        what: str = "",
    ) -> Outcome:
        """Have a party replace the certificates of a role (6.15.1).

        Args:
            name: of the step.
            by: who asks and signs.
            counter: its Originator Counter.
            to: whose certificates it brings.
            role: whose cells.
            floor: the floor that the command names, if any.
            execution: when the device is to execute it; at once if None.
            certificates: to bring instead.
            what: for the report.
        """
        request = UpdateSecurityCredentialsKRP(
            id=self.bench.user(by).request_id(self.eui, counter),
            role=role,
            certificates=certificates or self.certificates(to, role),
            floor=floor,
            execution=execution,
        )
        told = f"6.15.1: certificates of {to.name}{_told(floor)}"
        return self.ask(name, by, request, what or told)

    def renew(
        self,
        name: str,
        by: Party,
        counter: int,
        *,
        role: RemotePartyRole = _ROLE.NETWORK_OPERATOR,
        floor: int | None = None,
        execution: datetime | None = None,
    ) -> Outcome:
        """Have a party put its next certificates in (6.15.1), and use them if the device does.

        Args:
            name: of the step.
            by: whose cells they are.
            counter: its Originator Counter.
            role: whose cells.
            floor: the floor that the command names, if any.
            execution: when the device is to execute it; at once if None.
        """
        outcome = self.update(
            name,
            by,
            counter,
            by,
            role=role,
            floor=floor,
            execution=execution,
            certificates=self.certificates(by, role, self.bench.subscriptions.generation(by) + 1),
            what=f"6.15.1: its renewed certificates{_told(floor)}",
        )
        if outcome.replaced:
            self.bench.renewed(self.dsp, by)
        return outcome

    def hand_over(
        self,
        name: str,
        to: Party,
        *,
        role: RemotePartyRole = _ROLE.NETWORK_OPERATOR,
        floor: int | None = None,
        by: Party = SUPPLIER_A,
        what: str = "",
    ) -> Outcome:
        """Have a Supplier ask the DCC to hand cells with ACB certificates to a party (6.21)."""
        request = RequestHandoverOfDCCControlledDevice(
            id=self.next_id(by), role=role, certificates=self.certificates(to, role), floor=floor
        )
        told = f"6.21: handover to {to.name}{_told(floor)}"
        return self.ask(name, by, request, what or told)

    def change_supplier(self, name: str, to: Party, floor: int) -> Outcome:
        """Have an incoming Supplier take the supplier cells (6.23)."""
        request = UpdateSecurityCredentialsCoS(
            id=self.next_id(to), certificates=self.certificates(to, _ROLE.SUPPLIER), floor=floor
        )
        return self.ask(name, to, request, f"6.23: change of Supplier, floor {floor:,}")

    def read(
        self,
        name: str,
        role: RemotePartyRole = _ROLE.NETWORK_OPERATOR,
        by: Party = SUPPLIER_A,
    ) -> Seen:
        """Have a party read who holds a role's cells, and the role's counter (6.24.1)."""
        self._label(name)
        request = RetrieveDeviceSecurityCredentialsKRP(id=self.next_id(by), roles=(role,))
        outcome = self.bench.ask(self.dsp, by, request, f"{role.gbcs_name} cells")
        seen = Holds.of(outcome, role, self.bench.names)
        self._record(name, by.name, f"6.24.1: {role.gbcs_name} cells", outcome.counter, seen)
        return seen

    def ask(self, name: str, by: Party, request: ServiceRequest, what: str) -> Outcome:
        """Have a party ask the DCC for something."""
        self._label(name)
        outcome = self.bench.ask(self.dsp, by, request, what.partition(": ")[2])
        told = outcome.detail or (f"refused by {outcome.check}" if outcome.check else "")
        note = f"the DCC says: {told}" if told else ""
        self._record(name, by.name, what, outcome.counter, Answered.of(outcome), note)
        return outcome

    def deliver(self, name: str, message: bytes, what: str, who: str = "Network") -> None:
        """Hand the device octets that no DCC sent."""
        self._label(name)
        outputs = self.bench.deliver(message, who).outputs
        counter = counter_of(message)
        self._record(name, who, what, counter, Answered.by(outputs))

    def replay(self, name: str, message: bytes) -> None:
        """Hand the device a command that it had before, octet for octet."""
        self.deliver(name, message, "the same octets again")

    def pass_time(self, name: str, seconds: int) -> None:
        """Let time pass; the device executes what was to wait, and the DCC takes its alerts."""
        self._label(name)
        outputs = self.bench.set_clock(self.bench.now + timedelta(seconds=seconds))
        for alert in filter(is_of_a_dated_command, outputs):
            self.dsp.receive(self.eui, alert)
        self._record(name, "Time", f"{seconds} s pass", None, Alerts.of(outputs))

    @property
    def last_command(self) -> bytes:
        """The octets that the device got last."""
        return self.bench.last_command

    @property
    def now(self) -> datetime:
        """The time of the device and of the DCC."""
        return self.bench.now

    def next_id(self, party: Party) -> RequestId:
        """Return the id of a request whose counter no device sees."""
        self._requests += 1
        return self.bench.user(party).request_id(self.eui, _FIRST_REQUEST + self._requests)

    def begin(self, name: str) -> None:
        """Have what happens from now on kept under the name of a step."""
        self._label(name)

    def tell(
        self,
        name: str,
        who: str,
        what: str,
        seen: Seen,
        *,
        counter: int | None = None,
        note: str = "",
    ) -> None:
        """Hold what was seen against what is expected of a step.

        For what the functions above do not do, such as a step without the device on the board.

        Args:
            name: of the step.
            who: the party that acted.
            what: what it did.
            seen: what came of it.
            counter: the Originator Counter used, if any.
            note: an explanation.
        """
        expect = self._expectations.get(name)
        if expect is None:
            raise BadInput(f"{self.scenario}: its table says nothing of the step {name!r}")
        verdict, held = expect.judge(seen, counter), expect.holds(seen, counter)
        expected = expect.seen
        if expect.counter not in (None, counter):
            # Else nothing that is shown would tell what is wrong.
            expected = Told(f"{expected}, with counter {expect.counter:,}")
        if not held:
            # What goes wrong after that follows from it, until there is another device.
            verdict = self.blame = self.blame or verdict
        step = Step(
            self.scenario,
            name,
            who,
            what,
            counter,
            expected,
            seen,
            verdict,
            held,
            note,
            expect.practice if verdict is Verdict.USER_PRACTICE else "",
            self._part,
            self._befallen(),
        )
        self.steps.append(step)
        self.bench.keeping.played(step)
        self._on_step(step)

    def _record(
        self, name: str, who: str, what: str, counter: int | None, seen: Seen, note: str = ""
    ) -> None:
        self.bench.observe()
        self.tell(name, who, what, seen, counter=counter, note=note or self._note())

    def _note(self) -> str:
        last = self.bench.last
        if last is None or last.accepted:
            return ""
        return f"the bench port says why the device is silent: {last.verdict}: {last.detail}"


def _told(floor: int | None) -> str:
    return "" if floor is None else f", floor {floor:,}"
