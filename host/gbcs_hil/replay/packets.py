"""The GBCS messages of a capture file: pcap, or pcapng (draft-ietf-opsawg-pcapng)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.message import parse

_SECTION, _INTERFACE, _ENHANCED = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_TIME_RESOLUTION = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The first octets of a pcap file, as the writer's byte order has them, and its clock's ticks.
_PCAP = {0xA1B2C3D4: 10**6, 0xA1B23C4D: 10**9}
_MAC_HEADER, _GROUPING = b"\xdd\x00\x00\x00\x00\x00\x00", b"\xdf\x09"


@dataclass(frozen=True)
class Packet:
    """What was captured at a time."""

    at: datetime
    octets: bytes


def is_capture(octets: bytes) -> bool:
    """Whether a file is a capture, by its first octets."""
    return octets[:4] == b"\n\r\r\n" or _pcap_order(octets) != ""


def packets(octets: bytes, name: str) -> list[Packet]:
    """Return the packets of a capture file.

    Raises:
        BadInput: it is none, or is cut short; says where.
    """
    try:
        read = _pcap(octets) if _pcap_order(octets) else _pcapng(octets)
        return list(read)
    except (struct.error, ValueError, OverflowError) as error:
        raise BadInput(f"{name}: no capture that can be read to its end: {error}") from error


def message_in(packet: bytes) -> bytes | None:
    """Return the GBCS message that a packet ends with, whatever carries it; None if none.

    A message begins with its MAC header or its grouping header, and says its own length.
    """
    starts = sorted({at for head in (_MAC_HEADER, _GROUPING) for at in _finds(packet, head)})
    for start in starts:
        try:
            parse(packet[start:])
        except GbcsError:
            continue
        return packet[start:]
    return None


def _finds(octets: bytes, head: bytes) -> Iterator[int]:
    at = octets.find(head)
    while at >= 0:
        yield at
        at = octets.find(head, at + 1)


def _pcap_order(octets: bytes) -> str:
    for order in "<>":
        if len(octets) >= 24 and struct.unpack(f"{order}I", octets[:4])[0] in _PCAP:
            return order
    return ""


def _pcap(octets: bytes) -> Iterator[Packet]:
    order = _pcap_order(octets)
    ticks = _PCAP[struct.unpack(f"{order}I", octets[:4])[0]]
    at = 24
    while at < len(octets):
        seconds, part, length, _ = struct.unpack(f"{order}IIII", octets[at : at + 16])
        at += 16
        if at + length > len(octets):
            raise ValueError(f"offset {at}: a packet of {length} octets, {len(octets) - at} left")
        yield Packet(_time(seconds * ticks + part, ticks), octets[at : at + length])
        at += length


def _pcapng(octets: bytes) -> Iterator[Packet]:
    order, at = "<", 0
    ticks: list[int] = []
    while at < len(octets):
        kind = struct.unpack(f"{order}I", octets[at : at + 4])[0]
        if kind == _SECTION:
            order = "<" if struct.unpack("<I", octets[at + 8 : at + 12])[0] == _BYTE_ORDER else ">"
            ticks = []
        length = struct.unpack(f"{order}I", octets[at + 4 : at + 8])[0]
        if length < 12 or at + length > len(octets):
            raise ValueError(f"offset {at}: a block of {length} octets, {len(octets) - at} left")
        body = octets[at + 8 : at + length - 4]
        if kind == _INTERFACE:
            ticks.append(_resolution(body[8:], order))
        elif kind == _ENHANCED:
            number, high, low, size = struct.unpack(f"{order}IIII", body[:16])
            if number >= len(ticks):
                raise ValueError(f"offset {at}: a packet of an interface that is not described")
            yield Packet(_time(high << 32 | low, ticks[number]), body[20 : 20 + size])
        at += length


def _resolution(options: bytes, order: str) -> int:
    """Return how many ticks of an interface's clock a second has."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack(f"{order}HH", options[at : at + 4])
        if code == _TIME_RESOLUTION and length == 1:
            power = options[at + 4]
            return int(2 ** (power & 0x7F)) if power & 0x80 else int(10**power)
        if code == 0:
            break
        at += 4 + length + -length % 4
    return 10**6


def _time(ticks: int, a_second: int) -> datetime:
    return _EPOCH + timedelta(seconds=ticks / a_second)
