"""CS02b modes 2, 3 and 4: which certificates get into which cells, and what the device says."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rig import Rig, provisioned

from gbcs_hil.bench.start_state import cells_of
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.names import CellUsage, CredentialsReplacementMode, KeyUsage, StatusCode
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
from gbcs_hil.smki.authority import Authority
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
    ACB_BY_ACB,
    AUTHORITY,
    NETWORK_BY_NETWORK,
    NOW,
    PKI,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    holder,
    off_the_curve,
    renewed,
    role_cells,
    signing,
    statuses,
    with_changed_body,
)

NO_DS, NO_KA = role_cells(Role.NETWORK_OPERATOR)
SUPPLIER_DS, SUPPLIER_KA, SUPPLIER_TOP_UP = role_cells(Role.SUPPLIER)
OK, BAD, UNPROVED = (
    StatusCode.SUCCESS,
    StatusCode.BAD_CERTIFICATE,
    StatusCode.NO_TRUST_ANCHOR,
)
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
STRANGER = Authority.create(b"another PKI")


def contents(rig: Rig) -> dict[TrustAnchorCell, tuple[bytes, bytes]]:
    return {cell: rig.in_cell(cell) for cell in cells_of("gpf")}


def outcome(rig: Rig, command: bytes) -> ExecutionOutcome:
    return rig.head_end.outcome(command, rig.accept(command))


HANDOVERS: dict[str, tuple[CredentialsReplacementMode, Role, Party]] = {
    "supplier to supplier": (SUPPLIER_BY_SUPPLIER, Role.SUPPLIER, SUPPLIER_B),
    "supplier to broker": (SUPPLIER_BY_SUPPLIER, Role.SUPPLIER, ACB),
    "network to network": (NETWORK_BY_NETWORK, Role.NETWORK_OPERATOR, GAS_NETWORK_B),
    "network to broker": (NETWORK_BY_NETWORK, Role.NETWORK_OPERATOR, ACB),
}


@pytest.mark.parametrize("name", HANDOVERS)
def test_a_handover_replaces_every_cell_of_the_role(name: str) -> None:
    mode, role, party = HANDOVERS[name]
    rig = provisioned("gpf")
    before = contents(rig)
    replacements = certificates(role, party)
    done = outcome(rig, rig.head_end.update(mode, 1301, replacements))
    assert (done.sequence_number, done.mode, done.changes) == (1301, mode, ())
    assert statuses(done) == [OK] * len(role_cells(role))
    for item, (certificate, cell) in zip(done.outcomes, replacements, strict=True):
        new = next(held for held in PKI.credentials if held.certificate == certificate)
        assert item.cell == cell
        assert (item.existing_eui, item.existing_ski) == (holder(cell).eui, holder(cell).ski)
        assert (item.replacing_eui, item.replacing_ski) == (party.eui, new.ski)
        assert rig.in_cell(cell) == (party.eui, new.public_key)
        before[cell] = (party.eui, new.public_key)
    assert contents(rig) == before


def test_the_new_owner_commands_and_the_old_one_does_not() -> None:
    rig = provisioned("gpf")
    role = Role.NETWORK_OPERATOR
    outcome(rig, rig.head_end.update(NETWORK_BY_NETWORK, 5, certificates(role, GAS_NETWORK_B)))
    back = certificates(role, GAS_NETWORK_A)
    by_old = rig.head_end.update(NETWORK_BY_NETWORK, 6, back)
    assert rig.refuse(by_old) == "bad-signature"
    by_new = rig.head_end.update(NETWORK_BY_NETWORK, 6, back, owner=GAS_NETWORK_B)
    assert statuses(outcome(rig, by_new)) == [OK, OK]


def test_a_factory_gpf_is_handed_over_by_the_broker() -> None:
    """SRV 6.21: the Access Control Broker stands in the cells, so it may replace itself."""
    cells = {NO_DS: signing(ACB), NO_KA: agreement(ACB)}
    cells |= {SUPPLIER_DS: signing(ACB), SUPPLIER_KA: agreement(ACB)}
    cells[SUPPLIER_TOP_UP] = agreement(ACB)
    rig = provisioned("gpf", {Role.ACCESS_CONTROL_BROKER: 5000}, cells)
    for mode, role, party in (
        (SUPPLIER_BY_SUPPLIER, Role.SUPPLIER, SUPPLIER_A),
        (NETWORK_BY_NETWORK, Role.NETWORK_OPERATOR, GAS_NETWORK_A),
    ):
        command = rig.head_end.update(mode, 1300, certificates(role, party), owner=ACB, floor=0)
        done = outcome(rig, command)
        assert set(statuses(done)) == {OK}
        assert {item.existing_eui for item in done.outcomes} == {ACB.eui}
        assert rig.counter(role) == 0
    # The counter that counts is that of the cell's role, not that of the organisation.
    assert rig.counter(Role.ACCESS_CONTROL_BROKER) == 5000


def test_the_broker_replaces_its_own_cell_by_its_mac_alone() -> None:
    rig = provisioned("gpf")
    (new,) = renewed(ACB, [ACB_KEY_AGREEMENT])
    command = rig.head_end.update(ACB_BY_ACB, 9, [(new.certificate, ACB_KEY_AGREEMENT)], floor=0)
    done = outcome(rig, command)
    assert statuses(done) == [OK]
    assert [(change.role, change.floor) for change in done.changes] == [
        (Role.ACCESS_CONTROL_BROKER, 0)
    ]
    assert rig.in_cell(ACB_KEY_AGREEMENT) == (ACB.eui, new.public_key)
    # From now on the new key makes the MACs, and the old one is worth nothing.
    old_read = rig.head_end.read(1, Role.SUPPLIER)
    assert rig.refuse(old_read) == "bad-mac"
    rig.head_end = type(rig.head_end)(
        rig.head_end.eui, rig.head_end.signing_key, rig.head_end.agreement_key, new
    )
    read = rig.head_end.read(1, Role.SUPPLIER)
    rig.head_end.response(read, rig.accept(read), None)
    rig.restart()
    assert rig.refuse(old_read) == "bad-mac"


def test_mode_4_may_name_its_cell() -> None:
    rig = provisioned("gpf")
    (new,) = renewed(ACB, [ACB_KEY_AGREEMENT])
    pair = (new.certificate, ACB_KEY_AGREEMENT)
    command = rig.head_end.update(ACB_BY_ACB, 9, [pair], authorising_cell=ACB_KEY_AGREEMENT)
    assert statuses(outcome(rig, command)) == [OK]


@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_every_device_type_takes_a_supplier_handover(device_type: str) -> None:
    rig = provisioned(device_type)
    replacements = certificates(Role.SUPPLIER, SUPPLIER_B)
    done = outcome(rig, rig.head_end.update(SUPPLIER_BY_SUPPLIER, 1, replacements))
    assert statuses(done) == [OK] * 3


def test_a_gsme_has_no_cell_for_a_network_operator() -> None:
    rig = provisioned("gsme")
    replacements = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = rig.head_end.update(NETWORK_BY_NETWORK, 1, replacements)
    assert rig.refuse(command) == "unsupported"


@pytest.mark.parametrize(
    "mode", [mode for mode in CredentialsReplacementMode if mode < 10 and mode not in OWN_ROLE]
)
def test_other_modes_are_not_supported(mode: CredentialsReplacementMode) -> None:
    rig = provisioned("gpf")
    message = rig.head_end.pre_command(mode, 1, [], owner=TRANSITIONAL_COS)
    assert rig.refuse(rig.head_end.protect(message, signing(TRANSITIONAL_COS))) == "unsupported"


# -- one cell fails, the other does not ---------------------------------------------------


def operator(cell: TrustAnchorCell = NO_DS, **changes: datetime) -> Credential:
    role, eui = Role.NETWORK_OPERATOR, GAS_NETWORK_B.eui
    not_before = changes.get("not_before")
    return AUTHORITY.organisation(role, eui, cells=[cell], generation=3, not_before=not_before)[0]


def other_party(role: Role, eui: bytes) -> bytes:
    return AUTHORITY.organisation(role, eui, cells=[NO_DS])[0].certificate


def forged() -> bytes:
    """Return a certificate that names the issuer and was signed by somebody else."""
    return with_changed_body(operator().certificate, lambda body: body, signing(SUPPLIER_A))


def issued_by_an_organisation() -> bytes:
    """Return a certificate whose issuer is no authority."""
    ski = signing(SUPPLIER_A).ski

    def change(body: bytes) -> bytes:
        return body.replace(AUTHORITY.issuing.ski, ski)

    return with_changed_body(operator().certificate, change, signing(SUPPLIER_A))


FAILURES: dict[str, tuple[Callable[[], bytes], StatusCode]] = {
    "of another PKI": (
        lambda: (
            STRANGER.organisation(Role.NETWORK_OPERATOR, bytes(8), cells=[NO_DS])[0].certificate
        ),
        UNPROVED,
    ),
    "not signed by its issuer": (forged, UNPROVED),
    "issued by an organisation": (issued_by_an_organisation, UNPROVED),
    "not DER inside": (lambda: b"\x30\x03\x02\x01\x00", BAD),
    "empty": (lambda: b"\x30\x00", BAD),
    "with a point off the curve": (lambda: off_the_curve(operator().certificate), BAD),
    "for another key usage": (lambda: agreement(GAS_NETWORK_B).certificate, BAD),
    "of a supplier": (lambda: signing(SUPPLIER_B).certificate, BAD),
    "of the recovery": (lambda: signing(RECOVERY).certificate, BAD),
    "of the transitional CoS": (lambda: signing(TRANSITIONAL_COS).certificate, BAD),
    "of no role": (lambda: other_party(Role.OTHER, bytes(8)), BAD),
    "of a device": (lambda: AUTHORITY.device(bytes(8))[0].certificate, BAD),
    "of an authority": (lambda: AUTHORITY.issuing.certificate, BAD),
    "of the root": (lambda: AUTHORITY.root.certificate, BAD),
    "expired": (lambda: operator(not_before=datetime(2010, 1, 1, tzinfo=UTC)).certificate, BAD),
    "not yet valid": (
        lambda: operator(not_before=datetime(2026, 1, 1, tzinfo=UTC)).certificate,
        BAD,
    ),
}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("fault", FAILURES)
def test_a_bad_certificate_fails_alone(fault: str, first: bool) -> None:
    make, status = FAILURES[fault]
    rig = provisioned("gpf")
    new = operator(NO_KA)
    pairs = [(make(), NO_DS), (new.certificate, NO_KA)]
    done = outcome(
        rig, rig.head_end.update(NETWORK_BY_NETWORK, 7, pairs if first else pairs[::-1])
    )
    bad, good = done.outcomes if first else done.outcomes[::-1]
    assert (bad.status, good.status) == (status, OK)
    # What failed reports what is still in the cell.
    old = holder(NO_DS)
    assert (bad.existing_eui, bad.existing_ski) == (old.eui, old.ski)
    assert (bad.replacing_eui, bad.replacing_ski) == (old.eui, old.ski)
    assert rig.in_cell(NO_DS) == (old.eui, old.public_key)
    assert rig.in_cell(NO_KA) == (new.eui, new.public_key)
    assert rig.counter(Role.NETWORK_OPERATOR) == 7


@pytest.mark.parametrize("fault", ["expired", "not yet valid"])
def test_disapplied_time_checks_let_any_validity_pass(fault: str) -> None:
    rig = provisioned("gpf")
    certificate = FAILURES[fault][0]()
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, 7, [(certificate, NO_DS)], apply_time_checks=False
    )
    assert statuses(outcome(rig, command)) == [OK]


@pytest.mark.parametrize("fault", set(FAILURES) - {"expired", "not yet valid"})
def test_disapplied_time_checks_let_nothing_else_pass(fault: str) -> None:
    make, status = FAILURES[fault]
    rig = provisioned("gpf")
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, 7, [(make(), NO_DS)], apply_time_checks=False
    )
    assert statuses(outcome(rig, command)) == [status]


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC), BAD),
        (datetime(2025, 1, 1, tzinfo=UTC), OK),
        (datetime(2034, 12, 31, 23, 59, 59, tzinfo=UTC), OK),
        (datetime(2035, 1, 1, tzinfo=UTC), BAD),
    ],
)
def test_validity_includes_both_its_ends(now: datetime, status: StatusCode) -> None:
    rig = provisioned("gpf")
    rig.now = now
    certificate = operator(not_before=datetime(2025, 1, 1, tzinfo=UTC)).certificate
    command = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(certificate, NO_DS)])
    assert statuses(rig.head_end.outcome(command, rig.accept(command), now)) == [status]


@pytest.mark.parametrize(("check", "status"), [(True, UNPROVED), (False, OK)])
def test_an_authority_out_of_time_proves_nothing(check: bool, status: StatusCode) -> None:
    rig = provisioned("gpf")
    rig.now = datetime(2049, 1, 1, tzinfo=UTC)
    certificate = operator(not_before=datetime(2045, 1, 1, tzinfo=UTC)).certificate
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, 7, [(certificate, NO_DS)], apply_time_checks=check
    )
    assert statuses(rig.head_end.outcome(command, rig.accept(command), rig.now)) == [status]


def test_time_checks_may_be_off_for_good() -> None:
    rig = provisioned("gpf", settings={"time-checks": "never"})
    certificate = FAILURES["expired"][0]()
    command = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(certificate, NO_DS)])
    assert statuses(outcome(rig, command)) == [OK]


def test_a_network_operator_does_not_stand_in_for_the_broker() -> None:
    rig = provisioned("gpf")
    certificate = agreement(GAS_NETWORK_A).certificate
    command = rig.head_end.update(ACB_BY_ACB, 7, [(certificate, ACB_KEY_AGREEMENT)])
    assert statuses(outcome(rig, command)) == [BAD]
    read = rig.head_end.read(1, Role.SUPPLIER)
    rig.head_end.response(read, rig.accept(read), None)


def test_a_device_may_take_certificates_of_any_role() -> None:
    rig = provisioned("gpf", settings={"certificate-role": "any"})
    certificate = signing(SUPPLIER_B).certificate
    command = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(certificate, NO_DS)])
    assert statuses(outcome(rig, command)) == [OK]


# -- the certification path ----------------------------------------------------------------

ISSUER = AUTHORITY.issuing.certificate


def no_authority() -> bytes:
    """Return the issuing authority's certificate, by the root, that says it is none."""

    def change(body: bytes) -> bytes:
        assert b"\x30\x06\x01\x01\xff\x02\x01\x00" in body
        return body.replace(
            b"\x30\x06\x01\x01\xff\x02\x01\x00", b"\x30\x06\x01\x01\x00\x02\x01\x00"
        )

    return with_changed_body(ISSUER, change, AUTHORITY.root)


