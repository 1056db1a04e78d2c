"""The DCC's flows on an emulated device, from the Service Request to the device's answer."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from board_rig import PICO
from dcc_world import AUTHORITY, PKI, certificates_of
from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.bench.start_state import FACTORY, HOLDERS
from gbcs_hil.dcc.audit_trail import Filter
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.exit_gate import exit_gate
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.participants import PARTICIPANTS
from gbcs_hil.dcc.policy import CounterRule, Fault, Policy
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RetrieveDeviceSecurityCredentialsKRP,
    UpdatePaymentMode,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.smki_registration import RevocationReason, SmkiRegistration
from gbcs_hil.dcc.users import User
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import AlertCode, CellUsage, KeyUsage, RemotePartyRole, StatusCode
from gbcs_hil.gbcs.payment_mode import Prepayment
from gbcs_hil.scenarios.bench import METER_POINT, Bench
from gbcs_hil.scenarios.fixtures import FACTORY_ESME, FACTORY_GPF, ORPHANED_GPF
from gbcs_hil.scenarios.observations import Answered, Holds
from gbcs_hil.smki.parties import (
    ACB,
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
)

NO, SUPPLIER = RemotePartyRole.NETWORK_OPERATOR, RemotePartyRole.SUPPLIER
EUI = bytes.fromhex("0247424849460009")
REPLACED = Answered("I0", (StatusCode.SUCCESS, StatusCode.SUCCESS))
DISCARDED = Answered("E21")
MILLISECONDS = 1_700_000_000_123


@pytest.fixture(scope="module", params=["cpython:", *PICO])
def board(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Board]:
    with ExitStack() as stack:
        flash = tmp_path_factory.mktemp("board") / "flash"
        device = stack.enter_context(targets.start(request.param, flash))
        line = link.Link(ports.open_port(device.port), patience=device.patience)
        stack.callback(line.close)
        yield Board("board", line)


@pytest.fixture
def bench(board: Board, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(board, PKI, tmp_path)
    yield made
    made.close()


class Act:
    """Requests to the bench's device, through one DSP."""

    def __init__(
        self,
        bench: Bench,
        policy: Policy | None = None,
        device: bytes = EUI,
        acb_last: int = 1_299,
    ) -> None:
        policy = policy or Policy()
        name = "with-secmp0063" if policy.secmp0063 else "without-secmp0063"
        self.dsp: Dsp = bench.dcc(name, policy, {device: acb_last})
        self._bench = bench
        self._device = device
        self._requests = 2_000

    def update(self, sender: Party, brought: Party, counter: int, **fields: Any) -> Outcome:
        request = UpdateSecurityCredentialsKRP(
            id=User(sender, PKI).request_id(self._device, counter),
            **{"role": NO, "certificates": certificates_of(brought), **fields},
        )
        return User(sender, PKI).ask(self.dsp, request)

    def hand_over(self, brought: Party, floor: int | None = 0) -> Outcome:
        request = RequestHandoverOfDCCControlledDevice(
            id=self.next_id(SUPPLIER_A),
            role=NO,
            certificates=certificates_of(brought),
            floor=floor,
        )
        return self.dsp.submit(request)

    def read(self, sender: Party = SUPPLIER_A, role: RemotePartyRole = NO) -> Outcome:
        return self.dsp.submit(
            RetrieveDeviceSecurityCredentialsKRP(id=self.next_id(sender), roles=(role,))
        )

    def holds(self, role: RemotePartyRole = NO, sender: Party = SUPPLIER_A) -> object:
        names = {p.eui: p.name for p in PARTICIPANTS if p.eui} | {ACB.eui: ACB.name}
        return Holds.of(self.read(sender, role), role, names)

    def next_id(self, sender: Party) -> Any:
        self._requests += 1
        return User(sender, PKI).request_id(self._device, self._requests)


def seen(outcome: Outcome) -> Answered:
    return Answered.of(outcome)


@pytest.mark.requirement("MP128A-1", "MP128A-2", "MP128A-3", "MP128A-4")
def test_nobody_can_reach_the_cells_of_an_orphaned_gpf(bench: Bench) -> None:
    ORPHANED_GPF.set_up(bench)
    act = Act(bench, device=ORPHANED_GPF.eui)
    gone = act.update(GAS_NETWORK_A, ACB, MILLISECONDS)
    assert (gone.code.code, gone.check) == ("E3", "user-active")
    assert seen(act.hand_over(GAS_NETWORK_B)) == DISCARDED
    assert seen(act.update(GAS_NETWORK_B, GAS_NETWORK_B, MILLISECONDS + 1)) == DISCARDED
    assert act.holds() == Holds(GAS_NETWORK_A.name, ORPHANED_GPF.counter)


