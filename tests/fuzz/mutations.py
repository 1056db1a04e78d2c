"""Making bad messages of good ones: octets, DER, certificates, headers and protection.

Everything here is a function of a `random.Random`, so that a seed says what comes out. Most
mutants are signed and MACed anew, or cryptography would keep them from all that is behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Any

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.der import SEQUENCE, Tlv, children, read_only, tlv
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.message_codes import MODE_OF_CODE, MessageCode
from gbcs_hil.gbcs.names import Cra
from head_end import EUI, HEAD_END
from made_certificates import with_changed_body
from valid_messages import Valid

_GRAFTS = tuple(
    bytes.fromhex(text)
    for text in (
        *("00", "80", "ff", "0500", "020100", "3080", "3082ffff", "84ffffffff", "020200ff"),
        *(
            "02087fffffffffffffff",
            "0209008000000000000000",
            "0201ff",
            "0a0119",
            "a200",
            "30820000",
        ),
        *("180f39393939313233313233353935395a", "180f30303030303030303030303030305a", "8101ff"),
    )
)
_TAGS = (0x02, 0x03, 0x04, 0x05, 0x0A, 0x18, 0x1F, 0x30, 0x31, *range(0x80, 0x87), 0xA2, 0xA6)
_COUNTERS = (
    *((1 << bits) + by for bits in (0, 31, 32, 53, 63) for by in (-1, 0, 1)),
    (1 << 64) - 1,
)
_CODES = (*MODE_OF_CODE, *MessageCode, 0, 0xFFFF)
_CERTIFICATE = 300
"""Longer than any other part of a payload, and shorter than a certificate."""

Octets = Callable[[Random, bytes], bytes]


def octets_changed(chance: Random, octets: bytes) -> bytes:
    """Return octets with a few flips, steps, cuts, insertions and splices."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(octets))
        kind = chance.choice(("flip", "step", "overwrite", "insert", "cut", "splice", "end"))
        if kind == "flip":
            octets = _with(octets, at, lambda value: value ^ chance.randint(1, 255))
        elif kind == "step":
            # One up or one down is what turns lengths into lies.
            octets = _with(octets, at, lambda value: value + chance.choice((-1, 1)))
        elif kind == "overwrite":
            graft = chance.choice(_GRAFTS)
            octets = octets[:at] + graft + octets[at + len(graft) :]
        elif kind == "insert":
            octets = octets[:at] + chance.choice(_GRAFTS) + octets[at:]
        elif kind == "cut":
            octets = octets[:at] + octets[at + chance.randint(1, 200) :]
        elif kind == "splice":
            start = chance.randint(0, len(octets))
            octets = octets[:at] + octets[start : start + chance.randint(1, 200)] + octets[at:]
        else:
            octets = octets[:at]
    return octets


def _with(octets: bytes, at: int, change: Callable[[int], int]) -> bytes:
    if at >= len(octets):
        return octets
    return octets[:at] + bytes([change(octets[at]) % 256]) + octets[at + 1 :]


def der_changed(chance: Random, octets: bytes) -> bytes:
    """Return DER with one element changed, and the lengths around it put right.

    Octets that are no DER are changed as octets.
    """
    try:
        path = _any_path(chance, octets)
    except GbcsError:
        return octets_changed(chance, octets)
    target = path[-1]
    element = octets[target.start : target.end]
    content = octets[target.content : target.end]
    kind = chance.choice(tuple(_ELEMENTS))
    return _rebuilt(octets, path, _ELEMENTS[kind](chance, element, content))


