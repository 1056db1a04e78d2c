"""ECS02, ECS03, GCS02 and GCS03: credit or prepayment, at once or at a date (SRV 1.6)."""

import pytest
from payment_messages import KINDS, OTHERS, Kind, payment
from rig import Rig, after, provisioned

from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.payment_mode import Prepayment
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    RECOVERY,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
    Party,
)
from head_end import SUPPLIER_BY_SUPPLIER, certificates, signing

LATER = after(3600)
LAST = 1000


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kind(name: str) -> Kind:
    return KINDS[name]


@pytest.fixture
def other(name: str) -> Kind:
    return OTHERS[name]


@pytest.fixture
def rig(kind: Kind, other: Kind) -> Rig:
    """A device in the mode that the command under test does not set."""
    rig = provisioned(kind.device_type, {Role.SUPPLIER: LAST - 1})
    other.accept(rig, LAST)
    assert payment(rig) == other.payment
    return rig


def test_a_mode_is_set_at_once(rig: Rig, kind: Kind) -> None:
    before = rig.contents()
    kind.accept(rig, 1002)
    assert payment(rig) == kind.payment
    rig.restart()
    assert payment(rig) == kind.payment
    assert rig.counter(Role.SUPPLIER) == 1002
    assert (rig.contents(), rig.state.pending) == (before, {})
    assert rig.state.originator_counter == 1999


@pytest.mark.parametrize("late", [0, 1, 10**6])
def test_a_mode_is_set_at_its_date(rig: Rig, kind: Kind, other: Kind, late: int) -> None:
    kind.accept(rig, 1002, LATER)
    rig.restart()
    assert payment(rig) == other.payment
    assert rig.tick(after(3599)) == []
    assert payment(rig) == other.payment
    outputs = rig.tick(after(3600 + late))
    expected = kind.alerts(1002, LATER, 2000)
    assert len(outputs) == len(expected)
    for number, (output, (code, payload)) in enumerate(zip(outputs, expected, strict=True)):
        assert rig.head_end.alert(output, code, SUPPLIER_A.eui, 2000 + number) == payload
    rig.restart()
    assert payment(rig) == kind.payment
    assert rig.state.originator_counter == 1999 + len(expected)
    assert rig.tick(after(10**8)) == []


def test_ecs03_alone_has_two_alerts() -> None:
    found = {name: len(kind.alerts(1, LATER, 1)) for name, kind in KINDS.items()}
    assert found == {"ECS02": 1, "ECS03": 2, "GCS02": 1, "GCS03": 1}


def test_the_invoke_ids_of_alerts_are_the_low_bits_of_their_counters() -> None:
    for first in (2**24 - 2, 2**32 - 2, 2**63 - 1):
        kind = KINDS["ECS03"]
        rig = provisioned("esme", originator_counter=first)
        kind.accept(rig, 1, LATER)
        outputs = rig.tick(LATER)
        expected = kind.alerts(1, LATER, first + 1)
        for number, (output, (code, payload)) in enumerate(zip(outputs, expected, strict=True)):
            told = rig.head_end.alert(output, code, SUPPLIER_A.eui, first + 1 + number)
            assert told == payload


def test_a_waiting_command_is_cancelled(rig: Rig, kind: Kind, other: Kind) -> None:
    kind.accept(rig, 1002, LATER)
    assert list(rig.state.pending) == [(kind.code, SUPPLIER_A.eui)]
    kind.cancel(rig, 1003)
    assert rig.state.pending == {}
    rig.restart()
    assert rig.tick(after(10**8)) == []
    assert payment(rig) == other.payment
    assert rig.counter(Role.SUPPLIER) == 1003


def test_cancelling_is_for_the_same_use_case(rig: Rig, kind: Kind, other: Kind) -> None:
    kind.accept(rig, 1002, LATER)
    other.cancel(rig, 1003)
    assert list(rig.state.pending) == [(kind.code, SUPPLIER_A.eui)]
    assert len(rig.tick(LATER)) == len(kind.activated)
    assert payment(rig) == kind.payment


def test_cancelling_where_nothing_waits_is_accepted(rig: Rig, kind: Kind, other: Kind) -> None:
    kind.cancel(rig, 1002)
    assert payment(rig) == other.payment


def test_a_later_command_takes_its_place(rig: Rig, kind: Kind) -> None:
    kind.accept(rig, 1002, LATER)
    kind.accept(rig, 1003, after(7200))
    assert rig.tick(LATER) == []
    outputs = rig.tick(after(7200))
    (code, payload), *_ = kind.alerts(1003, after(7200), 2000)
    assert rig.head_end.alert(outputs[0], code, SUPPLIER_A.eui, 2000) == payload


def test_a_command_at_once_leaves_the_one_that_waits(rig: Rig, kind: Kind) -> None:
    kind.accept(rig, 1002, LATER)
    kind.accept(rig, 1003)
    assert list(rig.state.pending) == [(kind.code, SUPPLIER_A.eui)]


