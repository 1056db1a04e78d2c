"""GBCS messages: grouping header, payload, signature, MAC (GBCS 7.2.5, 7.2.7, 5.4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Cursor, Span, encode_length
from gbcs_hil.gbcs.der import SEQUENCE, read_only
from gbcs_hil.gbcs.names import Cra

SIGNATURE_LENGTH = 64
MAC_LENGTH = 12
LARGEST_COUNTER = (1 << 64) - 1
_MAC_TAG = bytes.fromhex("DD000000000000")
_SECURITY_HEADER = bytes.fromhex("1100000000")
_AAD_PREFIX = bytes.fromhex("110000000000")


@dataclass(frozen=True, slots=True)
class GroupingHeader:
    """Who says what to whom, and under which counter (GBCS 7.2.7).

    Attributes:
        cra: command, response or alert.
        counter: the Originator Counter; a response repeats its command's.
        originator: Business Originator ID, 8 octets.
        recipient: Business Target ID, 8 octets.
        message_code: which use case, 0 to 0xFFFF.
        date_time: DLMS date-time of a response, 12 octets, or None.
        supplementary_party: Supplementary Remote Party ID, 8 octets, or None.
        supplementary_counter: Supplementary Remote Party Counter, or None.
        supplementary_originator_counter: the device's own counter, or None.
        certificate: the supplementary party's key agreement certificate, DER, or None.
    """

    cra: Cra
    counter: int
    originator: bytes
    recipient: bytes
    message_code: int
    date_time: bytes | None = None
    supplementary_party: bytes | None = None
    supplementary_counter: int | None = None
    supplementary_originator_counter: int | None = None
    certificate: bytes | None = None

    def __post_init__(self) -> None:
        for name, octets, size in (
            ("Business Originator ID", self.originator, 8),
            ("Business Target ID", self.recipient, 8),
            ("Date Time", self.date_time, 12),
            ("Supplementary Remote Party ID", self.supplementary_party, 8),
        ):
            if octets is not None and len(octets) != size:
                raise GbcsError(f"{name} has {len(octets)} octets, expected {size}")
        for name, number, largest in (
            ("Originator Counter", self.counter, LARGEST_COUNTER),
            ("message code", self.message_code, 0xFFFF),
            ("Supplementary Remote Party Counter", self.supplementary_counter, LARGEST_COUNTER),
            (
                "Supplementary Originator Counter",
                self.supplementary_originator_counter,
                LARGEST_COUNTER,
            ),
        ):
            if number is not None and not 0 <= number <= largest:
                raise GbcsError(f"{name} is {number}, expected 0 to {largest}")
        self._check_supplementary()

    def _check_supplementary(self) -> None:
        extra = (self.supplementary_originator_counter, self.certificate)
        if self.supplementary_party is None and self.supplementary_counter is not None:
            raise GbcsError("a supplementary counter needs a Supplementary Remote Party ID")
        if self.supplementary_counter is None and extra != (None, None):
            raise GbcsError("this other information needs a Supplementary Remote Party Counter")
        if None not in extra:
            raise GbcsError("other information holds a counter or a certificate, not both")

    def encode(self) -> bytes:
        """Return the octets from the DF tag up to the length of the payload, exclusive."""
        other = self.message_code.to_bytes(2, "big") + (self.supplementary_party or b"")
        for counter in (self.supplementary_counter, self.supplementary_originator_counter):
            other += b"" if counter is None else counter.to_bytes(8, "big")
        other += self.certificate or b""
        return b"".join(
            (
                bytes([0xDF, 9, self.cra]),
                self.counter.to_bytes(8, "big"),
                b"\x08" + self.originator,
                b"\x08" + self.recipient,
                b"\x00" if self.date_time is None else b"\x0c" + self.date_time,
                encode_length(len(other)) + other,
            )
        )


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
    header = _grouping_header(cursor)
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


def _grouping_header(cursor: Cursor) -> GroupingHeader:
    cursor.expect(b"\xdf\x09", "general-signing tag and transaction length")
    flag_at = cursor.offset
    flag = cursor.number(1, "CRA Flag")
    if flag not in list(Cra):
        raise GbcsError(f"offset {flag_at}: CRA Flag is {flag}, expected 1, 2 or 3")
    counter = cursor.number(8, "Originator Counter")
    cursor.expect(b"\x08", "length of Business Originator ID")
    originator = cursor.take(8, "Business Originator ID")
    cursor.expect(b"\x08", "length of Business Target ID")
    recipient = cursor.take(8, "Business Target ID")
    time_at = cursor.offset
    time_length = cursor.length("Date Time")
    if time_length not in (0, 12):
        raise GbcsError(f"offset {time_at}: Date Time has {time_length} octets, expected 0 or 12")
    date_time = cursor.take(12, "Date Time") if time_length else None
    return _other_information(
        cursor, GroupingHeader(Cra(flag), counter, originator, recipient, 0, date_time)
    )


def _other_information(cursor: Cursor, header: GroupingHeader) -> GroupingHeader:
    at = cursor.offset
    length = cursor.length("other information")
    certificate_length = length - 18 if length > 26 else 0
    if length not in (2, 10, 18, 26) and not certificate_length:
        raise GbcsError(f"offset {at}: other information of {length} octets has no meaning")
    code = cursor.number(2, "Message Code")
    party = cursor.take(8, "Supplementary Remote Party ID") if length >= 10 else None
    counter = cursor.number(8, "Supplementary Remote Party Counter") if length >= 18 else None
    own = cursor.number(8, "Supplementary Originator Counter") if length == 26 else None
    certificate = None
    if certificate_length:
        certificate = cursor.take(certificate_length, "Key Agreement Certificate")
        at = cursor.offset - certificate_length
        if read_only(cursor.octets, at, cursor.offset).tag != SEQUENCE:
            raise GbcsError(f"offset {at}: a certificate is expected")
    return replace(
        header,
        message_code=code,
        supplementary_party=party,
        supplementary_counter=counter,
        supplementary_originator_counter=own,
        certificate=certificate,
    )


def _signature(cursor: Cursor) -> bytes:
    at = cursor.offset
    length = cursor.number(1, "signature length")
    if length not in (0, SIGNATURE_LENGTH):
        raise GbcsError(f"offset {at}: signature length is {length}, expected 0 or 64")
    return cursor.take(length, "Signature")