@pytest.mark.requirement(
    "MP128A-1", "MP128A-5", "MP128A-8", "MP128A-9", "MP128A-11", "MP128A-12", "MP128A-15"
)
def test_an_operator_leaves_in_order_and_the_next_one_owns_the_cells(bench: Bench) -> None:
    replace(ORPHANED_GPF, ceased=frozenset()).set_up(bench)
    act = Act(bench, device=ORPHANED_GPF.eui)
    ledger = act.dsp.ledger
    smki = SmkiRegistration(ledger.database, AUTHORITY, act.dsp.policy)
    leaver = act.dsp.estate.by_eui(GAS_NETWORK_A.eui)
    assert leaver is not None

    def gate_is_open() -> bool:
        now = datetime.datetime.now(datetime.UTC)
        return exit_gate(leaver, act.dsp.estate, ledger, smki, now).is_open

    smki.announce_leaving(leaver)
    certificate = PKI.credential(GAS_NETWORK_A.eui, KeyUsage.DIGITAL_SIGNATURE).certificate
    smki.revoke(leaver, certificate, RevocationReason.CEASING)
    act.read()
    assert not gate_is_open()
    assert seen(act.update(GAS_NETWORK_A, ACB, MILLISECONDS)) == REPLACED
    assert gate_is_open()
    assert seen(act.hand_over(GAS_NETWORK_B)) == REPLACED
    assert act.holds() == Holds(GAS_NETWORK_B.name, 0)


@pytest.mark.requirement("MP128A-14", "MP128A-15")
@pytest.mark.parametrize(
    ("policy", "profile", "expected"),
    [
        (Policy(mp128a=False), "P-FLOOR", DISCARDED),
        (Policy(), "P-FLOOR", DISCARDED),
        (Policy(mp128a_counter=CounterRule.MAX_OC_FLOOR), "P-FLOOR", REPLACED),
        (Policy(), "P-KEEP", REPLACED),
        (Policy(faults=frozenset({Fault.H4})), "P-KEEP", DISCARDED),
        (
            Policy(mp128a_counter=CounterRule.MAX_OC_FLOOR, faults=frozenset({Fault.H5})),
            "P-FLOOR",
            DISCARDED,
        ),
    ],
)
def test_a_floor_above_the_counter_needs_the_rule_that_looks_at_it(
    bench: Bench, policy: Policy, profile: str, expected: Answered
) -> None:
    bench.commission("gpf", EUI, HOLDERS, {NO: 900}, profile)
    act = Act(bench, policy, acb_last=10)
    assert seen(act.update(GAS_NETWORK_A, ACB, 1_000, floor=5_000)) == REPLACED
    assert seen(act.hand_over(GAS_NETWORK_A)) == expected


@pytest.mark.requirement("MP128A-13")
def test_a_future_dated_departure_is_recorded_when_the_device_has_executed_it(
    bench: Bench,
) -> None:
    bench.commission("gpf", EUI, HOLDERS, {NO: 900})
    act = Act(bench)
    ledger = act.dsp.ledger
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    later = now + datetime.timedelta(minutes=2)
    assert seen(act.update(GAS_NETWORK_A, ACB, MILLISECONDS, execution=later)) == Answered("I0")
    waiting = ledger.placement(EUI, NO)
    assert waiting is not None
    assert not waiting.confirmed
    outputs = bench.board.set_clock(later).outputs
    alerts = [act.dsp.receive(EUI, output) for output in outputs]
    assert [alert.alert_code for alert in alerts] == [AlertCode.FUTURE_DATED_SUCCESS]
    placed = ledger.placement(EUI, NO)
    assert placed is not None
    assert placed.confirmed
    assert {content.eui for _, content in ledger.cells(EUI)} == {ACB.eui}
    *_, message, told, last = ledger.trail.rows()
    assert (message.event, message.service) == ("alert", "6.15.1")
    assert (told.event, told.kind) == ("DCCAlert", "message")
    assert (last.event, last.detail) == ("8F66", f"alert to {GAS_NETWORK_A.name}")
    assert seen(act.hand_over(GAS_NETWORK_B)) == REPLACED


