"""What is no good is discarded: nothing comes back, nothing changes, the device goes on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import ACCEPTED, EUI, OTHER_EUI, Medium, Rig, after, provisioned

from gbcs_device import store
from gbcs_device.rejection import REASONS
from gbcs_hil.gbcs.message import Cra, Message, parse, pre_command
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.gbcs.security_credentials import ReadCredentials
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, digital_signing
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
)
from head_end import (
    ACB_BY_ACB,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    off_the_curve,
    role_cells,
    signing,
    statuses,
)

LAST = 1000
NETWORK = Role.NETWORK_OPERATOR
NO_DS, NO_KA = role_cells(NETWORK)
HANDOVER = certificates(NETWORK, GAS_NETWORK_B)
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
START = provisioned("gpf", {NETWORK: LAST, Role.SUPPLIER: LAST})
HEAD_END = START.head_end


def started() -> Rig:
    return Rig(Medium(START.medium.files), HEAD_END)


def command(counter: int = LAST + 1) -> bytes:
    return HEAD_END.update(NETWORK_BY_NETWORK, counter, HANDOVER)


def parts() -> Message:
    return parse(command())


def re_signed(message: Message) -> bytes:
    """Return a changed message as its owner and the broker would have protected it."""
    return HEAD_END.protect(message.pre_command, signing(GAS_NETWORK_A))


def header(**changes: Any) -> bytes:
    message = parts()
    return re_signed(Message(replace(message.header, **changes), message.payload))


def payload(change: Callable[[bytes], bytes]) -> bytes:
    message = parts()
    return re_signed(Message(message.header, change(message.payload)))


def signature(octets: bytes) -> bytes:
    """Return the command with another signature, and the MAC that belongs to that."""
    return HEAD_END.remac(parts().protected(octets, None))


def numbers(r: int, s: int) -> bytes:
    return signature(r.to_bytes(32) + s.to_bytes(32))


def flipped(at: int) -> bytes:
    octets = bytearray(command())
    octets[at] ^= 1
    return bytes(octets)


def by_a_stranger() -> bytes:
    """Return the command under the MAC of somebody who has another key than the broker."""
    key = ec.derive_private_key(0xBAD, ec.SECP256R1())
    acb = replace(HEAD_END.acb, private_key=key)
    return replace(HEAD_END, acb=acb).protect(parts().pre_command, signing(GAS_NETWORK_A))


def longer(octets: bytes) -> bytes:
    """Return DER whose outermost length takes an octet more than it needs."""
    assert octets[1] == 0x82
    return octets[:1] + b"\x83\x00" + octets[2:]


def lying(by: int) -> Callable[[bytes], bytes]:
    def lie(octets: bytes) -> bytes:
        length = int.from_bytes(octets[2:4]) + by
        return octets[:2] + length.to_bytes(2) + octets[4:]

    return lie


def deep(octets: bytes) -> bytes:
    return b"".join(b"\x30\x82" + (4 * (900 - n)).to_bytes(2) for n in range(1, 901))


R, S = (
    int.from_bytes(part)
    for part in ((parts().signature or b"")[:32], (parts().signature or b"")[32:])
)

HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    # What is no message.
    "nothing": ("malformed", lambda: b""),
    "one octet": ("malformed", lambda: b"\xdd"),
    "text": ("malformed", lambda: b"GET / HTTP/1.1\r\n\r\n"),
    "zeros": ("malformed", lambda: bytes(2000)),
    "64 KB": ("malformed", lambda: b"\xdd" * 65536),
    "cut in half": ("malformed", lambda: command()[:700]),
    "without its last octet": ("malformed", lambda: command()[:-1]),
    "with an octet more": ("malformed", lambda: command() + b"\0"),
    "twice": ("malformed", lambda: command() * 2),
    "a pre-command": ("malformed", lambda: parts().pre_command.encode()),
    # Messages that are none for this device.
    "an unknown message code": ("unknown-message-code", lambda: header(message_code=0x7777)),
    "message code 0": ("unknown-message-code", lambda: header(message_code=0)),
    "a use case that it lacks": ("unknown-message-code", lambda: header(message_code=0x006C)),
    "a mode that it lacks": ("unsupported", lambda: header(message_code=0x0107)),
    "a response": ("malformed", lambda: header(cra=Cra.RESPONSE)),
    "an alert": ("malformed", lambda: header(cra=Cra.ALERT)),
    "the wrong target": ("wrong-target", lambda: header(recipient=OTHER_EUI)),
    "nobody's target": ("wrong-target", lambda: header(recipient=bytes(8))),
    "a date": ("malformed", lambda: header(date_time=bytes(12))),
    "a supplementary party": (
        "malformed",
        lambda: header(supplementary_party=bytes(8), supplementary_counter=1),
    ),
    # Payloads that are none, well signed.
    "an empty payload": ("malformed", lambda: payload(lambda _: b"")),
    "truncated DER": ("malformed", lambda: payload(lambda octets: octets[:-1])),
    "DER cut in half": ("malformed", lambda: payload(lambda octets: octets[: len(octets) // 2])),
    "over-long DER": ("malformed", lambda: payload(lambda octets: octets + b"\x05\x00")),
    "an over-long DER length": ("malformed", lambda: payload(longer)),
    "a length one too small": ("malformed", lambda: payload(lying(-1))),
    "a length one too large": ("malformed", lambda: payload(lying(1))),
    "a length of 64 KB": (
        "malformed",
        lambda: payload(lambda octets: b"\x30\x82\xff\xff" + octets[4:]),
    ),
    "a length of 4 GB": (
        "malformed",
        lambda: payload(lambda octets: b"\x30\x84\xff\xff\xff\xff" + octets[4:]),
    ),
    "an indefinite length": (
        "malformed",
        lambda: payload(lambda octets: b"\x30\x80" + octets[4:] + b"\0\0"),
    ),
    "DER 900 deep": ("malformed", lambda: payload(deep)),
    "another use case's payload": ("malformed", lambda: payload(lambda _: _read_payload())),
    # Protection.
    "no MAC": ("bad-mac", lambda: parts().protected(parts().signature, None).encode()),
    "a MAC of zeros": ("bad-mac", lambda: command()[:-12] + bytes(12)),
    "another MAC": ("bad-mac", lambda: command()[:-12] + command(LAST + 2)[-12:]),
    "a flipped MAC": ("bad-mac", lambda: flipped(-1)),
    "a flipped counter": ("bad-mac", lambda: flipped(25)),
    "a flipped originator": ("bad-mac", lambda: flipped(34)),
    "a stranger's MAC": ("bad-mac", by_a_stranger),
    "a flipped signature": ("bad-mac", lambda: flipped(-13)),
    "no signature": ("bad-signature", lambda: signature(b"")),
    "a signature of zeros": ("bad-signature", lambda: signature(bytes(64))),
    "a signature of ones": ("bad-signature", lambda: signature(b"\xff" * 64)),
    "r = 0": ("bad-signature", lambda: numbers(0, S)),
    "s = 0": ("bad-signature", lambda: numbers(R, 0)),
    "r = n": ("bad-signature", lambda: numbers(N, S)),
    "s = n": ("bad-signature", lambda: numbers(R, N)),
    "r and s = 1": ("bad-signature", lambda: numbers(1, 1)),
    "r and s swapped": ("bad-signature", lambda: numbers(S, R)),
    "r of another message": (
        "bad-signature",
        lambda: signature((parse(command(LAST + 2)).signature or b"")[:32] + S.to_bytes(32)),
    ),
    "another's signature": (
        "bad-signature",
        lambda: HEAD_END.protect(parts().pre_command, signing(SUPPLIER_A)),
    ),
    "its successor's signature": (
        "bad-signature",
        lambda: HEAD_END.protect(parts().pre_command, signing(GAS_NETWORK_B)),
    ),
    # Authorisation.
    "another originator": ("not-authorised", lambda: header(originator=GAS_NETWORK_B.eui)),
    "the device's own name": ("not-authorised", lambda: header(originator=EUI)),
    "another counter than [3]": ("not-authorised", lambda: header(counter=LAST + 2)),
    "a mode for another's cell": (
        "not-authorised",
        lambda: HEAD_END.update(
            NETWORK_BY_NETWORK, LAST + 1, certificates(Role.SUPPLIER, SUPPLIER_B)
        ),
    ),
    # Replay.
    "the last counter": ("replay", lambda: command(LAST)),
    "the counter before the last": ("replay", lambda: command(LAST - 1)),
    "counter 1": ("replay", lambda: command(1)),
    "counter 0": ("replay", lambda: command(0)),
}


def _read_payload() -> bytes:
    return parse(HEAD_END.read(1, Role.SUPPLIER)).payload


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
}
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
        dated = parse(octets).header.message_code != 0x0008
        HEAD_END.response(octets, output, rig.now if dated else None)
        assert Rig(Medium(rig.medium.files), HEAD_END).state is not None
        return
    assert outcome.verdict in REASONS
    assert outcome.outputs == []
    assert rig.medium.files == START.medium.files


FUZZ = settings(max_examples=1500, derandomize=True, deadline=None)


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