def of_other_usage() -> bytes:
    """Return the issuing authority's certificate, by the root, that may only sign messages."""
    return with_changed_body(
        ISSUER, lambda body: body.replace(b"\x03\x02\x01\x06", b"\x03\x02\x07\x80"), AUTHORITY.root
    )


def altered() -> bytes:
    return ISSUER[:-1] + bytes([ISSUER[-1] ^ 1])


PATHS: dict[str, tuple[Callable[[], list[bytes]], StatusCode]] = {
    "the issuing authority": (lambda: [ISSUER], OK),
    "also its root": (lambda: [AUTHORITY.root.certificate, ISSUER], OK),
    "also another one's": (lambda: [STRANGER.issuing.certificate, ISSUER], OK),
    "also rubbish": (lambda: [b"\x30\x00", ISSUER], OK),
    "twice the same": (lambda: [ISSUER, ISSUER], OK),
    "nothing": (list, UNPROVED),
    "the root alone": (lambda: [AUTHORITY.root.certificate], UNPROVED),
    "another PKI's": (lambda: [STRANGER.issuing.certificate], UNPROVED),
    "altered": (lambda: [altered()], UNPROVED),
    "no authority": (lambda: [no_authority()], UNPROVED),
    "not for certificates": (lambda: [of_other_usage()], UNPROVED),
    "a point off the curve": (
        lambda: [off_the_curve_by_root()],
        UNPROVED,
    ),
    "signed by itself": (
        lambda: [with_changed_body(ISSUER, lambda body: body, AUTHORITY.issuing)],
        UNPROVED,
    ),
}


