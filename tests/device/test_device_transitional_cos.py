"""CS02b modes 6 and 7: the transitional CoS replaces its own cell, or a supplier (SRV 6.23)."""

from typing import Any

import pytest
from rig import Rig, after, provisioned

from gbcs_hil.gbcs.credential_responses import UpdateAlert
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import AlertCode, CredentialsReplacementMode, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    ROOT_CELL,
    TrustAnchorCell,
    digital_signing,
)
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    RECOVERY,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
    Party,
)
from head_end import (
    COS_BY_COS,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    holder,
    role_cells,
    signing,
    statuses,
)
from made_certificates import (
    renewed,
)

OK = StatusCode.SUCCESS
COS, SUPPLIER = Role.TRANSITIONAL_COS, Role.SUPPLIER
COS_CELL = digital_signing(COS)
DEVICE_TYPES = ("esme", "gpf", "gsme")
START = {COS: 6000, SUPPLIER: 1_700_000_000_000, Role.ACCESS_CONTROL_BROKER: 9, Role.RECOVERY: 8}


def own(rig: Rig, counter: int, **fields: Any) -> bytes:
    """Return mode 6 with a renewed certificate of the transitional CoS."""
    (new,) = renewed(TRANSITIONAL_COS)
    pairs = fields.pop("replacements", [(new.certificate, COS_CELL)])
    return rig.head_end.update(COS_BY_COS, counter, pairs, **fields)


def change_of_supplier(rig: Rig, counter: int, **fields: Any) -> bytes:
    """Return mode 7 by which Supplier B takes Supplier A's place."""
    pairs = fields.pop("replacements", certificates(SUPPLIER, SUPPLIER_B))
    return rig.head_end.update(SUPPLIER_BY_COS, counter, pairs, **fields)


def counters(rig: Rig) -> dict[Role, int]:
    return {role: rig.counter(role) for role in START}


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_the_transitional_cos_renews_its_own_cell(device_type: str) -> None:
    rig = provisioned(device_type, START)
    (new,) = renewed(TRANSITIONAL_COS)
    before = rig.contents()
    done = rig.outcome(own(rig, 6001))
    assert (done.sequence_number, done.mode, done.changes) == (6001, COS_BY_COS, ())
    (item,) = done.outcomes
    assert (item.cell, item.status) == (COS_CELL, OK)
    assert (item.existing_eui, item.existing_ski) == (TRANSITIONAL_COS.eui, holder(COS_CELL).ski)
    assert (item.replacing_eui, item.replacing_ski) == (TRANSITIONAL_COS.eui, new.ski)
    assert rig.contents() == before | {COS_CELL: (TRANSITIONAL_COS.eui, new.public_key)}
    assert counters(rig) == START | {COS: 6001}
    # Only the new key commands from now on.
    assert rig.refuse(own(rig, 6002)) == "bad-signature"
    rig.restart()
    rig.accept(own(rig, 6002, signer=new))


def test_a_floor_in_mode_6_is_the_transitional_cos_own() -> None:
    rig = provisioned("esme", START)
    done = rig.outcome(own(rig, 6001, floor=5))
    assert done.changes == (SequenceNumberChange(COS, 5),)
    assert counters(rig) == START | {COS: 5}


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_a_change_of_supplier_moves_both_counters(device_type: str) -> None:
    rig = provisioned(device_type, START, prepayment_floor=2**40)
    before = rig.contents()
    change = SequenceNumberChange(SUPPLIER, 1000, 77)
    done = rig.outcome(change_of_supplier(rig, 6001, other_floors=[change]))
    assert (done.sequence_number, done.mode, done.changes) == (6001, SUPPLIER_BY_COS, (change,))
    assert statuses(done) == [OK] * 3
    assert [item.cell for item in done.outcomes] == list(role_cells(SUPPLIER))
    assert {item.existing_eui for item in done.outcomes} == {SUPPLIER_A.eui}
    assert {item.replacing_eui for item in done.outcomes} == {SUPPLIER_B.eui}
    changed = {cell: rig.contents()[cell] for cell in role_cells(SUPPLIER)}
    assert {eui for eui, _ in changed.values()} == {SUPPLIER_B.eui}
    assert rig.contents() == before | changed
    assert counters(rig) == START | {COS: 6001, SUPPLIER: 1000}
    assert rig.state.prepayment_floor == 77
    rig.restart()
    # The new supplier goes on from its own floor, the old one is out.
    renewal = certificates(SUPPLIER, SUPPLIER_B)
    by_old = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 2**62, renewal)
    assert rig.refuse(by_old) == "not-authorised"
    for counter, verdict in ((1000, "replay"), (1001, "accepted")):
        command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, counter, renewal, owner=SUPPLIER_B)
        assert rig.deliver(command).verdict == verdict