def test_credit_and_prepayment_execute_in_the_order_of_their_dates(
    rig: Rig, kind: Kind, other: Kind
) -> None:
    kind.accept(rig, 1002, after(20))
    other.accept(rig, 1003, after(10))
    rig.tick(after(10))
    assert payment(rig) == other.payment
    rig.tick(after(20))
    assert payment(rig) == kind.payment


def test_a_date_that_has_passed_means_now(rig: Rig, kind: Kind) -> None:
    kind.accept(rig, 1002, after(-1))
    assert (payment(rig), rig.state.pending) == (kind.payment, {})


def test_a_mode_that_waits_and_credentials_that_wait_do_not_meet(rig: Rig, kind: Kind) -> None:
    kind.accept(rig, 1002, LATER)
    pairs = certificates(Role.SUPPLIER, SUPPLIER_B)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 1003, pairs, execution=LATER))
    assert len(rig.tick(LATER)) == len(kind.activated) + 1
    assert payment(rig) == kind.payment
    assert rig.state.pending == {}


# -- thresholds ----------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0, 1, -1, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("code", ["ECS03", "GCS03"])
def test_every_threshold_is_kept(code: str, threshold: int) -> None:
    kind = KINDS[code]
    rig = provisioned(kind.device_type)
    rig.accept(kind.command(rig, 1, prepayment=Prepayment(threshold)))
    rig.restart()
    mode, _, configuration = kind.payment
    assert payment(rig) == (mode, threshold, configuration)


@pytest.mark.parametrize(("code", "configuration"), [("ECS03", 15), ("GCS03", 0x0097)])
def test_what_else_prepayment_says_is_kept(code: str, configuration: int) -> None:
    kind = KINDS[code]
    rig = provisioned(kind.device_type)
    suspended = Prepayment(5, suspend_debt_emergency=True)
    rig.accept(kind.command(rig, 1, prepayment=suspended))
    assert payment(rig) == (kind.payment[0], 5, configuration)


# -- who, and what counts ------------------------------------------------------------------


def test_both_protections_are_needed(rig: Rig, kind: Kind, other: Kind) -> None:
    command = parse(kind.command(rig, 1002))
    assert rig.refuse(command.protected(command.signature, None).encode()) == "bad-mac"
    assert rig.refuse(rig.head_end.protect(command.pre_command)) == "bad-signature"
    assert rig.refuse(command.protected(b"", None).encode()) == "bad-mac"
    assert rig.refuse(command.encode()[:-1] + b"\0") == "bad-mac"
    assert payment(rig) == other.payment


@pytest.mark.parametrize(
    "party",
    [SUPPLIER_B, GAS_NETWORK_A, ACB, RECOVERY, TRANSITIONAL_COS],
    ids=lambda party: party.name,
)
def test_nobody_but_the_supplier_sets_it(rig: Rig, kind: Kind, party: Party) -> None:
    message = kind.message(1002)
    by_other = rig.head_end.protect(message, signing(party))
    assert rig.refuse(by_other) == "bad-signature"
    header = rig.head_end.unprotected(kind.code, party.eui, 1002, message.payload)
    assert rig.refuse(rig.head_end.protect(header, signing(SUPPLIER_A))) == "not-authorised"


def test_the_suppliers_counter_counts(rig: Rig, kind: Kind) -> None:
    for counter in (0, LAST - 1, LAST):
        assert rig.refuse(kind.command(rig, counter)) == "replay"
    command = kind.command(rig, LAST + 1)
    rig.accept(command)
    assert rig.refuse(command) == "replay"
    pairs = certificates(Role.SUPPLIER, SUPPLIER_A)
    assert rig.refuse(rig.head_end.update(SUPPLIER_BY_SUPPLIER, LAST + 1, pairs)) == "replay"
    rig.restart()
    assert rig.refuse(command) == "replay"


def test_a_command_that_waits_is_not_replayed(rig: Rig, kind: Kind) -> None:
    command = kind.command(rig, 1002, LATER)
    rig.accept(command)
    assert rig.refuse(command) == "replay"
    rig.tick(LATER)
    rig.restart()
    assert rig.refuse(command) == "replay"


@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_other_devices_do_not_have_it(name: str, device_type: str) -> None:
    kind = KINDS[name]
    rig = provisioned(device_type)
    before = payment(rig)
    if device_type == kind.device_type:
        kind.accept(rig, 1)
        assert payment(rig) == kind.payment
    else:
        assert rig.refuse(kind.command(rig, 1)) == "unsupported"
        assert payment(rig) == before


def test_a_new_suppliers_word_counts(rig: Rig, kind: Kind) -> None:
    pairs = certificates(Role.SUPPLIER, SUPPLIER_B)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 1002, pairs, floor=0))
    assert rig.refuse(kind.command(rig, 1003)) == "not-authorised"
    message = kind.message(1)
    changed = rig.head_end.unprotected(kind.code, SUPPLIER_B.eui, 1, message.payload)
    rig.accept(rig.head_end.protect(changed, signing(SUPPLIER_B)))
    assert payment(rig) == kind.payment