@pytest.mark.requirement("SMDA-1", "SMDA-2", "SMDA-4", "SMDA-5")
@pytest.mark.parametrize("device_type", ["esme", "gpf"])
@pytest.mark.parametrize(
    ("profile", "floor", "expected"),
    [
        ("P-FLOOR", None, DISCARDED),
        ("P-FLOOR", 0, REPLACED),
        ("P-KEEP", None, DISCARDED),
        ("P-KEEP", 0, DISCARDED),
        ("P-ZERO", None, REPLACED),
    ],
)
def test_what_an_incoming_operator_must_exceed(
    bench: Bench, device_type: str, profile: str, floor: int | None, expected: Answered
) -> None:
    """One procedure on an ESME and a GPF; a GSME has no such cells, as the next test tells."""
    operator = {"esme": ELECTRICITY_NETWORK_A, "gpf": GAS_NETWORK_B}[device_type]
    holders = {"esme": FACTORY["esme"], "gpf": HOLDERS}[device_type]
    bench.commission(device_type, EUI, holders, {NO: MILLISECONDS - 1}, profile)
    bench.register(SUPPLIER_A, operator)
    act = Act(bench)
    outgoing = holders[NO]
    assert seen(act.update(outgoing, operator, MILLISECONDS, floor=floor)) == REPLACED
    assert seen(act.update(operator, operator, 1_200)) == expected
    if expected == DISCARDED:
        holds = act.holds(sender=operator)
        assert isinstance(holds, Holds)
        assert seen(act.update(operator, operator, holds.counter + 1)) == REPLACED


@pytest.mark.requirement("SMDA-3", "SMDA-4", "MP128A-18")
def test_a_gsme_has_no_network_operators_counter_and_its_suppliers_floor_is_a_must(
    bench: Bench,
) -> None:
    bench.commission("gsme", EUI, HOLDERS, {SUPPLIER: MILLISECONDS})
    act = Act(bench)
    (role,) = act.read().credentials.roles
    assert (role.status, role.sequence_number) == (StatusCode.TRUST_ANCHOR_NOT_FOUND, None)
    bench.register(SUPPLIER_B, GAS_NETWORK_A)
    act.dsp.estate = replace(act.dsp.estate, registration=bench.registration)
    assert change_supplier(act, floor=500).replaced
    assert act.holds(SUPPLIER, SUPPLIER_B) == Holds(SUPPLIER_B.name, 500)


def change_supplier(act: Act, floor: int) -> Outcome:
    def certificate(usage: KeyUsage, cell: CellUsage = CellUsage.MANAGEMENT) -> bytes:
        return PKI.credential(SUPPLIER_B.eui, usage, cell).certificate

    certificates = ReplacementCertificates(
        certificate(KeyUsage.DIGITAL_SIGNATURE),
        certificate(KeyUsage.KEY_AGREEMENT),
        certificate(KeyUsage.KEY_AGREEMENT, CellUsage.PREPAYMENT_TOP_UP),
        AUTHORITY.path,
    )
    request = UpdateSecurityCredentialsCoS(
        id=act.next_id(SUPPLIER_B), certificates=certificates, floor=floor, prepayment_floor=0
    )
    return act.dsp.submit(request)


@pytest.mark.parametrize("device_type", ["esme", "gsme"])
def test_a_supplier_sets_prepayment_and_credit(bench: Bench, device_type: str) -> None:
    bench.commission(device_type, EUI, HOLDERS, {})
    act = Act(bench)
    user = User(SUPPLIER_A, PKI)
    for counter, prepayment, mode in ((1, Prepayment(-500), "prepayment"), (2, None, "credit")):
        request = UpdatePaymentMode(id=user.request_id(EUI, counter), prepayment=prepayment)
        outcome = user.ask(act.dsp, request)
        assert outcome.code.code == "I0"
        assert outcome.replaced is None
        payment = bench.board.state().payment
        assert payment is not None
        assert payment.mode == mode