def off_the_curve_by_root() -> bytes:
    key = AUTHORITY.issuing.public_key
    spoilt = key[:-1] + bytes([key[-1] ^ 1])
    return with_changed_body(ISSUER, lambda body: body.replace(key, spoilt), AUTHORITY.root)


@pytest.mark.parametrize("name", PATHS)
def test_a_certificate_is_proved_by_the_path_from_the_root(name: str) -> None:
    path, status = PATHS[name]
    rig = provisioned("gpf")
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, 7, [(operator().certificate, NO_DS)], path=path()
    )
    assert statuses(outcome(rig, command)) == [status]


def test_the_path_starts_at_the_root_cell() -> None:
    """The same path proves nothing where another root stands in the cell."""
    rig = provisioned("gpf", cells={ROOT_CELL: STRANGER.root})
    command = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(operator().certificate, NO_DS)])
    assert statuses(outcome(rig, command)) == [UNPROVED]


def test_all_cells_may_fail_without_harm() -> None:
    rig = provisioned("gpf")
    before = contents(rig)
    replacements = certificates(Role.SUPPLIER, SUPPLIER_B)
    command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 7, replacements, path=[])
    assert statuses(outcome(rig, command)) == [UNPROVED] * 3
    assert contents(rig) == before


def test_outcomes_come_in_the_order_of_the_command() -> None:
    rig = provisioned("gpf")
    replacements = certificates(Role.SUPPLIER, SUPPLIER_B)
    turned = [replacements[2], replacements[0], replacements[1]]
    done = outcome(rig, rig.head_end.update(SUPPLIER_BY_SUPPLIER, 7, turned))
    assert [item.cell for item in done.outcomes] == [cell for _, cell in turned]


