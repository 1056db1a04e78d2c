"""What GBCS's DER needs beyond `cryptography.hazmat.asn1`.

Devices code some lengths of 0x80 to 0xFF as `82 00 xx`, which is not DER; and a SEQUENCE OF
may be the whole payload. Declarative decoding refuses both, so what it refuses has its lengths
put right, and a root SEQUENCE OF is read as the only field of a SEQUENCE.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from cryptography.hazmat import asn1

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import encode_length, read_length

SEQUENCE = 0x30
ENUMERATED = 0x0A
_CONSTRUCTED = 0x20
# The deepest payload, a certificate in a CS02b command, nests 11 levels.
_DEEPEST = 24
_UNREADABLE = (ValueError, TypeError, OverflowError)

_T = TypeVar("_T")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Tlv:
    """Where one tag-length-value lies in the octets it was read from."""

    tag: int
    start: int
    content: int
    end: int
    minimal: bool

    @property
    def constructed(self) -> bool:
        """Whether the content is itself a run of tag-length-values."""
        return bool(self.tag & _CONSTRUCTED)


@dataclass(frozen=True, slots=True)
class Normalised:
    """DER, and whether its lengths had to be put right to get there."""

    octets: bytes
    changed: bool


class _SequenceOf(Protocol[_Item]):
    items: list[_Item]


def read_tlv(octets: bytes, offset: int, end: int) -> Tlv:
    """Read one tag and length.

    Raises:
        GbcsError: the tag takes several octets, or the value reaches beyond `end`.
    """
    if offset >= end:
        raise GbcsError(f"offset {offset}: a DER value is missing")
    tag = octets[offset]
    if tag & 0x1F == 0x1F:
        raise GbcsError(f"offset {offset}: GBCS has no tag 0x{tag:02X}")
    length, content, minimal = read_length(octets, offset + 1, end, f"DER value 0x{tag:02X}")
    return Tlv(tag, offset, content, content + length, minimal)


def read_only(octets: bytes, offset: int, end: int) -> Tlv:
    """Read a tag and length whose value ends exactly at `end`.

    Raises:
        GbcsError: the value is malformed or something follows it.
    """
    tlv = read_tlv(octets, offset, end)
    if tlv.end != end:
        raise GbcsError(f"offset {tlv.end}: {end - tlv.end} octets after the end of the DER value")
    return tlv


def children(octets: bytes, tlv: Tlv) -> Iterator[Tlv]:
    """Yield the tag-length-values inside a constructed one.

    Raises:
        GbcsError: one of them is malformed.
    """
    offset = tlv.content
    while offset < tlv.end:
        child = read_tlv(octets, offset, tlv.end)
        yield child
        offset = child.end


def normalise_lengths(octets: bytes) -> Normalised:
    """Code every length of one DER value in its shortest form.

    Raises:
        GbcsError: this is not exactly one value, or it nests deeper than any GBCS payload.
    """
    changed = False

    def rewrite(tlv: Tlv, depth: int) -> bytes:
        nonlocal changed
        if depth > _DEEPEST:
            raise GbcsError(f"offset {tlv.start}: DER nests deeper than {_DEEPEST} levels")
        changed = changed or not tlv.minimal
        if tlv.constructed:
            content = b"".join(rewrite(child, depth + 1) for child in children(octets, tlv))
        else:
            content = octets[tlv.content : tlv.end]
        return bytes([tlv.tag]) + encode_length(len(content)) + content

    result = rewrite(read_only(octets, 0, len(octets)), 1)
    return Normalised(result, changed)


def decode(kind: type[_T], octets: bytes, what: str) -> _T:
    """Decode a payload by its declarative class; if it must be, after lengths were put right.

    Raises:
        GbcsError: the octets are not `what`.
    """
    with suppress(*_UNREADABLE):
        return asn1.decode_der(kind, octets)
    try:
        return asn1.decode_der(kind, normalise_lengths(octets).octets)
    except GbcsError:
        raise
    except _UNREADABLE as error:
        raise GbcsError(f"not a {what}: {error}") from None


def decode_sequence_of(kind: type[_SequenceOf[_Item]], octets: bytes, what: str) -> list[_Item]:
    """Decode a payload that is a SEQUENCE OF.

    Args:
        kind: a declarative SEQUENCE whose only field is the list `items`.
        octets: the payload.
        what: its name, for the error.

    Raises:
        GbcsError: the octets are not `what`.
    """
    return decode(kind, tlv(SEQUENCE, octets), what).items


def encode_sequence_of(sequence: _SequenceOf[_Item]) -> bytes:
    """Encode the list `items` alone, without the SEQUENCE that holds it."""
    octets = asn1.encode_der(sequence)
    return octets[read_only(octets, 0, len(octets)).content :]


def tlv(tag: int, content: bytes) -> bytes:
    """Code one tag-length-value."""
    return bytes([tag]) + encode_length(len(content)) + content


def raw(octets: bytes, what: str) -> asn1.TLV:
    """Take octets that are already DER, such as a certificate, as they are.

    Raises:
        GbcsError: they are not exactly one DER value.
    """
    try:
        return asn1.decode_der(asn1.TLV, octets)
    except ValueError as error:
        raise GbcsError(f"not a {what}: {error}") from None


def time_from(time: asn1.GeneralizedTime) -> datetime:
    """Return a GeneralizedTime as UTC."""
    return time.as_datetime().replace(tzinfo=UTC)


def time_to(time: datetime) -> asn1.GeneralizedTime:
    """Return a time with time zone as GeneralizedTime in whole seconds.

    Raises:
        GbcsError: it has no time zone.
    """
    if time.tzinfo is None:
        raise GbcsError(f"{time} has no time zone, so it cannot be sent to a Device")
    return asn1.GeneralizedTime(time.astimezone(UTC).replace(microsecond=0))
