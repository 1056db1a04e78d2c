"""Saying what a GBCS message is, part by part, for a person."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Span
from gbcs_hil.gbcs.der import read_only
from gbcs_hil.gbcs.dlms_time import describe_time
from gbcs_hil.gbcs.explain_der import certificate, explain_der
from gbcs_hil.gbcs.explain_dlms import explain_dlms
from gbcs_hil.gbcs.explain_gbz import explain_gbz
from gbcs_hil.gbcs.explain_payloads import DER_PAYLOADS
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.message_codes import USE_CASES, Protocol
from gbcs_hil.gbcs.names import Cra
from gbcs_hil.gbcs.node import Node, Source, to_json

__all__ = ["Node", "explain", "read_octets", "to_json"]

_GBZ_PROFILE = b"\x01\x09"
_DLMS_NOTIFICATION = b"\x0f"
_FIRST_OCTETS = (0xDD, 0xDF)
_UTF_8 = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

_HEADER: MappingProxyType[str, Callable[[Source, bytes], str]] = MappingProxyType(
    {
        "CRA Flag": lambda _, octets: Cra(octets[0]).gbcs_name,
        "Originator Counter": lambda _, octets: str(int.from_bytes(octets, "big")),
        "Business Originator ID": Source.eui,
        "Business Target ID": Source.eui,
        "Date Time": lambda _, octets: describe_time(octets),
        "Message Code": lambda _, octets: _use_case(int.from_bytes(octets, "big")),
        "Supplementary Remote Party ID": Source.eui,
        "Supplementary Remote Party Counter": lambda _, octets: str(int.from_bytes(octets, "big")),
        "Supplementary Originator Counter": lambda _, octets: str(int.from_bytes(octets, "big")),
    }
)
"""The parts of a grouping header that a person is shown, and how each is said."""


def explain(octets: bytes, directory: Mapping[bytes, str] | None = None) -> Node:
    """Explain a message.

    Args:
        octets: the message.
        directory: the names of parties and devices that are known, by EUI-64.

    Returns:
        The tree of its parts. A payload of a use case that this project does not know is one
        node that says so.

    Raises:
        GbcsError: the message, or a payload that should be understood, is malformed.
    """
    message = parse(octets)
    source = Source(octets, directory or {})
    spans = {span.name: span for span in message.spans}
    payload = spans["Payload"]
    parts = []
    start = spans["general-signing tag and transaction length"].start
    if message.mac is not None:
        value = "authenticated by a MAC, not encrypted"
        parts.append(source.node("MAC header", value, 0, start))
    parts.append(_header(source, message, start, payload.start))
    parts.append(_payload(source, message, payload))
    if message.signature:
        span = spans["Signature"]
        parts.append(source.node("Signature", "ECDSA P-256, r and s", span.start, span.end))
    if message.mac is not None:
        span = spans["MAC"]
        parts.append(source.node("MAC", "AES-GCM, 96 bits", span.start, span.end))
    use_case = _use_case(message.header.message_code)
    return source.node(_kind(message), use_case, 0, len(octets), tuple(parts))


def read_octets(text: str | bytes) -> bytes:
    """Return the octets of a message given in hexadecimal or as they are.

    Args:
        text: hexadecimal digits, which spaces, line ends, colons, commas, hyphens and 0x may
            divide; or a message's raw octets.

    Raises:
        GbcsError: it is neither.
    """
    if isinstance(text, bytes):
        if text[:1] in (b"\xdd", b"\xdf"):
            return text
        if text[:2] in _UTF_16:
            raise GbcsError("this is UTF-16 text: save it as ASCII or UTF-8")
        try:
            text = text.removeprefix(_UTF_8).decode("ascii")
        except UnicodeDecodeError:
            raise GbcsError(
                "this is no GBCS message: neither hexadecimal text nor octets that start with "
                "DD or DF"
            ) from None
    digits = re.sub(r"0[xX]|[\s:,-]", "", text)
    if not digits:
        raise GbcsError("it is empty: there is no hexadecimal digit in it")
    wrong = re.search(r"[^0-9A-Fa-f]", digits)
    if wrong:
        raise GbcsError(f"{wrong.group()!r} is no hexadecimal digit")
    if len(digits) % 2:
        raise GbcsError(f"{len(digits)} hexadecimal digits make no whole octets")
    octets = bytes.fromhex(digits)
    if octets[0] not in _FIRST_OCTETS:
        raise GbcsError(f"a GBCS message starts with DD or DF, not {octets[0]:02X}")
    return octets


def _kind(message: Message) -> str:
    name = message.header.cra.gbcs_name
    if message.header.cra is Cra.COMMAND and message.signature is None:
        return "Pre-command"
    protections = [
        word
        for word, given in (("signed", message.signature), ("MAC", message.mac))
        if given is not None and given
    ]
    return f"{name}, {' and '.join(protections) or 'unprotected'}"


def _use_case(code: int) -> str:
    use_case = USE_CASES.get(code)
    if use_case is None:
        return f"0x{code:04X}, a use case that this program does not know"
    name = "" if use_case.name == "-" else f"{use_case.name}, "
    return f"0x{code:04X} {name}{use_case.title}"


def _header(source: Source, message: Message, start: int, end: int) -> Node:
    parts = []
    for span in message.spans:
        if span.name in _HEADER:
            value = _HEADER[span.name](source, source.octets[span.start : span.end])
            parts.append(source.node(span.name, value, span.start, span.end))
        elif span.name == "Key Agreement Certificate":
            tlv = read_only(source.octets, span.start, span.end)
            parts.append(certificate(source, tlv, span.name))
    header = message.header
    value = f"{source.eui(header.originator)} to {source.eui(header.recipient)}"
    return source.node("Grouping Header", value, start, end, tuple(parts))


def _payload(source: Source, message: Message, span: Span) -> Node:
    code, cra = message.header.message_code, message.header.cra
    choices = DER_PAYLOADS.get((code, cra))
    if choices:
        return explain_der(source, span.start, span.end, choices)
    use_case = USE_CASES.get(code)
    protocol = use_case.protocol if use_case else None
    if protocol is Protocol.DEVICE:
        if message.payload.startswith(_DLMS_NOTIFICATION):
            protocol = Protocol.DLMS
        elif message.payload.startswith(_GBZ_PROFILE):
            protocol = Protocol.GBZ
    if protocol is Protocol.DLMS:
        return explain_dlms(source, span.start, span.end, code, message.header.counter)
    if protocol is Protocol.GBZ:
        return explain_gbz(source, span.start, span.end, cra)
    return source.node("Payload", "not known, shown raw", span.start, span.end)
