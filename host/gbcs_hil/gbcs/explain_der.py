"""Explaining DER payloads by tables of named fields: CS02a to CS02g (GBCS 13.3).

This reads tag by tag and knows nothing of the declarative classes, so that what a person is
shown does not rest on the code that built the message; and it keeps every offset.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gbcs_hil.errors import CredentialError, GbcsError
from gbcs_hil.gbcs.certificate import SmkiCertificate, read_certificate
from gbcs_hil.gbcs.der import Tlv, children, read_only
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.node import Node, Source

INTEGER, BIT_STRING, OCTET_STRING, NULL, ENUMERATED = 2, 3, 4, 5, 10
GENERALIZED_TIME, SEQUENCE = 0x18, 0x30
_LARGEST_INTEGER = 9
_TIME_LENGTH = 15

Shape = Callable[[Source, Tlv, str], Node]
Summary = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a SEQUENCE, or one of the values that a payload may be."""

    name: str
    tag: int
    shape: Shape
    optional: bool = False


def explain_der(source: Source, start: int, end: int, choices: tuple[Field, ...]) -> Node:
    """Explain a payload that is one of some DER values.

    Raises:
        GbcsError: it is none of them.
    """
    tlv = read_only(source.octets, start, end)
    for choice in choices:
        if choice.tag == tlv.tag:
            return choice.shape(source, tlv, choice.name)
    expected = " or ".join(f"{choice.name} (0x{choice.tag:02X})" for choice in choices)
    raise GbcsError(f"offset {start}: tag 0x{tlv.tag:02X}, expected {expected}")


def number(text: Callable[[int], str] = str) -> Shape:
    """Return the shape of an INTEGER or ENUMERATED."""

    def shape(source: Source, tlv: Tlv, name: str) -> Node:
        content = source.octets[tlv.content : tlv.end]
        if not 1 <= len(content) <= _LARGEST_INTEGER:
            raise GbcsError(f"offset {tlv.start}: {name} has {len(content)} octets, expected 1-9")
        return _node(source, tlv, name, text(int.from_bytes(content, "big", signed=True)))

    return shape


def octets(text: Callable[[Source, bytes], str], size: int | None = None) -> Shape:
    """Return the shape of an OCTET STRING, of a given size."""

    def shape(source: Source, tlv: Tlv, name: str) -> Node:
        content = source.octets[tlv.content : tlv.end]
        if size not in (None, len(content)):
            raise GbcsError(
                f"offset {tlv.start}: {name} has {len(content)} octets, expected {size}"
            )
        return _node(source, tlv, name, text(source, content))

    return shape


def key_usage(source: Source, tlv: Tlv, name: str) -> Node:
    """Explain a keyUsage BIT STRING."""
    content = source.octets[tlv.content : tlv.end]
    if len(content) not in (2, 3):
        raise GbcsError(f"offset {tlv.start}: {name} is no keyUsage: {content[:8].hex().upper()}")
    bits = int.from_bytes(content[1:3].ljust(2, b"\0"), "big")
    names = [usage.gbcs_name for usage in KeyUsage if bits & 0x8000 >> usage]
    return _node(source, tlv, name, ", ".join(names) or f"unknown ({content[1:].hex().upper()})")


def null(source: Source, tlv: Tlv, name: str) -> Node:
    """Explain a NULL, which says something by being there."""
    if tlv.end != tlv.content:
        raise GbcsError(f"offset {tlv.start}: NULL {name} is not empty")
    return _node(source, tlv, name, "yes")