def test_without_other_floors_the_suppliers_counter_stays() -> None:
    rig = provisioned("esme", START, prepayment_floor=2**40)
    done = rig.outcome(change_of_supplier(rig, 6001))
    assert (statuses(done), done.changes) == ([OK] * 3, ())
    assert counters(rig) == START | {COS: 6001}
    assert rig.state.prepayment_floor == 2**40


def test_a_suppliers_floor_alone_leaves_the_prepayment_floor() -> None:
    rig = provisioned("esme", START, prepayment_floor=2**40)
    rig.outcome(change_of_supplier(rig, 6001, other_floors=[SequenceNumberChange(SUPPLIER, 0)]))
    assert counters(rig) == START | {COS: 6001, SUPPLIER: 0}
    assert rig.state.prepayment_floor == 2**40


def test_a_floor_in_mode_7_is_the_transitional_cos_own() -> None:
    rig = provisioned("esme", START)
    change = SequenceNumberChange(SUPPLIER, 1000)
    done = rig.outcome(change_of_supplier(rig, 6001, floor=5, other_floors=[change]))
    assert done.changes == (SequenceNumberChange(COS, 5), change)
    assert counters(rig) == START | {COS: 5, SUPPLIER: 1000}


MODES = {COS_BY_COS: own, SUPPLIER_BY_COS: change_of_supplier}


@pytest.mark.parametrize("mode", MODES)
def test_the_counter_that_counts_is_the_transitional_cos(mode: CredentialsReplacementMode) -> None:
    rig = provisioned("esme", START)
    for counter in (0, 5999, 6000):
        assert rig.refuse(MODES[mode](rig, counter)) == "replay"
    rig.accept(MODES[mode](rig, 6001))


def test_both_modes_share_the_counter() -> None:
    rig = provisioned("esme", START)
    rig.accept(change_of_supplier(rig, 6001))
    assert rig.refuse(own(rig, 6001)) == "replay"
    rig.accept(own(rig, 6002))
    (new,) = renewed(TRANSITIONAL_COS)
    assert rig.refuse(change_of_supplier(rig, 6002, signer=new)) == "replay"


def test_a_change_of_supplier_is_not_replayed() -> None:
    rig = provisioned("esme", START)
    command = change_of_supplier(rig, 6001, other_floors=[SequenceNumberChange(SUPPLIER, 0)])
    rig.accept(command)
    assert rig.refuse(command) == "replay"
    rig.restart()
    assert rig.refuse(command) == "replay"


@pytest.mark.parametrize("mode", MODES)
def test_both_modes_need_signature_and_mac(mode: CredentialsReplacementMode) -> None:
    rig = provisioned("esme", START)
    command = parse(MODES[mode](rig, 6001))
    plain = command.pre_command
    assert rig.refuse(command.protected(command.signature, None).encode()) == "bad-mac"
    assert rig.refuse(rig.head_end.protect(plain)) == "bad-signature"
    assert rig.refuse(command.encode()[:-1] + bytes([command.encode()[-1] ^ 1])) == "bad-mac"
    rig.accept(command.encode())


@pytest.mark.parametrize(
    "party", [SUPPLIER_A, SUPPLIER_B, GAS_NETWORK_A, ACB, RECOVERY], ids=lambda p: p.name
)
@pytest.mark.parametrize("mode", MODES)
def test_nobody_else_signs(mode: CredentialsReplacementMode, party: Party) -> None:
    rig = provisioned("esme", START)
    assert rig.refuse(MODES[mode](rig, 6001, signer=signing(party))) == "bad-signature"
    assert rig.refuse(MODES[mode](rig, 6001, owner=party)) == "not-authorised"
    assert rig.refuse(MODES[mode](rig, 6001, originator=party.eui)) == "not-authorised"


CELLS: dict[CredentialsReplacementMode, tuple[TrustAnchorCell, ...]] = {
    COS_BY_COS: (COS_CELL,),
    SUPPLIER_BY_COS: role_cells(SUPPLIER),
}


