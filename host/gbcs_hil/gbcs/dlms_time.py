"""DLMS date-times as GBCS uses them: 12 octets (GBCS 7.2.7, IEC 62056-6-2)."""

import struct
from datetime import UTC, datetime

from gbcs_hil.errors import GbcsError

NOW = bytes.fromhex("0000000000000000008000FF")
"""The activation time of a command to be executed at once."""

CANCEL = bytes.fromhex("FFFFFFFFFFFFFFFFFF8000FF")
"""The activation time that cancels a command that waits for its date."""

_TAIL = bytes.fromhex("008000FF")


def encode_time(time: datetime, *, weekday: int = 0xFF) -> bytes:
    """Return a date-time in UTC to the second, deviation and clock status unspecified.

    Raises:
        GbcsError: the time has no time zone.
    """
    if time.tzinfo is None:
        raise GbcsError(f"{time} has no time zone, so it cannot be sent to a Device")
    utc = time.astimezone(UTC)
    fields = (utc.year, utc.month, utc.day, weekday, utc.hour, utc.minute, utc.second)
    return struct.pack(">HBBBBBB", *fields) + _TAIL


def decode_time(octets: bytes) -> datetime:
    """Return a date-time of 12 octets as UTC, to the second.

    Raises:
        GbcsError: it is no date, as `NOW` and `CANCEL` are not.
    """
    if len(octets) != 12:
        raise GbcsError(f"a DLMS date-time has 12 octets, not {len(octets)}")
    year, month, day, _, hour, minute, second = struct.unpack(">HBBBBBB", octets[:8])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise GbcsError(f"not a date: {octets.hex().upper()}") from None


def describe_time(octets: bytes) -> str:
    """Return what a date-time of 12 octets says, in words."""
    if octets == NOW:
        return "now"
    if octets == CANCEL:
        return "never (cancels the command)"
    try:
        time = decode_time(octets)
    except GbcsError as error:
        return str(error)
    status = octets[11]
    clock = {0xFF: "", 0: ", clock reliable"}.get(status, f", clock status 0x{status:02X}")
    return f"{time:%Y-%m-%d %H:%M:%S}{clock}"
