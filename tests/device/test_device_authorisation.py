"""CS02b: what a mode does not allow, and who may not ask for it."""

import pytest
from rig import Rig, provisioned

from gbcs_hil.bench.start_state import cells_of
from gbcs_hil.gbcs.names import CredentialsReplacementMode, KeyUsage, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import UpdateCredentials
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    CELLS_OF_ROLE,
    ROOT_CELL,
    TrustAnchorCell,
    digital_signing,
    key_agreement,
)
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
    ACB_BY_ACB,
    NETWORK_BY_NETWORK,
    NOW,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    role_cells,
    signing,
    statuses,
)
from made_certificates import (
    operator,
    renewed,
)

NO_DS, NO_KA = role_cells(Role.NETWORK_OPERATOR)
SUPPLIER_DS = role_cells(Role.SUPPLIER)[0]
OK = StatusCode.SUCCESS
OWN_ROLE = {
    SUPPLIER_BY_SUPPLIER: Role.SUPPLIER,
    NETWORK_BY_NETWORK: Role.NETWORK_OPERATOR,
    ACB_BY_ACB: Role.ACCESS_CONTROL_BROKER,
}
SUCCESSORS = {
    Role.SUPPLIER: SUPPLIER_B,
    Role.NETWORK_OPERATOR: GAS_NETWORK_B,
    Role.ACCESS_CONTROL_BROKER: ACB,
}


def refused(rig: Rig, command: bytes) -> str:
    reason = rig.refuse(command)
    # Neither did it use the counter up.
    usual = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(operator().certificate, NO_DS)])
    assert statuses(rig.outcome(usual)) == [OK]
    return reason


@pytest.mark.parametrize(
    ("mode", "cell"),
    [
        (mode, cell)
        for mode, role in OWN_ROLE.items()
        for cell in (*cells_of("gpf"), *CELLS_OF_ROLE[Role.WAN_PROVIDER])
        if cell.role is not role
    ],
    ids=str,
)
def test_a_mode_replaces_no_cell_but_its_own(
    mode: CredentialsReplacementMode, cell: TrustAnchorCell
) -> None:
    rig = provisioned("gpf")
    role = OWN_ROLE[mode]
    # The first replacement would be in order; it must not happen either.
    good = certificates(role, SUCCESSORS[role])
    outside = (signing(GAS_NETWORK_B).certificate, cell)
    command = rig.head_end.update(mode, 5, [*good, outside], floor=1)
    assert refused(rig, command) == "not-authorised"


@pytest.mark.parametrize("counter", [4, 6, 2**63 - 1])
def test_the_sequence_number_has_to_be_the_headers_counter(counter: int) -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5, replacements, sequence_number=counter)
    assert refused(rig, command) == "not-authorised"


@pytest.mark.parametrize("code", [0x0102, 0x0104])
def test_the_mode_has_to_be_the_message_codes(code: int) -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5, replacements, code=code)
    assert refused(rig, command) == "malformed"


@pytest.mark.parametrize(
    "cell",
    [
        None,
        NO_KA,
        SUPPLIER_DS,
        digital_signing(Role.RECOVERY),
        digital_signing(Role.TRANSITIONAL_COS),
        digital_signing(Role.WAN_PROVIDER),
        ACB_KEY_AGREEMENT,
        ROOT_CELL,
    ],
    ids=str,
)
def test_the_command_has_to_name_the_cell_that_authorises_it(
    cell: TrustAnchorCell | None,
) -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5, replacements, authorising_cell=cell)
    assert refused(rig, command) == "not-authorised"


@pytest.mark.parametrize("cell", [key_agreement(Role.SUPPLIER), SUPPLIER_DS, NO_DS], ids=str)
def test_mode_4_names_no_other_cell(cell: TrustAnchorCell) -> None:
    rig = provisioned("gpf")
    (new,) = renewed(ACB, [ACB_KEY_AGREEMENT])
    pair = (new.certificate, ACB_KEY_AGREEMENT)
    command = rig.head_end.update(ACB_BY_ACB, 9, [pair], authorising_cell=cell)
    assert refused(rig, command) == "not-authorised"


@pytest.mark.parametrize(
    "party", [SUPPLIER_A, GAS_NETWORK_B, ACB, RECOVERY, TRANSITIONAL_COS], ids=lambda p: p.name
)
def test_nobody_but_the_owner_signs(party: Party) -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    as_itself = rig.head_end.update(NETWORK_BY_NETWORK, 5, replacements, owner=party)
    as_owner = rig.head_end.update(NETWORK_BY_NETWORK, 5, replacements, signer=signing(party))
    assert rig.refuse(as_itself) == "not-authorised"
    assert refused(rig, as_owner) == "bad-signature"


def test_the_owner_does_not_sign_in_another_name() -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, 5, replacements, originator=GAS_NETWORK_B.eui
    )
    assert refused(rig, command) == "not-authorised"


def test_a_plaintext_symmetric_key_is_for_contingency_alone() -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 5, replacements, symmetric_key=bytes(16))
    assert refused(rig, command) == "malformed"


@pytest.mark.parametrize("value", [0, 2, 255])
def test_time_checks_are_disapplied_by_1_alone(value: int) -> None:
    rig = provisioned("gpf")
    message = rig.head_end.pre_command(NETWORK_BY_NETWORK, 5, [], apply_time_checks=False)
    payload = message.payload.replace(b"\x81\x01\x01", b"\x81\x01" + bytes([value]), 1)
    message = type(message)(message.header, payload)
    command = rig.head_end.protect(message, signing(GAS_NETWORK_A))
    assert refused(rig, command) == "malformed"


@pytest.mark.parametrize(("replacements", "path"), [(17, 1), (1, 5)])
def test_more_certificates_than_a_device_takes_are_malformed(replacements: int, path: int) -> None:
    rig = provisioned("gpf")
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, 5, [(b"\x30\x00", NO_DS)] * replacements, path=[b"\x30\x00"] * path
    )
    assert refused(rig, command) == "malformed"


def test_what_the_host_reads_back_is_what_was_sent() -> None:
    """The builder of these tests writes what its names say."""
    rig = provisioned("gpf")
    message = rig.head_end.pre_command(NETWORK_BY_NETWORK, 5, [], floor=3, execution=NOW)
    read = UpdateCredentials.decode(message.payload)
    assert (read.mode, read.sequence_number, read.floor, read.execution) == (3, 5, 3, NOW)
    assert read.authorising_cell == TrustAnchorCell(
        Role.NETWORK_OPERATOR, KeyUsage.DIGITAL_SIGNATURE
    )
