"""Frame GBCS messages: the DLMS general-ciphering and general-signing headers.

Layouts are those of GBCS 7.2.5 and 7.2.7 as the reference vectors show them:

    MAC header       DD 00 00 00 00 00 00 LL 11 00000000
    grouping header  DF 09 CRA counter[8] 08 originator[8] 08 recipient[8]
                     00 | 0C date-time[12]   LL other-information   LL
    payload ... then 40 signature[64] or 00, then mac[12] if there is a MAC header
"""

from gbcs_device import lengths
from gbcs_device._compat import const
from gbcs_device.rejection import malformed

COMMAND = const(1)
RESPONSE = const(2)
ALERT = const(3)

MAC_LENGTH = const(12)
SIGNATURE_LENGTH = const(64)
# A recovery of eight cells with common names in the certificates takes 4270 octets.
MAX_MESSAGE = const(4608)

_MAC_HEADER_START = b"\xdd\x00\x00\x00\x00\x00\x00"
_MAC_HEADER_END = b"\x11\x00\x00\x00\x00"
# GBCS 4.3.3.4: what stands before the message in the MAC's additional authenticated data.
_MAC_PREFIX = b"\x11\x00\x00\x00\x00\x00"


class Message:
    """One parsed message; offsets count in `octets`.

    Attributes:
        octets: the whole message, as given: bytes or a view.
        cra: 1 command, 2 response, 3 alert.
        counter: the Originator Counter, 0 to 2^64-1.
        originator, recipient: EUI-64, 8 octets each.
        date_time: 12 octets, or empty.
        code: the message code.
        other: the other information behind the message code, a view.
        payload: (start, stop).
        signature: 64 octets, or empty.
        mac: 12 octets, or empty.
    """

    def __init__(self, octets: bytes) -> None:
        if len(octets) > MAX_MESSAGE:
            raise malformed("%d octets, at most %d are taken" % (len(octets), MAX_MESSAGE))
        self.octets = octets
        self._position = 0
        self._stop = len(octets)
        self.mac = b""
        if octets and octets[0] == 0xDD:
            self._mac_header()
        self._grouping_header()
        self._tail()

    def _skip(self, count: int) -> tuple:
        start = self._position
        if start + count > self._stop:
            raise malformed("%d octets expected at octet %d, message ends" % (count, start))
        self._position = start + count
        return start, self._position

    def _take(self, count: int) -> bytes:
        start, stop = self._skip(count)
        return bytes(self.octets[start:stop])

    def _expect(self, octets: bytes, what: str) -> None:
        at = self._position
        if self._take(len(octets)) != octets:
            raise malformed("no %s at octet %d" % (what, at))

    def _length(self) -> int:
        at = self._position
        first = self._take(1)[0]
        if first < 0x80:
            return first
        if first not in (0x81, 0x82):
            raise malformed("unusable length at octet %d" % at)
        value = int.from_bytes(self._take(first & 0x7F), "big")
        if value < (0x80 if first == 0x81 else 0x100):
            raise malformed("length at octet %d is longer than it needs" % at)
        return value

    def _mac_header(self) -> None:
        self._expect(_MAC_HEADER_START, "MAC header")
        if self._length() != self._stop - self._position:
            raise malformed("the MAC header's length is not the message's")
        self._expect(_MAC_HEADER_END, "security control 11 with invocation counter 0")
        self._stop -= MAC_LENGTH
        if self._stop < self._position:
            raise malformed("no room for a MAC")
        self.mac = bytes(self.octets[self._stop :])

    def _grouping_header(self) -> None:
        self.start = self._position
        self._expect(b"\xdf\x09", "grouping header")
        self.cra = self._take(1)[0]
        self.counter = int.from_bytes(self._take(8), "big")
        self._expect(b"\x08", "Business Originator")
        self.originator = self._take(8)
        self._expect(b"\x08", "Business Target")
        self.recipient = self._take(8)
        date_time = self._take(1)[0]
        if date_time not in (0, 12):
            raise malformed("a Date Time of %d octets" % date_time)
        self.date_time = self._take(date_time)
        length = self._length()
        if length < 2:
            raise malformed("no message code")
        self.code = int.from_bytes(self._take(2), "big")
        start, stop = self._skip(length - 2)
        self.other = memoryview(self.octets)[start:stop]
        self.payload = self._skip(self._length())

    def _tail(self) -> None:
        length = self._take(1)[0]
        if length not in (0, SIGNATURE_LENGTH):
            raise malformed("a signature of %d octets" % length)
        self.signature = self._take(length)
        if self._position != self._stop:
            raise malformed("%d octets behind the signature" % (self._stop - self._position))

    def signed_part(self) -> memoryview:
        """Return what the signature covers: behind the DF up to the end of the payload."""
        return memoryview(self.octets)[self.start + 1 : self.payload[1]]

    def mac_parts(self) -> tuple:
        """Return what the MAC covers, in two parts (GBCS 4.3.3.4)."""
        return _MAC_PREFIX, memoryview(self.octets)[self.start : self._stop]


def date_time(now: str) -> bytes:
    """Return a DLMS date-time for YYYYMMDDhhmmss: weekday, hundredths, deviation unspecified."""
    year = int(now[0:4])
    # The reference vectors leave the clock status unspecified too.
    return bytes(
        (
            year >> 8,
            year & 0xFF,
            int(now[4:6]),
            int(now[6:8]),
            0xFF,
            int(now[8:10]),
            int(now[10:12]),
            int(now[12:14]),
            0x00,
            0x80,
            0x00,
            0xFF,
        )
    )


def grouping(
    cra: int,
    counter: int,
    originator: bytes,
    recipient: bytes,
    code: int,
    payload: bytes,
    date_time: bytes = b"",
) -> bytes:
    """Return the grouping header and the payload, from the DF to the payload's last octet."""
    return b"".join(
        (
            b"\xdf\x09",
            bytes((cra,)),
            counter.to_bytes(8, "big"),
            b"\x08",
            originator,
            b"\x08",
            recipient,
            bytes((len(date_time),)),
            date_time,
            b"\x02",
            code.to_bytes(2, "big"),
            lengths.encode(len(payload)),
            payload,
        )
    )


def with_signature(grouped: bytes, signature: bytes) -> bytes:
    """Return grouped octets followed by the signature's length and the signature."""
    return grouped + bytes((len(signature),)) + signature


def with_mac(body: bytes, mac) -> bytes:
    """Return the body (grouped octets, signature field included) under a MAC header.

    `mac` is called with the parts that the MAC covers and returns its 12 octets.
    """
    length = len(_MAC_HEADER_END) + len(body) + MAC_LENGTH
    tag = mac((_MAC_PREFIX, body))
    return b"".join((_MAC_HEADER_START, lengths.encode(length), _MAC_HEADER_END, body, tag))


def response_to(message, payload: bytes, date_time: bytes) -> bytes:
    """Return the grouping header and payload of the response to a message."""
    return grouping(
        RESPONSE,
        message.counter,
        message.recipient,
        message.originator,
        message.code,
        payload,
        date_time,
    )
