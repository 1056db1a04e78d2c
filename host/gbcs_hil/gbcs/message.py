"""GBCS messages: grouping header, payload, signature, MAC (GBCS 7.2.5, 7.2.7, 5.4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Cursor, Span, encode_length
from gbcs_hil.gbcs.grouping_header import GroupingHeader, read_grouping_header
from gbcs_hil.gbcs.names import Cra

__all__ = [
    "MAC_LENGTH",
    "SIGNATURE_LENGTH",
    "Cra",
    "GroupingHeader",
    "Message",
    "is_alert",
    "parse",
    "pre_command",
]

SIGNATURE_LENGTH = 64
MAC_LENGTH = 12
_MAC_TAG = bytes.fromhex("DD000000000000")
_SECURITY_HEADER = bytes.fromhex("1100000000")
_AAD_PREFIX = bytes.fromhex("110000000000")


@dataclass(frozen=True)
class Message:
    """One GBCS message, protected or not.

    A message that was parsed remembers its grouping octets as they came, so that a signature
    or MAC over lengths that are not in their shortest form still verifies.

    Attributes:
        header: the grouping header.
        payload: the use case's own octets.
        signature: 64 octets; empty if the message says that it has none; None if it does not
            even say so, as in a pre-command.
        mac: 12 octets, or None without MAC header.
        spans: where each part lay in the octets that were parsed; empty for a built message.
    """

    header: GroupingHeader
    payload: bytes
    signature: bytes | None = None
    mac: bytes | None = None
    spans: Sequence[Span] = field(default=(), init=False, repr=False, compare=False)
    _grouping: bytes | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.signature is not None and len(self.signature) not in (0, SIGNATURE_LENGTH):
            raise GbcsError(f"a signature has 64 octets, not {len(self.signature)}")
        if self.mac is not None and len(self.mac) != MAC_LENGTH:
            raise GbcsError(f"a MAC has 12 octets, not {len(self.mac)}")
        if self.mac is not None and self.signature is None:
            raise GbcsError("a MAC protects the signature field, so there has to be one")

    @property
    def grouping_octets(self) -> bytes:
        """The octets from the DF tag to the end of the payload: a pre-command's all."""
        if self._grouping is not None:
            return self._grouping
        return self.header.encode() + encode_length(len(self.payload)) + self.payload

    @property
    def signed_octets(self) -> bytes:
        """What a signature is over: from behind the DF tag to the end of the payload."""
        return self.grouping_octets[1:]

    @property
    def mac_aad(self) -> bytes:
        """What the MAC is over: security control, five zeros, everything from DF to the MAC."""
        return _AAD_PREFIX + self.grouping_octets + self._signature_field

    @property
    def pre_command(self) -> Self:
        """The same message without signature field and MAC."""
        return self.protected(None, None)

    @property
    def _signature_field(self) -> bytes:
        if self.signature is None:
            return b""
        return bytes([len(self.signature)]) + self.signature

    def protected(self, signature: bytes | None, mac: bytes | None) -> Self:
        """Return the same header and payload, octet for octet, with another protection."""
        message = replace(self, signature=signature, mac=mac)
        object.__setattr__(message, "_grouping", self._grouping)
        return message

    def encode(self) -> bytes:
        """Return the message's octets.

        Raises:
            GbcsError: they would be more than 65535.
        """
        octets = self.grouping_octets + self._signature_field
        if self.mac is None:
            return octets
        service = _SECURITY_HEADER + octets + self.mac
        return _MAC_TAG + encode_length(len(service)) + service


def pre_command(
    message_code: int, originator: bytes, recipient: bytes, counter: int, payload: bytes
) -> Message:
    """Build an unprotected command.

    Args:
        message_code: the use case.
        originator: Business Originator ID, 8 octets.
        recipient: the device's EUI-64, 8 octets.
        counter: Originator Counter, 0 to 2**64-1.
        payload: the use case's own octets.

    Raises:
        GbcsError: one of them is out of range.
    """
    return Message(
        GroupingHeader(Cra.COMMAND, counter, originator, recipient, message_code), payload
    )


def is_alert(octets: bytes) -> bool:
    """Return whether octets are an alert, which answers nothing; what cannot be read is none."""
    try:
        return parse(octets).header.cra is Cra.ALERT
    except GbcsError:
        return False


def parse(octets: bytes) -> Message:
    """Read one message: any of the layouts that GBCS 5.4 knows, signed, MACed, both or none.

    Raises:
        GbcsError: the octets are no GBCS message; says where and what was expected.
    """
    octets = bytes(octets)
    cursor = Cursor(octets, 0, len(octets))
    mac_header = octets[:1] == _MAC_TAG[:1]
    if mac_header:
        _mac_header(cursor)
        cursor.end = max(cursor.offset, len(octets) - MAC_LENGTH)
    start = cursor.offset
    header = read_grouping_header(cursor)
    payload = cursor.take(cursor.length("payload"), "Payload")
    grouping = octets[start : cursor.offset]
    signature = _signature(cursor) if cursor.left or mac_header else None
    cursor.finish("the signature")
    cursor.end = len(octets)
    mac = cursor.take(MAC_LENGTH, "MAC") if mac_header else None
    message = Message(header, payload, signature, mac)
    object.__setattr__(message, "spans", tuple(cursor.spans))
    object.__setattr__(message, "_grouping", grouping)
    return message


def _mac_header(cursor: Cursor) -> None:
    cursor.expect(_MAC_TAG, "MAC header")
    length = cursor.length("ciphered service")
    if length != cursor.left:
        raise GbcsError(f"offset {len(_MAC_TAG)}: {cursor.left - length} octets after the message")
    cursor.expect(_SECURITY_HEADER, "security header")


def _signature(cursor: Cursor) -> bytes:
    at = cursor.offset
    length = cursor.number(1, "signature length")
    if length not in (0, SIGNATURE_LENGTH):
        raise GbcsError(f"offset {at}: signature length is {length}, expected 0 or 64")
    return cursor.take(length, "Signature")