@pytest.mark.requirement("DUIS-10")
@pytest.mark.parametrize(("device_type", "alert_code"), [("esme", 0x00CC), ("gsme", 0x00CD)])
def test_a_meter_tells_when_it_has_executed_a_dated_payment_mode(
    bench: Bench, device_type: str, alert_code: int
) -> None:
    bench.commission(device_type, EUI, HOLDERS, {})
    act = Act(bench)
    user = User(SUPPLIER_A, PKI)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    later = now + datetime.timedelta(minutes=2)
    request = UpdatePaymentMode(id=user.request_id(EUI, 7), execution=later)
    assert user.ask(act.dsp, request).code.code == "I0"
    (output,) = bench.board.set_clock(later).outputs
    assert parse(output).header.message_code == alert_code
    alert = act.dsp.receive(EUI, output)
    assert isinstance(alert, FutureDatedAlert)
    assert (alert.alert_code, alert.counter) == (AlertCode.FUTURE_DATED_SUCCESS, 7)
    *_, message, last = act.dsp.ledger.trail.rows(Filter(request_id=str(request.id)))
    assert (message.event, message.detail) == ("alert", output.hex())
    assert (last.event, last.detail) == ("8F66", f"alert to {SUPPLIER_A.name}")


Place = Callable[[Act, Party], Outcome]


def by_6_15_1(act: Act, brought: Party) -> Outcome:
    return act.update(SUPPLIER_A, brought, 10)


def by_6_21(act: Act, brought: Party) -> Outcome:
    return act.hand_over(brought)


@pytest.mark.requirement("S63-2", "S63-5", "S63-6", "S63-7", "S63-9", "S63-18")
@pytest.mark.parametrize(
    ("fixture", "place", "wrong", "code"),
    [
        (FACTORY_ESME, by_6_15_1, ELECTRICITY_NETWORK_B, "B0615NO"),
        (FACTORY_GPF, by_6_21, GAS_NETWORK_B, "B0621NO"),
    ],
)
def test_the_wrong_operators_certificate_reaches_a_factory_device_only_without_secmp0063(
    bench: Bench, fixture: Any, place: Place, wrong: Party, code: str
) -> None:
    for policy, expected in ((Policy(secmp0063=True), Answered(code)), (Policy(), REPLACED)):
        fixture.set_up(bench)
        act = Act(bench, policy, fixture.eui)
        assert seen(place(act, wrong)) == expected
        held = act.holds()
        assert isinstance(held, Holds)
        assert (held.owner == wrong.name) is (expected == REPLACED)


@pytest.mark.requirement("S63-3", "S63-10")
def test_with_h7_or_h9_the_wrong_operators_certificate_reaches_a_factory_esme(
    bench: Bench,
) -> None:
    right, wrong = ELECTRICITY_NETWORK_A, ELECTRICITY_NETWORK_B
    for counter, faults, brought, expected in (
        (10, (), wrong, Answered("B0615NO")),
        (11, (Fault.H7,), right, Answered("B0615NO")),
        (12, (Fault.H7,), wrong, REPLACED),
        (13, (Fault.H9,), wrong, REPLACED),
    ):
        FACTORY_ESME.set_up(bench)
        before = Registration(METER_POINT, datetime.date(2020, 1, 1), "SUPA", "EDNB")
        now = replace(before, start=datetime.date(2023, 5, 1), operator="EDNA")
        bench.registration = RegistrationData([before]).with_registration(now)
        policy = Policy(secmp0063=True, faults=frozenset(faults))
        act = Act(bench, policy, FACTORY_ESME.eui)
        assert seen(act.update(SUPPLIER_A, brought, counter)) == expected


@pytest.mark.requirement("S63-3", "S63-4", "S63-16", "S107-4")
def test_the_wrong_operator_repairs_the_device_and_the_right_one_cannot(bench: Bench) -> None:
    """The workaround: SMETS2+ judges by the certificate that it holds, also with SECMP0063."""
    wrong, right = ELECTRICITY_NETWORK_B, ELECTRICITY_NETWORK_A
    bench.commission("esme", EUI, {**HOLDERS, NO: wrong}, {})
    bench.register(SUPPLIER_A, right)
    act = Act(bench, Policy(secmp0063=True))
    assert seen(act.update(right, right, 10)) == DISCARDED
    assert seen(act.update(wrong, right, 11)) == REPLACED
    assert seen(act.update(wrong, right, 12)) == DISCARDED
    assert seen(act.update(right, right, 13)) == REPLACED