_ELEMENTS: MappingProxyType[str, Callable[[Random, bytes, bytes], bytes]] = MappingProxyType(
    {
        "left out": lambda chance, element, content: b"",
        "doubled": lambda chance, element, content: element * 2,
        # More of one kind than the device takes, in a message of a few kilobytes.
        "many": lambda chance, element, content: (
            element * min(chance.choice((3, 17, 60)), 1 + 4000 // len(element))
        ),
        "empty": lambda chance, element, content: element[:1] + b"\0",
        "retagged": lambda chance, element, content: bytes([chance.choice(_TAGS)]) + element[1:],
        "changed": lambda chance, element, content: tlv(
            element[0], octets_changed(chance, content)[:4000]
        ),
        "wrapped": lambda chance, element, content: tlv(chance.choice(_TAGS), element),
        "unwrapped": lambda chance, element, content: content,
        "replaced": lambda chance, element, content: chance.choice(_GRAFTS),
        "long length": lambda chance, element, content: (
            element[:1] + b"\x82" + len(content).to_bytes(2) + content
        ),
    }
)


def _any_path(chance: Random, octets: bytes) -> list[Tlv]:
    """Return an element of some DER behind those that it lies in, the outermost first."""
    path = [read_only(octets, 0, len(octets))]
    while path[-1].constructed and chance.random() < 0.85:
        inside = list(children(octets, path[-1]))
        if not inside:
            break
        path.append(chance.choice(inside))
    return path


def _rebuilt(octets: bytes, path: Sequence[Tlv], element: bytes) -> bytes:
    """Return octets with the last of a path exchanged and every length around it right."""
    inner = path[-1]
    for outer in reversed(path[:-1]):
        content = octets[outer.content : inner.start] + element + octets[inner.end : outer.end]
        element = tlv(outer.tag, content)
        inner = outer
    return element


def certificate_changed(chance: Random, octets: bytes) -> bytes:
    """Return a payload with one of its certificates changed inside and signed again."""
    try:
        path = _certificate_in(chance, octets)
        if path is None:
            return der_changed(chance, octets)
        held = octets[path[-1].start : path[-1].end]
        changed = with_changed_body(held, lambda body: der_changed(chance, body))
        return _rebuilt(octets, path, changed)
    except GbcsError:
        return octets_changed(chance, octets)


def _certificate_in(chance: Random, octets: bytes) -> list[Tlv] | None:
    found: list[list[Tlv]] = []

    def look(path: list[Tlv]) -> None:
        here = path[-1]
        if here.tag != SEQUENCE or here.end - here.start < _CERTIFICATE:
            return
        inside = list(children(octets, here))
        if [item.tag for item in inside] == [0x30, 0x30, 0x03]:
            found.append(path)
            return
        for item in inside:
            look([*path, item])

    look([read_only(octets, 0, len(octets))])
    return chance.choice(found) if found else None


def header_changed(chance: Random, message: Message) -> Message:
    """Return a message whose header has another value in one place."""
    header = message.header
    changes: dict[str, Callable[[], dict[str, Any]]] = {
        "counter": lambda: {"counter": chance.choice(_COUNTERS)},
        "code": lambda: {"message_code": chance.choice(_CODES)},
        "kind": lambda: {"cra": chance.choice(tuple(Cra))},
        "ends": lambda: {"originator": header.recipient, "recipient": header.originator},
        "originator": lambda: {"originator": chance.randbytes(8)},
        "recipient": lambda: {"recipient": chance.randbytes(8)},
        "date": lambda: {"date_time": chance.randbytes(12)},
        "party": lambda: {
            "supplementary_party": EUI,
            "supplementary_counter": chance.choice((None, *_COUNTERS)),
        },
    }
    changed = replace(header, **changes[chance.choice(tuple(changes))]())
    return Message(changed, message.payload)


def framing_changed(chance: Random, message: Message) -> Message:
    """Return a message whose octets, header and all, were changed before they are signed."""
    changed = message.protected(None, None)
    octets = octets_changed(chance, message.grouping_octets)
    object.__setattr__(changed, "_grouping", octets)
    return changed


def _payload(change: Octets) -> Callable[[Random, Valid, Message, Message], bytes]:
    def mutate(chance: Random, valid: Valid, message: Message, other: Message) -> bytes:
        return valid.protect(Message(message.header, change(chance, message.payload)))

    return mutate


def _whole(chance: Random, valid: Valid, message: Message, other: Message) -> bytes:
    return octets_changed(chance, valid.protect(message))


def _signature(chance: Random, valid: Valid, message: Message, other: Message) -> bytes:
    """Return it under a changed signature and the MAC that belongs to that."""
    signed = parse(valid.protect(message))
    numbers = octets_changed(chance, signed.signature or b"")[:64].ljust(64, b"\0")
    forged = signed.protected(chance.choice((b"", numbers)), None)
    return HEAD_END.remac(forged) if valid.mac else forged.encode()


def _anything(chance: Random, valid: Valid, message: Message, other: Message) -> bytes:
    start = chance.choice((b"", b"\xdf\x09\x01", b"\xdd\0\0\0\0\0\0", b"\xdd\0\0\0\0\0\0\x82\x0f"))
    return start + chance.randbytes(chance.choice((0, 1, 20, 200, 4000)))


_WAYS = (
    # Each with how often it comes.
    (1, lambda chance, valid, message, other: valid.protect(message)),
    (2, _whole),
    (4, _payload(octets_changed)),
    (6, _payload(der_changed)),
    (6, _payload(certificate_changed)),
    (2, _payload(lambda chance, octets: chance.randbytes(chance.randint(0, 60)))),
    (2, lambda chance, valid, message, other: valid.protect(header_changed(chance, message))),
    (2, lambda chance, valid, message, other: valid.protect(framing_changed(chance, message))),
    (
        1,
        lambda chance, valid, message, other: valid.protect(
            Message(message.header, other.payload)
        ),
    ),
    (1, _signature),
    (1, _anything),
)


def mutant(chance: Random, valid: Valid, other: Valid, counter: int) -> bytes:
    """Return a message made of a valid one, bad in one way, or now and then not at all.

    Args:
        chance: decides.
        valid: what it is made of.
        other: lends its payload to some.
        counter: Originator Counter.
    """
    weights = [weight for weight, _ in _WAYS]
    (way,) = chance.choices([way for _, way in _WAYS], weights)
    return way(chance, valid, valid.make(counter), other.make(counter))
