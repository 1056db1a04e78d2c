"""The grouping header that every GBCS message starts with (GBCS 7.2.7)."""

from dataclasses import dataclass, replace

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Cursor, encode_length
from gbcs_hil.gbcs.der import SEQUENCE, read_only
from gbcs_hil.gbcs.names import Cra

LARGEST_COUNTER = (1 << 64) - 1


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


def read_grouping_header(cursor: Cursor) -> GroupingHeader:
    """Read a header, from the DF tag up to the length of the payload, exclusive.

    Raises:
        GbcsError: the octets are no grouping header.
    """
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