def time(source: Source, tlv: Tlv, name: str) -> Node:
    """Explain a GeneralizedTime."""
    content = source.octets[tlv.content : tlv.end]
    try:
        if len(content) != _TIME_LENGTH:
            raise ValueError
        moment = datetime.strptime(content.decode("ascii"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        shown = content[:20].hex().upper()
        raise GbcsError(
            f"offset {tlv.start}: {name} is no time YYYYMMDDhhmmssZ: {shown}"
        ) from None
    value = "never (cancels the command)" if moment.year == 9999 else f"{moment:%Y-%m-%d %H:%M:%S}"
    return _node(source, tlv, name, value)


def sequence(*fields: Field, summary: Summary | None = None) -> Shape:
    """Return the shape of a SEQUENCE of named fields."""

    def shape(source: Source, tlv: Tlv, name: str) -> Node:
        parts = []
        wanted = iter(fields)
        for child in children(source.octets, tlv):
            field = next((f for f in wanted if f.tag == child.tag or not f.optional), None)
            if field is None or field.tag != child.tag:
                expected = (
                    f"expected {field.name} (0x{field.tag:02X})" if field else "not expected"
                )
                raise GbcsError(f"offset {child.start}: tag 0x{child.tag:02X}, {expected}")
            parts.append(field.shape(source, child, field.name))
        missing = next((f for f in wanted if not f.optional), None)
        if missing:
            raise GbcsError(f"offset {tlv.end}: {missing.name} is missing from {name}")
        value = summary({part.name: part.value for part in parts}) if summary else ""
        return _node(source, tlv, name, value, tuple(parts))

    return shape


def sequence_of(item: Field) -> Shape:
    """Return the shape of a SEQUENCE OF."""

    def shape(source: Source, tlv: Tlv, name: str) -> Node:
        parts = []
        for child in children(source.octets, tlv):
            if child.tag != item.tag:
                raise GbcsError(
                    f"offset {child.start}: tag 0x{child.tag:02X}, "
                    f"expected {item.name} (0x{item.tag:02X})"
                )
            parts.append(item.shape(source, child, item.name))
        count = {0: "none", 1: "1 item"}.get(len(parts), f"{len(parts)} items")
        return _node(source, tlv, name, count, tuple(parts))

    return shape


def opaque(text: str) -> Shape:
    """Return the shape of a value that is named and not taken apart."""

    def shape(source: Source, tlv: Tlv, name: str) -> Node:
        return _node(source, tlv, name, text)

    return shape


def certificate(source: Source, tlv: Tlv, name: str) -> Node:
    """Explain a certificate; one that cannot be read is shown as such, for it may be meant so."""
    try:
        read = read_certificate(source.octets[tlv.start : tlv.end])
    except CredentialError as error:
        return _node(source, tlv, name, f"unreadable, {error}")
    role = read.role.gbcs_name if read.role is not None else "device"
    subject = source.eui(read.eui) if read.eui else read.name or ""
    value = f"{role} {subject} {read.key_usage.gbcs_name}"
    return _node(source, tlv, name, value, _certificate_parts(source, tlv, read))


def _certificate_parts(source: Source, tlv: Tlv, read: SmkiCertificate) -> tuple[Node, ...]:
    def part(name: str, value: str, needle: bytes) -> Node:
        # The certificate was read as a whole; where these octets are in it shows their place.
        at = source.octets.find(needle, tlv.start, tlv.end) if needle else -1
        return source.node(name, value, max(at, tlv.start), max(at, tlv.start) + len(needle))

    parts = [part("issuer", read.issuer, b"")]
    if read.name:
        parts.append(part("common name", read.name, read.name.encode()))
    if read.eui:
        parts.append(part("EUI-64", source.eui(read.eui), read.eui))
    parts.append(part("subject key identifier", read.ski.hex().upper(), read.ski))
    if read.aki:
        parts.append(part("authority key identifier", read.aki.hex().upper(), read.aki))
    usages = ", ".join(usage.gbcs_name for usage in read.key_usages)
    until = "no end" if read.not_after.year == 9999 else f"{read.not_after:%Y-%m-%d %H:%M:%S}"
    parts += [
        part("key usage", usages, b""),
        part("valid", f"{read.not_before:%Y-%m-%d %H:%M:%S} to {until}", b""),
        part("public key", "P-256", read.public_key),
    ]
    return tuple(parts)


def _node(source: Source, tlv: Tlv, name: str, value: str, parts: tuple[Node, ...] = ()) -> Node:
    return source.node(name, value, tlv.start, tlv.end, parts)
