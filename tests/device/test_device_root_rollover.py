"""CS02b mode 8 and the root: a new root gets in only where the old one has certified its key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rig import Rig, provisioned

from gbcs_hil.gbcs.names import CredentialsReplacementMode, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.trust_anchors import ROOT_CELL, TrustAnchorCell
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_B
from head_end import (
    ACB_BY_ACB,
    AUTHORITY,
    BY_RECOVERY,
    COS_BY_COS,
    NETWORK_BY_NETWORK,
    NOW,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    role_cells,
    signing,
    statuses,
)
from made_certificates import (
    authority,
    link,
    operator,
    organisation,
    with_changed_body,
)

OK, BAD = StatusCode.SUCCESS, StatusCode.BAD_CERTIFICATE
UNPROVED, OTHER = StatusCode.NO_TRUST_ANCHOR, StatusCode.OTHER
NEW = Authority.create(b"the next root")
STRANGER = Authority.create(b"another PKI")
LINK = link(AUTHORITY.root, NEW.root)
NO_DS = role_cells(Role.NETWORK_OPERATOR)[0]
PAST = datetime(2024, 6, 1, tzinfo=UTC)

Pairs = list[tuple[bytes, TrustAnchorCell]]


def rollover(rig: Rig, pairs: Pairs, path: list[bytes], counter: int = 1, **fields: Any) -> bytes:
    return rig.head_end.update(BY_RECOVERY, counter, pairs, path=path, **fields)


def new_root() -> Pairs:
    return [(NEW.root.certificate, ROOT_CELL)]


def proved_by(rig: Rig, path: list[bytes], certificate: bytes, counter: int) -> StatusCode:
    """Have the network operator's cell replaced and return what became of it."""
    command = rig.head_end.update(
        NETWORK_BY_NETWORK, counter, [(certificate, NO_DS)], path=path, owner=_holder(rig)
    )
    return statuses(rig.outcome(command))[0]


def _holder(rig: Rig) -> Any:
    return GAS_NETWORK_B if rig.in_cell(NO_DS)[0] == GAS_NETWORK_B.eui else None


def by_new_authority() -> bytes:
    return organisation(NEW.issuing, Role.NETWORK_OPERATOR, GAS_NETWORK_B.eui, NO_DS).certificate


@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_a_linked_root_takes_the_old_ones_place(device_type: str) -> None:
    rig = provisioned(device_type)
    before = rig.contents()
    done = rig.outcome(rollover(rig, new_root(), [LINK]))
    (item,) = done.outcomes
    assert (item.cell, item.status, done.changes) == (ROOT_CELL, OK, ())
    assert (item.existing_eui, item.existing_ski) == (bytes(8), AUTHORITY.root.ski)
    assert (item.replacing_eui, item.replacing_ski) == (bytes(8), NEW.root.ski)
    rig.restart()
    assert rig.contents() == before | {ROOT_CELL: (bytes(8), NEW.root.public_key)}


def test_certificates_are_then_proved_from_the_new_root() -> None:
    rig = provisioned("gpf")
    rig.accept(rollover(rig, new_root(), [LINK]))
    old, new = list(AUTHORITY.path), list(NEW.path)
    assert proved_by(rig, old, operator().certificate, 1) is UNPROVED
    assert proved_by(rig, [LINK, *old], operator().certificate, 2) is UNPROVED
    assert proved_by(rig, new, by_new_authority(), 3) is OK


def test_nothing_is_proved_from_the_new_root_without_the_rollover() -> None:
    rig = provisioned("gpf")
    assert proved_by(rig, list(NEW.path), by_new_authority(), 1) is UNPROVED
    # With the link the old root itself vouches for the new one's authorities.
    assert proved_by(rig, [LINK, *NEW.path], by_new_authority(), 2) is OK


@pytest.mark.parametrize("place", range(3))
def test_the_order_of_the_path_does_not_matter(place: int) -> None:
    path = [LINK, *NEW.path, *AUTHORITY.path]
    turned = [*path[place:], *path[:place]]
    for number, given in enumerate((turned, turned[::-1])):
        rig = provisioned("gpf")
        assert proved_by(rig, given, by_new_authority(), 1 + number) is OK


def spoilt(octets: bytes) -> bytes:
    return octets[:-1] + bytes([octets[-1] ^ 1])


