"""Messages that a device has to discard, each with the reason: bad input of every kind.

They are for the device `head_end.EUI`, a GPF whose supplier and network operator both stand
at the counter `LAST`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.gbcs.message import Cra, Message, parse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.smki.parties import GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B
from head_end import EUI, HEAD_END, NETWORK_BY_NETWORK, certificates, signing

LAST = 1000
NETWORK = Role.NETWORK_OPERATOR
HANDOVER = certificates(NETWORK, GAS_NETWORK_B)
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OTHER_EUI = bytes.fromhex("00DB1234567890A4")


def command(counter: int = LAST + 1) -> bytes:
    """Return a handover that is in order, but perhaps for its counter."""
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


def mac_flipped_at(at: int) -> Callable[[], bytes]:
    return lambda: flipped(at - 12)


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
    f"octet {at} of the MAC flipped": ("bad-mac", mac_flipped_at(at)) for at in range(12)
} | {
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
    "a GSME's use case": ("unsupported", lambda: header(message_code=0x006C)),
    "an ESME's use case": ("unsupported", lambda: header(message_code=0x001A)),
    "a load controller's use case": ("unsupported", lambda: header(message_code=0x0125)),
    "an alert's message code": ("unknown-message-code", lambda: header(message_code=0x00CB)),
    "a mode that it lacks": ("unsupported", lambda: header(message_code=0x0109)),
    "another mode's message code": ("malformed", lambda: header(message_code=0x0107)),
    "a mode without MAC": ("malformed", lambda: header(message_code=0x0108)),
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
    "a flipped counter": ("bad-mac", lambda: flipped(25)),
    "a flipped originator": ("not-authorised", lambda: flipped(34)),
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
