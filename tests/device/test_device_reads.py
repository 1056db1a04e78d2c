"""CS02a: the device tells what stands in its cells and counters, and changes nothing by it."""

import pytest
from rig import Rig, provisioned

from gbcs_hil.bench.start_state import cells_of
from gbcs_hil.gbcs.credential_responses import CellContent, ReadResponse, RoleCredentials
from gbcs_hil.gbcs.message import pre_command
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.gbcs.security import verify_signature
from gbcs_hil.gbcs.security_credentials import ReadCredentials
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    TrustAnchorCell,
    digital_signing,
    key_agreement,
)
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, SUPPLIER_A, TRANSITIONAL_COS
from head_end import AUTHORITY, EUI, HeadEnd, holder, role_cells, signing

COUNTERS = {role: 1000 + role for role in Role if role <= Role.TRANSITIONAL_COS}
EVERY_ROLE = tuple(Role)


def read(rig: Rig, *roles: Role, counter: int = 1) -> tuple[RoleCredentials, ...]:
    command = rig.head_end.read(counter, *roles)
    answer = rig.head_end.response(command, rig.accept(command), None)
    return ReadResponse.decode(answer.payload).roles


def expected(device_type: str, role: Role) -> RoleCredentials:
    cells = [cell for cell in cells_of(device_type) if cell.role is role]
    if not cells:
        return RoleCredentials(role, StatusCode.TRUST_ANCHOR_NOT_FOUND, None, ())
    return RoleCredentials(
        role,
        StatusCode.SUCCESS,
        COUNTERS[role],
        tuple(CellContent(cell, holder(cell).eui, holder(cell).ski) for cell in cells),
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_a_role_is_told_with_its_counter_and_cells(device_type: str, role: Role) -> None:
    counters = dict(COUNTERS)
    if device_type == "gsme":
        del counters[Role.NETWORK_OPERATOR]
    assert read(provisioned(device_type, counters), role) == (expected(device_type, role),)


def test_only_a_gsme_has_no_network_operator() -> None:
    found = {
        device_type: read(provisioned(device_type), Role.NETWORK_OPERATOR)[0].status
        for device_type in ("esme", "gpf", "gsme")
    }
    assert found == {
        "esme": StatusCode.SUCCESS,
        "gpf": StatusCode.SUCCESS,
        "gsme": StatusCode.TRUST_ANCHOR_NOT_FOUND,
    }


def test_roles_are_told_in_the_order_of_the_command_and_as_often() -> None:
    asked = (*reversed(EVERY_ROLE), Role.SUPPLIER, Role.WAN_PROVIDER, Role.SUPPLIER)[:16]
    told = read(provisioned("gpf", COUNTERS), *asked)
    assert told == tuple(expected("gpf", role) for role in asked)


def test_nothing_asked_is_nothing_told() -> None:
    assert read(provisioned()) == ()


def test_the_root_has_no_unique_identifier() -> None:
    (root,) = read(provisioned(), Role.ROOT)
    assert [(cell.eui, cell.ski) for cell in root.cells] == [(bytes(8), AUTHORITY.root.ski)]


@pytest.mark.parametrize("number", [1, 2**31, 2**32, 2**53, 2**63 - 1])
def test_the_largest_counters_are_told_exactly(number: int) -> None:
    rig = provisioned("gpf", {Role.NETWORK_OPERATOR: number, Role.SUPPLIER: number - 1})
    told = read(rig, Role.NETWORK_OPERATOR, Role.SUPPLIER)
    assert [role.sequence_number for role in told] == [number, number - 1]


@pytest.mark.parametrize("counter", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_the_command_may_have_any_counter(counter: int) -> None:
    assert read(provisioned(), Role.SUPPLIER, counter=counter)


def test_a_read_changes_nothing() -> None:
    rig = provisioned(counters={Role.ACCESS_CONTROL_BROKER: 1300})
    before = dict(rig.medium.files)
    # Not protected against replay: the reference vectors show the ACB's counter as it was.
    for counter in (1302, 1302, 1):
        assert read(rig, Role.ACCESS_CONTROL_BROKER, counter=counter)[0].sequence_number == 1300
    assert rig.medium.files == before


def signed_read(
    rig: Rig, cell: TrustAnchorCell, *, mac: bool = False, signed: bool = True
) -> bytes:
    parties = {Role.TRANSITIONAL_COS: TRANSITIONAL_COS, Role.SUPPLIER: SUPPLIER_A}
    parties |= {Role.NETWORK_OPERATOR: GAS_NETWORK_A, Role.ACCESS_CONTROL_BROKER: ACB}
    party = parties[cell.role]
    payload = ReadCredentials(cell, (Role.SUPPLIER,)).encode()
    message = pre_command(0x0008, party.eui, EUI, 77, payload)
    if not signed:
        return rig.head_end.protect(message, mac=mac)
    return rig.head_end.protect(message, signing(party), mac=mac)


COS = digital_signing(Role.TRANSITIONAL_COS)


def test_the_transitional_cos_reads_with_a_signature_and_gets_one() -> None:
    rig = provisioned("esme", COUNTERS)
    command = signed_read(rig, COS)
    answer = rig.head_end.response(command, rig.accept(command), None)
    verify_signature(answer, rig.head_end.signing_key)
    assert ReadResponse.decode(answer.payload).roles == (expected("esme", Role.SUPPLIER),)


@pytest.mark.parametrize(
    "cell",
    [
        digital_signing(Role.SUPPLIER),
        digital_signing(Role.NETWORK_OPERATOR),
        key_agreement(Role.SUPPLIER),
        digital_signing(Role.ACCESS_CONTROL_BROKER),
    ],
)
def test_no_other_cell_authorises_a_read(cell: TrustAnchorCell) -> None:
    rig = provisioned()
    assert rig.refuse(signed_read(rig, cell)) == "not-authorised"


def test_the_protection_has_to_be_the_cells_own() -> None:
    rig = provisioned()
    assert rig.refuse(signed_read(rig, COS, mac=True)) == "bad-mac"
    assert rig.refuse(signed_read(rig, ACB_KEY_AGREEMENT, mac=True)) == "bad-signature"
    assert rig.refuse(signed_read(rig, ACB_KEY_AGREEMENT)) == "bad-mac"


def test_another_party_does_not_read_with_the_brokers_mac() -> None:
    rig = provisioned()
    command = rig.head_end.read(1, Role.SUPPLIER, originator=SUPPLIER_A.eui)
    assert rig.refuse(command) == "not-authorised"


@pytest.mark.parametrize("counter", [2**63, 2**64 - 1])
def test_protected_reads_use_all_64_bits_of_the_counter(counter: int) -> None:
    settings = {"cs02a-replay-protection": "on"}
    rig = provisioned(counters={Role.ACCESS_CONTROL_BROKER: counter - 1}, settings=settings)
    command = rig.head_end.read(counter, Role.SUPPLIER)
    assert rig.refuse(rig.head_end.read(counter - 1, Role.SUPPLIER)) == "replay"
    assert rig.refuse(rig.head_end.read(1, Role.SUPPLIER)) == "replay"
    assert rig.refuse(rig.head_end.read(2**63 - 1, Role.SUPPLIER)) == "replay"
    rig.head_end.response(command, rig.accept(command), None)
    assert rig.counter(Role.ACCESS_CONTROL_BROKER) == counter
    rig.restart()
    assert rig.refuse(command) == "replay"


def test_a_counter_above_a_sequence_numbers_range_can_still_be_told() -> None:
    rig = provisioned(counters={Role.ACCESS_CONTROL_BROKER: 2**64 - 1})
    command = rig.head_end.read(5, Role.ACCESS_CONTROL_BROKER)
    payload = rig.head_end.response(command, rig.accept(command), None).payload
    assert bytes.fromhex("0209 00FFFFFFFFFFFFFFFF") in payload


def test_a_read_of_more_than_sixteen_roles_is_malformed() -> None:
    rig = provisioned()
    assert len(read(rig, *[Role.SUPPLIER] * 16)) == 16
    assert rig.refuse(rig.head_end.read(1, *[Role.SUPPLIER] * 17)) == "malformed"


def test_every_change_of_the_payload_is_refused_for_its_mac() -> None:
    rig = provisioned()
    command = rig.head_end.read(1, Role.SUPPLIER, Role.NETWORK_OPERATOR)
    for at in range(48, len(command) - 13):
        octets = bytearray(command)
        octets[at] ^= 1
        assert rig.refuse(bytes(octets)) in ("bad-mac", "malformed", "not-authorised")


def test_the_response_is_for_this_device_alone() -> None:
    rig = provisioned()
    other = HeadEnd(bytes(8), rig.head_end.signing_key, rig.head_end.agreement_key)
    assert rig.refuse(other.read(1, Role.SUPPLIER)) == "wrong-target"


def test_cells_of_a_role_come_signing_agreement_top_up() -> None:
    (supplier,) = read(provisioned(), Role.SUPPLIER)
    assert [item.cell for item in supplier.cells] == list(role_cells(Role.SUPPLIER))


@pytest.mark.parametrize(
    "payload",
    [
        # The default cell usage written out, a cell without usage, with two, with bits too many.
        "3014 300A 020104 03020308 020100 3006 020102 020103",
        "300D 3003 020104 3006 020102 020103",
        "3017 300D 020104 03020308 020101 020101 3006 020102 020103",
        "3012 3008 020104 0303000800 3006 020102 020103",
        # Integers that are longer than they need, negative, of nine octets.
        "3012 3008 02020004 03020308 3006 020102 020103",
        "3011 3007 020104 03020308 3006 020102 020183",
        "3013 3007 020104 03020308 3008 020102 0203008003 00",
        "3016 3007 020104 03020308 300B 0209 00FFFFFFFFFFFFFFFF",
        # A role that reaches beyond the list of roles.
        "3011 3007 020104 03020308 3006 020102 020203",
        # Something behind the roles, and inside the cell's name.
        "3013 3007 020104 03020308 3006 020102 020103 0500",
        "3013 3009 020104 03020308 0500 3006 020102 020103",
    ],
)
def test_payloads_that_are_not_der_to_the_letter_are_malformed(payload: str) -> None:
    rig = provisioned()
    message = pre_command(0x0008, ACB.eui, EUI, 1, bytes.fromhex(payload))
    assert rig.refuse(rig.head_end.protect(message)) == "malformed"
    usual = pre_command(
        0x0008, ACB.eui, EUI, 1, bytes.fromhex("3011 3007 020104 03020308 3006 020102 020103")
    )
    rig.accept(rig.head_end.protect(usual))
