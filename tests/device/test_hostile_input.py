"""What is no good is discarded: nothing comes back, nothing changes, the device goes on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import ACCEPTED, Medium, Rig, after, provisioned

from gbcs_device import store
from gbcs_device.rejection import REASONS
from gbcs_hil.gbcs.message import Message, parse, pre_command
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.gbcs.security_credentials import ReadCredentials
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, digital_signing
from gbcs_hil.smki.parties import (
    ACB,
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
    BY_RECOVERY,
    EUI,
    HEAD_END,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    role_cells,
    signing,
    statuses,
)
from hostile_messages import HANDOVER, HOSTILE, LAST, NETWORK, command
from made_certificates import (
    off_the_curve,
)

NO_DS, NO_KA = role_cells(NETWORK)
START = provisioned("gpf", {NETWORK: LAST, Role.SUPPLIER: LAST})


def started() -> Rig:
    return Rig(Medium(START.medium.files), HEAD_END)


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_discarded_and_the_device_goes_on(name: str) -> None:
    verdict, make = HOSTILE[name]
    rig = started()
    assert rig.refuse(make()) == verdict
    good = command()
    assert statuses(HEAD_END.outcome(good, rig.accept(good))) == [StatusCode.SUCCESS] * 2


def test_all_of_it_in_a_row_changes_nothing() -> None:
    rig = started()
    for verdict, make in HOSTILE.values():
        assert rig.refuse(make()) == verdict
    assert rig.medium.files == START.medium.files
    rig.accept(command())


@pytest.mark.parametrize("restart", [False, True])
def test_an_accepted_command_is_not_accepted_again(restart: bool) -> None:
    rig = started()
    good = command()
    rig.accept(good)
    if restart:
        rig.restart()
    # The network operator has changed, so its signature is the first to be missed; the
    # supplier's command is a pure replay.
    assert rig.refuse(good) == "bad-signature"
    renewal = HEAD_END.update(
        SUPPLIER_BY_SUPPLIER, LAST + 1, certificates(Role.SUPPLIER, SUPPLIER_A)
    )
    rig.accept(renewal)
    if restart:
        rig.restart()
    assert rig.refuse(renewal) == "replay"


def test_a_point_off_the_curve_gets_into_no_cell() -> None:
    """It is the certificate that is bad, so the command is answered."""
    rig = started()
    certificate = off_the_curve(signing(GAS_NETWORK_B).certificate)
    bad = HEAD_END.update(NETWORK_BY_NETWORK, LAST + 1, [(certificate, NO_DS)])
    outcome = HEAD_END.outcome(bad, rig.accept(bad))
    assert statuses(outcome) == [StatusCode.BAD_CERTIFICATE]
    assert rig.in_cell(NO_DS) == (GAS_NETWORK_A.eui, signing(GAS_NETWORK_A).public_key)
    rig.accept(command(LAST + 2))


def test_a_virgin_device_refuses_everything() -> None:
    rig = started()
    virgin = Rig(Medium({"marker": _virgin_marker()}), HEAD_END)
    for message in (command(), HEAD_END.read(1, NETWORK), b""):
        assert virgin.refuse(message) == "not-provisioned"
    assert rig.deliver(HEAD_END.read(1, NETWORK)).verdict == ACCEPTED


def _virgin_marker() -> bytes:
    medium = Medium()
    store.manufacture(medium)
    return medium.files["marker"]


def test_a_device_whose_store_is_lost_refuses_everything() -> None:
    rig = started()
    del rig.medium.files["record"]
    rig.restart()
    for message in (command(), HEAD_END.read(1, NETWORK), b""):
        assert rig.refuse(message) == "store-lost"


# -- anything at all -----------------------------------------------------------------------


SIGNERS = {
    "a handover": GAS_NETWORK_A,
    "a handover for later": GAS_NETWORK_A,
    "a supplier's": SUPPLIER_A,
    "the transitional CoS's read": TRANSITIONAL_COS,
    "the broker's read": None,
    "the broker's own": None,
    "a change of supplier": TRANSITIONAL_COS,
    "a recovery": RECOVERY,
    "a request for a key pair": SUPPLIER_A,
    "a device certificate": SUPPLIER_A,
    "a question for a certificate": SUPPLIER_A,
}
VALID = {
    "a handover": command(),
    "a handover for later": HEAD_END.update(
        NETWORK_BY_NETWORK, LAST + 1, HANDOVER, execution=after(9), floor=2
    ),
    "a supplier's": HEAD_END.update(
        SUPPLIER_BY_SUPPLIER,
        LAST + 1,
        certificates(Role.SUPPLIER, SUPPLIER_B)[:1],
        floor=7,
        prepayment_floor=9,
        apply_time_checks=False,
    ),
    "the transitional CoS's read": HEAD_END.protect(
        pre_command(
            0x0008,
            TRANSITIONAL_COS.eui,
            EUI,
            5,
            ReadCredentials(digital_signing(Role.TRANSITIONAL_COS), (NETWORK,)).encode(),
        ),
        signing(TRANSITIONAL_COS),
        mac=False,
    ),
    "the broker's read": HEAD_END.read(5, *list(Role)[:6]),
    "the broker's own": HEAD_END.update(
        ACB_BY_ACB, 9, [(agreement(ACB).certificate, ACB_KEY_AGREEMENT)], floor=1
    ),
    "a change of supplier": HEAD_END.update(
        SUPPLIER_BY_COS,
        5,
        certificates(Role.SUPPLIER, SUPPLIER_B),
        other_floors=[SequenceNumberChange(Role.SUPPLIER, 3, 4)],
    ),
    "a recovery": HEAD_END.update(
        BY_RECOVERY, 5, HANDOVER, floor=1, other_floors=[SequenceNumberChange(NETWORK, 3)]
    ),
    "a request for a key pair": HEAD_END.command(
        0x000A, LAST + 1, bytes.fromhex("3004 0302 0780")
    ),
    "a device certificate": HEAD_END.command(
        0x000B, LAST + 1, AUTHORITY.device(EUI)[0].certificate
    ),
    "a question for a certificate": HEAD_END.command(
        0x000C, LAST + 1, bytes.fromhex("3004 0302 0308")
    ),
}
UNDATED = (0x0008, 0x000A, 0x000B, 0x000C)
GRAFTS = st.binary(min_size=1, max_size=6) | st.sampled_from(
    [
        b"\x00",
        b"\x80",
        b"\xff",
        b"\x05\x00",
        b"\x02\x01\x00",
        b"\x30\x80",
        b"\x30\x82\xff\xff",
        b"\x84\xff\xff\xff\xff",
    ]
)


@st.composite
def mutated(draw: st.DrawFn, octets: bytes) -> bytes:
    """Return octets with a few flips, cuts, insertions and splices."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(octets)))
        kind = draw(st.sampled_from(["flip", "number", "overwrite", "insert", "cut", "splice"]))
        if kind == "flip" and at < len(octets):
            flip = bytes([octets[at] ^ draw(st.integers(1, 255))])
            octets = octets[:at] + flip + octets[at + 1 :]
        elif kind == "number" and at < len(octets):
            # One up or one down is what turns lengths into lies.
            step = bytes([(octets[at] + draw(st.sampled_from([-1, 1]))) % 256])
            octets = octets[:at] + step + octets[at + 1 :]
        elif kind == "overwrite":
            graft = draw(GRAFTS)
            octets = octets[:at] + graft + octets[at + len(graft) :]
        elif kind == "insert":
            octets = octets[:at] + draw(GRAFTS) + octets[at:]
        elif kind == "cut":
            octets = octets[:at] + octets[at + draw(st.integers(1, 200)) :]
        else:
            start = draw(st.integers(0, len(octets)))
            octets = octets[:at] + octets[start : start + draw(st.integers(1, 200))] + octets[at:]
    return octets


