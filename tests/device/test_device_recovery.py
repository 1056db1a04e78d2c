"""CS02b mode 8: the recovery party replaces any cell, by its signature alone."""

from collections.abc import Sequence
from typing import Any

import pytest
from rig import Rig, after, provisioned

from gbcs_hil.gbcs.credential_responses import UpdateAlert
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import AlertCode, CellUsage, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    ROOT_CELL,
    TrustAnchorCell,
    digital_signing,
)
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    RECOVERY,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
    Party,
)
from head_end import (
    AUTHORITY,
    BY_RECOVERY,
    HeadEnd,
    agreement,
    certificates,
    holder,
    role_cells,
    signing,
    statuses,
)
from made_certificates import (
    recovered,
)

OK, BAD = StatusCode.SUCCESS, StatusCode.BAD_CERTIFICATE
NOT_FOUND = StatusCode.TRUST_ANCHOR_NOT_FOUND
RECOVERY_CELL = digital_signing(Role.RECOVERY)
DEVICE_TYPES = ("esme", "gpf", "gsme")
START = {role: 100 * role + 7 for role in Role if role <= Role.TRANSITIONAL_COS}


def start(device_type: str) -> dict[Role, int]:
    gone = () if device_type != "gsme" else (Role.NETWORK_OPERATOR,)
    return {role: counter for role, counter in START.items() if role not in gone}


def recovery(rig: Rig, counter: int, pairs: Sequence[Any], **fields: Any) -> bytes:
    return rig.head_end.update(BY_RECOVERY, counter, pairs, **fields)


def handover(rig: Rig, counter: int, **fields: Any) -> bytes:
    return recovery(rig, counter, certificates(Role.SUPPLIER, SUPPLIER_B), **fields)


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_every_cell_is_replaced_by_one_command(device_type: str) -> None:
    rig = provisioned(device_type, start(device_type))
    new = recovered(device_type)
    floors = [
        SequenceNumberChange(role, 50 + role, 60 if role is Role.SUPPLIER else None)
        for role in start(device_type)
        if role not in (Role.ROOT, Role.RECOVERY)
    ]
    command = recovery(
        rig,
        7000,
        [(item.certificate, item.cell) for item in new],
        floor=40,
        other_floors=floors,
        apply_time_checks=False,
    )
    assert parse(command).mac is None
    done = rig.outcome(command)
    assert (done.sequence_number, done.mode) == (7000, BY_RECOVERY)
    assert done.changes == (SequenceNumberChange(Role.RECOVERY, 40), *floors)
    assert [item.cell for item in done.outcomes] == [item.cell for item in new]
    assert set(statuses(done)) == {OK}
    for item, credential in zip(done.outcomes, new, strict=True):
        old = holder(item.cell)
        assert (item.existing_eui, item.existing_ski) == (old.eui, old.ski)
        assert (item.replacing_eui, item.replacing_ski) == (credential.eui, credential.ski)
    root = {ROOT_CELL: (bytes(8), AUTHORITY.root.public_key)}
    rig.restart()
    assert rig.contents() == root | {item.cell: (item.eui, item.public_key) for item in new}
    told = {role: rig.counter(role) for role in start(device_type)}
    assert told == {Role.ROOT: START[Role.ROOT], Role.RECOVERY: 40} | {
        change.role: change.floor for change in floors
    }
    assert rig.state.prepayment_floor == 60


def test_what_recovery_put_there_commands_from_then_on() -> None:
    rig = provisioned("esme", START)
    new = recovered("esme")
    rig.accept(recovery(rig, 7000, [(item.certificate, item.cell) for item in new]))
    by_cell = {item.cell: item for item in new}
    old_read = rig.head_end.read(1, Role.SUPPLIER)
    assert rig.refuse(old_read) == "bad-mac"
    assert rig.refuse(handover(rig, 7001)) == "bad-signature"
    rig.head_end = HeadEnd(
        rig.head_end.eui,
        rig.head_end.signing_key,
        rig.head_end.agreement_key,
        by_cell[ACB_KEY_AGREEMENT],
    )
    read = rig.head_end.read(1, Role.SUPPLIER)
    rig.head_end.response(read, rig.accept(read), None)
    rig.accept(handover(rig, 7001, signer=by_cell[RECOVERY_CELL]))


def test_only_the_named_cells_are_replaced_and_only_recoverys_counter_moves() -> None:
    rig = provisioned("esme", START)
    before = rig.contents()
    cell = digital_signing(Role.TRANSITIONAL_COS)
    (new,) = (item for item in recovered("esme") if item.cell == cell)
    done = rig.outcome(recovery(rig, 7000, [(new.certificate, cell)]))
    assert (statuses(done), done.changes) == ([OK], ())
    assert rig.contents() == before | {cell: (new.eui, new.public_key)}
    told = {role: rig.counter(role) for role in START}
    assert told == START | {Role.RECOVERY: 7000}


def test_a_cell_that_the_device_lacks_fails_alone() -> None:
    rig = provisioned("gsme", start("gsme"))
    network = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    wan = (signing(SUPPLIER_B).certificate, digital_signing(Role.WAN_PROVIDER))
    supplier = certificates(Role.SUPPLIER, SUPPLIER_B)
    done = rig.outcome(recovery(rig, 7000, [*network, wan, *supplier]))
    assert statuses(done) == [NOT_FOUND] * 3 + [OK] * 3
    for item in done.outcomes[:3]:
        assert (item.existing_eui, item.existing_ski) == (bytes(8), bytes(8))
        assert (item.replacing_eui, item.replacing_ski) == (bytes(8), bytes(8))
    assert [item.cell for item in done.outcomes[:2]] == list(role_cells(Role.NETWORK_OPERATOR))
    rig.restart()
    assert rig.in_cell(role_cells(Role.SUPPLIER)[0])[0] == SUPPLIER_B.eui