PATHS: dict[str, Callable[[], list[bytes]]] = {
    "nothing": list,
    "the usual path": lambda: list(AUTHORITY.path),
    "the new root itself": lambda: [NEW.root.certificate],
    "the new root's authority": lambda: list(NEW.path),
    "a link that was altered": lambda: [spoilt(LINK)],
    "a stranger's link": lambda: [link(STRANGER.root, NEW.root)],
    "a stranger's link that names the root": lambda: [
        with_changed_body(LINK, lambda body: body, STRANGER.root)
    ],
    "a link to another root": lambda: [link(AUTHORITY.root, STRANGER.root)],
    "a link by the issuing authority": lambda: [
        *AUTHORITY.path,
        link(AUTHORITY.issuing, NEW.root),
    ],
    "a link from the new root to the old": lambda: [link(NEW.root, AUTHORITY.root)],
    "a link that names no authority": lambda: [link(AUTHORITY.root, NEW.root, is_ca=False)],
    "a link that has expired": lambda: [link(AUTHORITY.root, NEW.root, end=PAST)],
    "a link from tomorrow": lambda: [
        link(AUTHORITY.root, NEW.root, start=NOW + timedelta(days=1))
    ],
}


@pytest.mark.parametrize("name", PATHS)
def test_without_a_link_of_the_old_root_nothing_gets_in(name: str) -> None:
    rig = provisioned("esme")
    before = rig.contents()
    done = rig.outcome(rollover(rig, new_root(), PATHS[name]()))
    (item,) = done.outcomes
    assert item.status is UNPROVED
    assert (item.existing_ski, item.replacing_ski) == (AUTHORITY.root.ski,) * 2
    assert rig.contents() == before


@pytest.mark.parametrize("name", ["a link that has expired", "a link from tomorrow"])
def test_a_link_out_of_time_counts_where_times_do_not(name: str) -> None:
    rig = provisioned("esme")
    command = rollover(rig, new_root(), PATHS[name](), apply_time_checks=False)
    assert statuses(rig.outcome(command)) == [OK]


def by_the_old_root() -> bytes:
    """Return the new root's certificate with the old root's signature instead of its own."""
    return with_changed_body(NEW.root.certificate, lambda body: body, AUTHORITY.root)


def out_of_time(**times: Any) -> bytes:
    key = NEW.root.private_key
    return authority("ROOT", None, role=Role.ROOT, key=key, **times).certificate


def with_another_key() -> bytes:
    """Return the linked root's certificate, signed by it, around a key that is not linked."""
    linked, other = NEW.root.public_key, STRANGER.root.public_key
    return with_changed_body(
        NEW.root.certificate, lambda body: body.replace(linked, other), NEW.root
    )


ROOTS: dict[str, tuple[Callable[[], bytes], StatusCode]] = {
    "as it should be": (lambda: NEW.root.certificate, OK),
    "with other times": (lambda: out_of_time(), OK),
    "not signed by itself": (by_the_old_root, UNPROVED),
    "the link": (lambda: LINK, UNPROVED),
    "another key under its name": (with_another_key, UNPROVED),
    "another root": (lambda: STRANGER.root.certificate, UNPROVED),
    "an issuing authority": (lambda: NEW.issuing.certificate, BAD),
    "an organisation": (lambda: signing(SUPPLIER_B).certificate, BAD),
    "no authority": (
        lambda: (
            authority(
                "ROOT", None, role=Role.ROOT, key=NEW.root.private_key, is_ca=False
            ).certificate
        ),
        BAD,
    ),
    "expired": (lambda: out_of_time(end=PAST), BAD),
    "from tomorrow": (lambda: out_of_time(start=NOW + timedelta(days=1)), BAD),
    "rubbish": (lambda: b"\x30\x03\x02\x01\x00", BAD),
}


@pytest.mark.parametrize("name", ROOTS)
def test_the_new_root_has_to_be_one(name: str) -> None:
    make, status = ROOTS[name]
    rig = provisioned("esme")
    done = rig.outcome(rollover(rig, [(make(), ROOT_CELL)], [LINK]))
    assert statuses(done) == [status]
    key = (NEW if status is OK else AUTHORITY).root.public_key
    assert rig.in_cell(ROOT_CELL) == (bytes(8), key)


def test_the_old_root_may_come_again() -> None:
    """Recovery names every cell, the root with what stands there; it vouches for itself."""
    rig = provisioned("esme")
    pair = (AUTHORITY.root.certificate, ROOT_CELL)
    assert statuses(rig.outcome(rollover(rig, [pair], []))) == [OK]