def check(octets: bytes) -> None:
    """Deliver anything; what the device makes of it has to be whole."""
    rig = started()
    outcome = rig.deliver(octets)
    if outcome.verdict == ACCEPTED:
        (output,) = outcome.outputs
        dated = parse(octets).header.message_code not in UNDATED
        HEAD_END.response(octets, output, rig.now if dated else None)
        assert Rig(Medium(rig.medium.files), HEAD_END).state is not None
        return
    assert outcome.verdict in REASONS
    assert outcome.outputs == []
    assert rig.medium.files == START.medium.files


FUZZ = settings(max_examples=1000, derandomize=True, deadline=None)


@FUZZ
@given(st.sampled_from(sorted(VALID)).flatmap(lambda name: mutated(VALID[name])))
def test_mutated_messages_are_discarded_without_harm(octets: bytes) -> None:
    check(octets)


@FUZZ
@given(
    st.sampled_from(sorted(VALID)).flatmap(
        lambda name: st.tuples(st.just(name), mutated(parse(VALID[name]).payload))
    )
)
def test_mutated_payloads_under_good_protection_do_no_harm(made: tuple[str, bytes]) -> None:
    """The MAC stops nearly all of the above; here the parsers see the mutations."""
    name, octets = made
    message = Message(parse(VALID[name]).header, octets)
    party = SIGNERS[name]
    signer = None if party is None else signing(party)
    check(HEAD_END.protect(message, signer, mac=parse(VALID[name]).mac is not None))


@settings(max_examples=100, derandomize=True)
@given(st.binary(max_size=200))
def test_any_octets_are_discarded(octets: bytes) -> None:
    check(octets)
    check(b"\xdf\x09\x01" + octets)