def test_top_up_and_management_cells_of_one_usage_are_apart() -> None:
    rig = provisioned("gpf")
    new = next(c for c in renewed(SUPPLIER_A) if c.cell_usage is CellUsage.PREPAYMENT_TOP_UP)
    command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 7, [(new.certificate, SUPPLIER_TOP_UP)])
    (item,) = outcome(rig, command).outcomes
    assert item.cell == SUPPLIER_TOP_UP
    assert rig.in_cell(SUPPLIER_TOP_UP)[1] == new.public_key
    assert rig.in_cell(SUPPLIER_KA)[1] == holder(SUPPLIER_KA).public_key


def test_a_cell_that_is_replaced_twice_holds_the_last_certificate() -> None:
    rig = provisioned("gpf")
    one, two = operator(), signing(ACB)
    pairs = [(one.certificate, NO_DS), (two.certificate, NO_DS)]
    done = outcome(rig, rig.head_end.update(NETWORK_BY_NETWORK, 7, pairs))
    assert [item.existing_ski for item in done.outcomes] == [holder(NO_DS).ski, one.ski]
    assert rig.in_cell(NO_DS) == (ACB.eui, two.public_key)


# -- what a mode does not allow ------------------------------------------------------------


def refused(rig: Rig, command: bytes) -> str:
    reason = rig.refuse(command)
    # Neither did it use the counter up.
    usual = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(operator().certificate, NO_DS)])
    assert statuses(outcome(rig, usual)) == [OK]
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
    assert rig.refuse(as_itself) == "bad-signature"
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