def test_the_broker_may_stand_in_after_a_recovery() -> None:
    """How the DCC leaves a recovered device: its own certificates where the users' were."""
    rig = provisioned("gpf", START)
    pairs = [pair for role in (2, 3) for pair in certificates(Role(role), ACB)]
    assert statuses(rig.outcome(recovery(rig, 7000, pairs))) == [OK] * 5
    broker = (agreement(ACB).public_key, signing(ACB).public_key)
    for _, cell in pairs:
        assert rig.in_cell(cell)[1] in broker
        assert rig.in_cell(cell)[0] == ACB.eui


@pytest.mark.parametrize(
    ("party", "cell"),
    [
        (ACB, RECOVERY_CELL),
        (ACB, digital_signing(Role.TRANSITIONAL_COS)),
        (SUPPLIER_A, RECOVERY_CELL),
        (SUPPLIER_A, role_cells(Role.NETWORK_OPERATOR)[0]),
        (RECOVERY, role_cells(Role.SUPPLIER)[0]),
        (GAS_NETWORK_A, ACB_KEY_AGREEMENT),
    ],
    ids=str,
)
def test_a_certificate_of_another_role_fails(party: Party, cell: TrustAnchorCell) -> None:
    rig = provisioned("esme", START)
    before = rig.contents()
    usages = {held.key_usage: held for held in (signing(party), _agreement_of(party)) if held}
    certificate = usages[cell.key_usage].certificate
    assert statuses(rig.outcome(recovery(rig, 7000, [(certificate, cell)]))) == [BAD]
    assert rig.contents() == before


def _agreement_of(party: Party) -> Credential | None:
    return None if party is RECOVERY else agreement(party)


# -- protection ----------------------------------------------------------------------------


def test_recovery_signs_and_brings_no_mac() -> None:
    rig = provisioned("esme", START)
    command = parse(handover(rig, 7000))
    assert rig.refuse(rig.head_end.remac(command)) == "bad-mac"
    unsigned = command.protected(b"", None)
    assert rig.refuse(unsigned.encode()) == "bad-signature"
    assert rig.refuse(rig.head_end.remac(unsigned)) == "bad-mac"
    rig.accept(command.encode())


@pytest.mark.parametrize(
    "party", [SUPPLIER_A, GAS_NETWORK_A, ACB, TRANSITIONAL_COS], ids=lambda p: p.name
)
def test_nobody_else_signs(party: Party) -> None:
    rig = provisioned("esme", START)
    assert rig.refuse(handover(rig, 7000, signer=signing(party))) == "bad-signature"
    assert rig.refuse(handover(rig, 7000, owner=party)) == "not-authorised"
    assert rig.refuse(handover(rig, 7000, originator=party.eui)) == "not-authorised"


@pytest.mark.parametrize(
    "cell", [None, ROOT_CELL, *role_cells(Role.SUPPLIER), ACB_KEY_AGREEMENT], ids=str
)
def test_the_command_names_recoverys_cell(cell: TrustAnchorCell | None) -> None:
    rig = provisioned("esme", START)
    assert rig.refuse(handover(rig, 7000, authorising_cell=cell)) == "not-authorised"


def test_recovery_has_a_counter_of_its_own() -> None:
    rig = provisioned("esme", START)
    last = START[Role.RECOVERY]
    for counter in (0, last - 1, last):
        assert rig.refuse(handover(rig, counter)) == "replay"
    command = handover(rig, last + 1)
    rig.accept(command)
    rig.restart()
    assert rig.refuse(command) == "replay"


@pytest.mark.parametrize("role", [role for role in Role if role > Role.TRANSITIONAL_COS], ids=str)
def test_floors_are_for_roles_of_the_device(role: Role) -> None:
    rig = provisioned("esme", START)
    change = SequenceNumberChange(role, 1)
    assert rig.refuse(handover(rig, 7000, other_floors=[change])) == "not-authorised"


def test_a_prepayment_floor_of_ones_own_is_a_suppliers_alone() -> None:
    rig = provisioned("esme", START)
    assert rig.refuse(handover(rig, 7000, floor=1, prepayment_floor=1)) == "not-authorised"


# -- later ---------------------------------------------------------------------------------


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_a_recovery_waits_for_its_date(device_type: str) -> None:
    rig = provisioned(device_type, start(device_type))
    command = handover(rig, 7000, execution=after(60))
    answer = rig.head_end.response(command, rig.accept(command), rig.now)
    assert answer.payload == bytes.fromhex("30020500")
    rig.restart()
    (output,) = rig.tick(after(60))
    said = UpdateAlert.decode(rig.head_end.alert(output, 0x00CB, RECOVERY.eui, 2000))
    assert said.alert_code is AlertCode.FUTURE_DATED_SUCCESS
    assert (statuses(said.outcome), said.outcome.mode) == ([OK] * 3, BY_RECOVERY)
    top_up = next(
        cell
        for cell in role_cells(Role.SUPPLIER)
        if cell.cell_usage is CellUsage.PREPAYMENT_TOP_UP
    )
    assert rig.in_cell(top_up)[0] == SUPPLIER_B.eui


def test_a_waiting_recovery_is_cancelled() -> None:
    rig = provisioned("esme", START)
    rig.accept(handover(rig, 7000, execution=after(60)))
    rig.accept(handover(rig, 7001, execution=CANCEL))
    assert rig.tick(after(60)) == []
    assert rig.in_cell(role_cells(Role.SUPPLIER)[0])[0] == SUPPLIER_A.eui
