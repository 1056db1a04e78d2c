"""CS02b: which certificates get into a cell, and the path that has to prove them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rig import provisioned

from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    ROOT_CELL,
)
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import (
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    RECOVERY,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
)
from head_end import (
    ACB_BY_ACB,
    AUTHORITY,
    NETWORK_BY_NETWORK,
    agreement,
    holder,
    role_cells,
    signing,
    statuses,
)
from made_certificates import (
    off_the_curve,
    operator,
    with_changed_body,
)

NO_DS, NO_KA = role_cells(Role.NETWORK_OPERATOR)
OK, BAD, UNPROVED = (
    StatusCode.SUCCESS,
    StatusCode.BAD_CERTIFICATE,
    StatusCode.NO_TRUST_ANCHOR,
)
STRANGER = Authority.create(b"another PKI")


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
    done = rig.outcome(rig.head_end.update(NETWORK_BY_NETWORK, 7, pairs if first else pairs[::-1]))
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
    assert statuses(rig.outcome(command)) == [OK]


@pytest.mark.parametrize("fault", sorted(set(FAILURES) - {"expired", "not yet valid"}))
def test_disapplied_time_checks_let_nothing_else_pass(fault: str) -> None:
    make, status = FAILURES[fault]
    rig = provisioned("gpf")
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, 7, [(make(), NO_DS)], apply_time_checks=False
    )
    assert statuses(rig.outcome(command)) == [status]


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
    assert statuses(rig.outcome(command)) == [OK]


def test_a_network_operator_does_not_stand_in_for_the_broker() -> None:
    rig = provisioned("gpf")
    certificate = agreement(GAS_NETWORK_A).certificate
    command = rig.head_end.update(ACB_BY_ACB, 7, [(certificate, ACB_KEY_AGREEMENT)])
    assert statuses(rig.outcome(command)) == [BAD]
    read = rig.head_end.read(1, Role.SUPPLIER)
    rig.head_end.response(read, rig.accept(read), None)


def test_a_device_may_take_certificates_of_any_role() -> None:
    rig = provisioned("gpf", settings={"certificate-role": "any"})
    certificate = signing(SUPPLIER_B).certificate
    command = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(certificate, NO_DS)])
    assert statuses(rig.outcome(command)) == [OK]


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
    assert statuses(rig.outcome(command)) == [status]


def test_the_path_starts_at_the_root_cell() -> None:
    """The same path proves nothing where another root stands in the cell."""
    rig = provisioned("gpf", cells={ROOT_CELL: STRANGER.root})
    command = rig.head_end.update(NETWORK_BY_NETWORK, 7, [(operator().certificate, NO_DS)])
    assert statuses(rig.outcome(command)) == [UNPROVED]