@pytest.mark.parametrize("first", [True, False])
def test_the_same_command_goes_on_from_the_new_root(first: bool) -> None:
    rig = provisioned("gpf")
    new = (by_new_authority(), NO_DS)
    old = certificates(Role.SUPPLIER, SUPPLIER_B)
    pairs = [*new_root(), new, *old] if first else [new, *old, *new_root()]
    path = [LINK, *NEW.path, *AUTHORITY.path]
    assert statuses(rig.outcome(rollover(rig, pairs, path))) == [OK] * 5
    assert rig.in_cell(ROOT_CELL) == (bytes(8), NEW.root.public_key)
    assert rig.in_cell(NO_DS)[0] == GAS_NETWORK_B.eui


def test_a_root_that_fails_takes_nothing_else_with_it() -> None:
    rig = provisioned("gpf")
    old = certificates(Role.SUPPLIER, SUPPLIER_B)
    command = rollover(rig, [*new_root(), *old, (by_new_authority(), NO_DS)], list(AUTHORITY.path))
    assert statuses(rig.outcome(command)) == [UNPROVED, OK, OK, OK, UNPROVED]


def test_a_device_may_take_no_rollover() -> None:
    rig = provisioned("esme", settings={"root-rollover": "never"})
    assert statuses(rig.outcome(rollover(rig, new_root(), [LINK]))) == [OTHER]
    assert rig.in_cell(ROOT_CELL) == (bytes(8), AUTHORITY.root.public_key)


@pytest.mark.parametrize(
    "mode",
    [SUPPLIER_BY_SUPPLIER, NETWORK_BY_NETWORK, ACB_BY_ACB, COS_BY_COS, SUPPLIER_BY_COS],
    ids=str,
)
def test_nobody_but_recovery_changes_the_root(mode: CredentialsReplacementMode) -> None:
    rig = provisioned("esme")
    command = rig.head_end.update(mode, 1, new_root(), path=[LINK])
    assert rig.refuse(command) == "not-authorised"


# -- how long a path may be ----------------------------------------------------------------


def chain(*path_lengths: int | None) -> tuple[list[bytes], bytes]:
    """Return authorities, one under the other from the root on, and an operator's certificate."""
    path = []
    issuer = AUTHORITY.root
    for depth, path_length in enumerate(path_lengths):
        issuer = authority(f"authority {depth}", issuer, path_length=path_length)
        path.append(issuer.certificate)
    made = organisation(issuer, Role.NETWORK_OPERATOR, GAS_NETWORK_B.eui, NO_DS)
    return path, made.certificate


@pytest.mark.parametrize(
    ("path_lengths", "status"),
    [
        ((), UNPROVED),
        ((0,), OK),
        ((None,), OK),
        ((1,), OK),
        ((0, 0), UNPROVED),
        ((0, None), UNPROVED),
        ((1, 0), OK),
        ((1, None), OK),
        ((None, 0), OK),
        ((None, 0, 0), UNPROVED),
        ((None, None, None), OK),
        ((2, 1, 0), OK),
        ((1, 0, 0), UNPROVED),
    ],
)
def test_a_path_length_is_respected(
    path_lengths: tuple[int | None, ...], status: StatusCode
) -> None:
    path, certificate = chain(*path_lengths)
    if not path:
        certificate = organisation(
            AUTHORITY.issuing, Role.NETWORK_OPERATOR, GAS_NETWORK_B.eui, NO_DS
        ).certificate
    assert proved_by(provisioned("gpf"), path, certificate, 1) is status


@pytest.mark.parametrize(
    "path_lengths", [(1, None, 0), (1, 1, 0), (1, 5, None), (2, None, None, 0)]
)
def test_an_authority_cannot_allow_more_than_it_was_allowed(
    path_lengths: tuple[int | None, ...],
) -> None:
    """RFC 5280 6.1.4 (l) and (m): the length only ever becomes smaller down the path."""
    path, certificate = chain(*path_lengths)
    assert proved_by(provisioned("gpf"), path, certificate, 1) is UNPROVED


def test_a_links_path_length_is_respected_too() -> None:
    rig = provisioned("gpf")
    closed = link(AUTHORITY.root, NEW.root, path_length=0)
    pairs = [*new_root(), (by_new_authority(), NO_DS)]
    command = rollover(rig, pairs, [closed, *NEW.path])
    assert statuses(rig.outcome(command)) == [OK, UNPROVED]