@pytest.mark.parametrize(
    ("mode", "cell"),
    [
        (mode, cell)
        for mode, cells in CELLS.items()
        for cell in (
            ROOT_CELL,
            digital_signing(Role.RECOVERY),
            *role_cells(Role.NETWORK_OPERATOR),
            ACB_KEY_AGREEMENT,
            COS_CELL,
            *role_cells(SUPPLIER),
            digital_signing(Role.WAN_PROVIDER),
        )
        if cell not in cells
    ],
    ids=str,
)
def test_a_mode_replaces_no_cell_but_its_own(
    mode: CredentialsReplacementMode, cell: TrustAnchorCell
) -> None:
    rig = provisioned("esme", START)
    party = TRANSITIONAL_COS if mode is COS_BY_COS else SUPPLIER_B
    good = certificates(CELLS[mode][0].role, party)
    outside = (signing(SUPPLIER_B).certificate, cell)
    command = MODES[mode](rig, 6001, replacements=[*good, outside])
    assert rig.refuse(command) == "not-authorised"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("mode", MODES)
def test_other_floors_are_for_the_modes_roles(
    mode: CredentialsReplacementMode, role: Role
) -> None:
    rig = provisioned("esme", START)
    command = MODES[mode](rig, 6001, other_floors=[SequenceNumberChange(role, 1)])
    if role is COS or (role is SUPPLIER and mode is SUPPLIER_BY_COS):
        rig.accept(command)
        assert rig.counter(role) == 1
    else:
        assert rig.refuse(command) == "not-authorised"


@pytest.mark.parametrize("mode", MODES)
def test_a_prepayment_floor_of_ones_own_is_a_suppliers_alone(
    mode: CredentialsReplacementMode,
) -> None:
    rig = provisioned("esme", START)
    assert rig.refuse(MODES[mode](rig, 6001, prepayment_floor=1)) == "not-authorised"
    assert rig.refuse(MODES[mode](rig, 6001, floor=1, prepayment_floor=1)) == "not-authorised"


def test_a_certificate_of_another_role_fails() -> None:
    rig = provisioned("esme", START)
    pair = (signing(ACB).certificate, COS_CELL)
    assert statuses(rig.outcome(own(rig, 6001, replacements=[pair]))) == [
        StatusCode.BAD_CERTIFICATE
    ]
    # The Access Control Broker may stand in for a supplier, whoever puts it there.
    broker = certificates(SUPPLIER, ACB)
    assert statuses(rig.outcome(change_of_supplier(rig, 6002, replacements=broker))) == [OK] * 3
    assert rig.in_cell(role_cells(SUPPLIER)[2]) == (ACB.eui, agreement(ACB).public_key)


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_a_change_of_supplier_waits_for_its_date(device_type: str) -> None:
    rig = provisioned(device_type, START)
    change = SequenceNumberChange(SUPPLIER, 1000, 77)
    command = change_of_supplier(rig, 6001, other_floors=[change], execution=after(3600))
    answer = rig.head_end.response(command, rig.accept(command), rig.now)
    assert answer.payload == bytes.fromhex("30020500")
    # The floor belongs to the execution; in between the old supplier is still the supplier.
    assert counters(rig) == START | {COS: 6001}
    last = START[SUPPLIER]
    renewal = certificates(SUPPLIER, SUPPLIER_A)
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, last + 1, renewal))
    rig.restart()
    (output,) = rig.tick(after(3600))
    payload = rig.head_end.alert(output, 0x00CB, TRANSITIONAL_COS.eui, 2000)
    said = UpdateAlert.decode(payload)
    assert (said.alert_code, said.execution) == (AlertCode.FUTURE_DATED_SUCCESS, after(3600))
    assert (said.outcome.sequence_number, said.outcome.changes) == (6001, (change,))
    assert statuses(said.outcome) == [OK] * 3
    assert counters(rig) == START | {COS: 6001, SUPPLIER: 1000}
    assert rig.in_cell(role_cells(SUPPLIER)[0])[0] == SUPPLIER_B.eui


def test_a_waiting_change_of_supplier_is_cancelled_without_its_floors() -> None:
    """The reference cancellation leaves [6] out."""
    rig = provisioned("esme", START)
    change = SequenceNumberChange(SUPPLIER, 1000)
    rig.accept(change_of_supplier(rig, 6001, other_floors=[change], execution=after(3600)))
    rig.accept(change_of_supplier(rig, 6002, execution=CANCEL))
    assert rig.state.pending == {}
    assert rig.tick(after(7200)) == []
    assert counters(rig) == START | {COS: 6002}
    assert rig.in_cell(role_cells(SUPPLIER)[0])[0] == SUPPLIER_A.eui
