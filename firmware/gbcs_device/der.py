"""Read and write the DER of GBCS payloads and SMKI certificates.

Reading is strict: one-octet tags, definite and minimal lengths, minimal integers, nothing
left over. A length is checked against what holds it before anything is taken, so hostile
octets cost no more than their own size. Every refusal is `rejection.Rejected` (malformed).
"""

from gbcs_device import lengths
from gbcs_device._compat import const
from gbcs_device.rejection import malformed

BOOLEAN = const(0x01)
INTEGER = const(0x02)
BIT_STRING = const(0x03)
OCTET_STRING = const(0x04)
NULL = const(0x05)
OBJECT_IDENTIFIER = const(0x06)
ENUMERATED = const(0x0A)
UTC_TIME = const(0x17)
GENERALIZED_TIME = const(0x18)
SEQUENCE = const(0x30)
SET = const(0x31)

# Sequence numbers end at 2^63-1: eight octets, the first below 0x80.
_MAX_INTEGER_OCTETS = const(8)
# More than anything that is taken out of a message has; the rest is read where it lies.
_MAX_CONTENT = const(128)


class Reader:
    """A cursor over the elements between two offsets of some octets.

    Attributes:
        octets: the whole buffer that the offsets count in.
        position: the offset of the next element.
        stop: the offset behind the last element.

    A tolerant reader takes lengths that are longer than they need.
    """

    def __init__(
        self, octets: bytes, position: int = 0, stop: int = -1, tolerant: bool = False
    ) -> None:
        self.octets = octets
        self._tolerant = tolerant
        self.position = position
        self.stop = len(octets) if stop < 0 else stop

    def more(self) -> bool:
        """Return whether an element follows."""
        return self.position < self.stop

    def next_is(self, tag: int) -> bool:
        """Return whether the next element carries this tag."""
        return self.position < self.stop and self.octets[self.position] == tag

    def _header(self, tag: int) -> tuple:
        """Return (start, end) of the next element's content after checking its tag and length."""
        octets = self.octets
        position = self.position
        if position + 2 > self.stop:
            raise malformed("tag %02X expected at octet %d, nothing there" % (tag, position))
        if octets[position] != tag:
            raise malformed(
                "tag %02X expected at octet %d, %02X seen" % (tag, position, octets[position])
            )
        length = octets[position + 1]
        start = position + 2
        if length >= 0x80:
            count = length & 0x7F
            if count not in (1, 2) or start + count > self.stop:
                raise malformed("unusable length at octet %d" % (position + 1))
            length = int.from_bytes(bytes(octets[start : start + count]), "big")
            start += count
            if length < (0x80 if count == 1 else 0x100) and not self._tolerant:
                raise malformed("length at octet %d is longer than it needs" % (position + 1))
        if start + length > self.stop:
            raise malformed(
                "length at octet %d goes %d octets past its container"
                % (position + 1, start + length - self.stop)
            )
        return start, start + length

    def span(self, tag: int) -> tuple:
        """Take the next element whole and return its (start, stop), tag and length included."""
        first = self.position
        _, self.position = self._header(tag)
        return first, self.position

    def enter(self, tag: int = SEQUENCE) -> "Reader":
        """Take the next element and return a reader over its content."""
        start, self.position = self._header(tag)
        return Reader(self.octets, start, self.position, self._tolerant)

    def content(self, tag: int) -> bytes:
        """Take the next element and return its content octets, at most 128."""
        start, self.position = self._header(tag)
        if self.position - start > _MAX_CONTENT:
            raise malformed("%d octets before octet %d" % (self.position - start, self.position))
        return bytes(self.octets[start : self.position])

    def integer(self, tag: int = INTEGER) -> int:
        """Take a non-negative INTEGER of at most 2^63-1."""
        at = self.position
        content = self.content(tag)
        if not content or content[0] & 0x80:
            raise malformed("negative or empty INTEGER at octet %d" % at)
        if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
            raise malformed("INTEGER at octet %d is longer than it needs" % at)
        if len(content) > _MAX_INTEGER_OCTETS:
            raise malformed("INTEGER at octet %d is above 2^63-1" % at)
        return int.from_bytes(content, "big")

    def time(self) -> str:
        """Take a UTCTime or GeneralizedTime ending in Z and return it as YYYYMMDDhhmmss."""
        at = self.position
        utc = self.next_is(UTC_TIME)
        content = self.content(UTC_TIME if utc else GENERALIZED_TIME)
        digits = content[:-1]
        if len(content) != (13 if utc else 15) or content[-1:] != b"Z" or not digits.isdigit():
            raise malformed("unusable time at octet %d" % at)
        if utc:
            # RFC 5280 4.1.2.5.1: a two-digit year of 50 or more stands for 19YY.
            digits = (b"19" if digits >= b"50" else b"20") + digits
        # Octets, because MicroPython looks each piece of a text up among all names that there are.
        if not (b"01" <= digits[4:6] <= b"12" and b"01" <= digits[6:8] <= b"31"):
            raise malformed("no such date at octet %d" % at)
        if digits[8:10] > b"23" or digits[10:12] > b"59" or digits[12:14] > b"59":
            raise malformed("no such time of day at octet %d" % at)
        return digits.decode()

    def finish(self) -> None:
        """Refuse whatever follows the last element that was expected."""
        if self.position != self.stop:
            raise malformed(
                "%d octets left over at octet %d" % (self.stop - self.position, self.position)
            )


def payload_reader(message, identity) -> Reader:
    """Return a reader over a message's payload, as tolerant as the profile."""
    start, stop = message.payload
    return Reader(message.octets, start, stop, identity.settings["der-lengths"] == "tolerant")


def encode(tag: int, *parts: bytes) -> bytes:
    """Return an element whose content is the parts one behind the other."""
    content = b"".join(parts)
    return bytes((tag,)) + lengths.encode(len(content)) + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Return a non-negative INTEGER, or ENUMERATED, in its shortest form."""
    octets = value.to_bytes(9, "big")
    first = 0
    while first < 8 and octets[first] == 0 and not octets[first + 1] & 0x80:
        first += 1
    return encode(tag, octets[first:])
