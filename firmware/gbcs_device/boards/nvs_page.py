"""A page of ESP-IDF's non-volatile storage: 126 entries of 32 octets, and a state for each.

    header   state[4] sequence[4] version[1] reserved[19] crc32[4]
    states   two bits an entry: empty 11, written 10, erased 00
    entry    namespace[1] type[1] span[1] chunk[1] crc32[4] key[16] data[8]

The order of writing is ESP-IDF's: an entry, then its state; an item's data, then their states.
"""

from binascii import crc32
from struct import pack

from gbcs_device._compat import const

UNUSED = 0xFFFFFFFF
ACTIVE = 0xFFFFFFFE
FULL = 0xFFFFFFFC
FREEING = 0xFFFFFFF8
CORRUPT = 0

ENTRIES = 126
EMPTY = 3
WRITTEN = 2
ERASED = 0

ENTRY = 32
TABLE = 32
_FIRST = const(64)
_VERSION = const(0xFE)
_NAMESPACE = const(1)


class Page:
    """One page and what stands in it, once `nvs_recovery` has loaded it.

    Attributes:
        number: its place on the flash.
        table: the states of the entries.
        state: `UNUSED`, `ACTIVE`, `FULL`, `FREEING` or `CORRUPT`.
        sequence: the page's place in the order of writing.
        next: the entry that is written next.
    """

    def __init__(self, flash, number: int) -> None:
        self._flash = flash
        self.number = number
        self.table = bytearray(b"\xff" * 32)
        self.state = UNUSED
        self.sequence = 0
        self.next = 0

    def items(self) -> list:
        """Return [(index, entry)] of the items that are whole, in order."""
        found = []
        index = 0
        while index < self.next:
            span = 1
            if self.entry_state(index) == WRITTEN:
                entry = self.entry(index)
                span = entry[2]
                found.append((index, entry))
            index += span
        return found

    def used(self) -> int:
        """Return how many entries are written."""
        return len([index for index in range(ENTRIES) if self.entry_state(index) == WRITTEN])

    def start(self) -> None:
        """Make an unused page the active one; with the first that is written in it."""
        header = pack("<IIB", ACTIVE, self.sequence, _VERSION) + b"\xff" * 19
        self._program(0, header + crc_of(header[4:]))
        self.state = ACTIVE

    def mark(self, state: int) -> None:
        """Set the page's state."""
        self._program(0, pack("<I", state))
        self.state = state

    def erase(self) -> None:
        """Make the page an unused one."""
        self._flash.ioctl(6, self.number)
        self.table = bytearray(b"\xff" * 32)
        self.state = UNUSED
        self.next = 0

    def tail(self) -> int:
        """Return how many octets of data an item may have that still fits."""
        if self.state == FULL:
            return 0
        return max(0, ENTRIES - self.next - 1) * ENTRY

    def write(self, entry: bytes, data: bytes) -> int:
        """Write an item: its entry, whole entries of data, the rest. Return its index."""
        index = self.next
        self._write_entries(entry)
        whole = len(data) - len(data) % ENTRY
        if whole:
            self._write_entries(data[:whole])
        if whole < len(data):
            rest = bytes(data[whole:])
            self._write_entries(rest + b"\xff" * (ENTRY - len(rest)))
        return index

    def _write_entries(self, octets: bytes) -> None:
        count = len(octets) // ENTRY
        if self.state == UNUSED:
            self.start()
        self._program(_FIRST + self.next * ENTRY, octets)
        self.alter(self.next, self.next + count, WRITTEN)
        self.next += count

    def entry(self, index: int) -> bytes:
        """Return an entry's octets."""
        return self.read(_FIRST + index * ENTRY, ENTRY)

    def data(self, index: int, length: int) -> bytes:
        """Return the data behind an item's entry."""
        return self.read(_FIRST + (index + 1) * ENTRY, length)

    def erase_item(self, index: int) -> None:
        """Mark an item and its data as erased."""
        entry = self.entry(index)
        span = entry[2] if self.entry_state(index) == WRITTEN and whole(entry) else 1
        self.alter(index, index + span, ERASED)
        self.next = max(self.next, index + span)

    def entry_state(self, index: int) -> int:
        """Return `EMPTY`, `WRITTEN` or `ERASED`."""
        return self.table[index >> 2] >> (index & 3) * 2 & 3

    def alter(self, begin: int, end: int, state: int) -> None:
        """Set the state of some entries, a word of sixteen after the other, the last first."""
        for index in range(begin, end):
            shift = (index & 3) * 2
            self.table[index >> 2] &= ~((3 ^ state) << shift) & 0xFF
        for word in range((end - 1) >> 4, (begin >> 4) - 1, -1):
            self._program(TABLE + word * 4, bytes(self.table[word * 4 : word * 4 + 4]))

    def read(self, at: int, length: int) -> bytes:
        """Return octets of the page."""
        buffer = bytearray(length)
        self._flash.readblocks(self.number, buffer, at)
        return bytes(buffer)

    def _program(self, at: int, octets: bytes) -> None:
        self._flash.writeblocks(self.number, octets, at)


def entry_of(kind: int, span: int, chunk: int, key: str, data: bytes) -> bytes:
    """Return an item's entry; its data are eight octets."""
    head = bytes((_NAMESPACE, kind, span, chunk))
    name = key.encode()
    tail = name + bytes(16 - len(name)) + data
    return head + crc_of(head + tail) + tail


def whole(entry: bytes) -> bool:
    """Return whether an entry's CRC fits."""
    return entry[4:8] == crc_of(entry[:4] + entry[8:]) and 0 < entry[2] <= ENTRIES


def crc_of(octets: bytes) -> bytes:
    """Return the CRC-32 of an entry, a header or data as it stands there.

    ESP-IDF begins at what others end with, so its CRC is not the usual one.
    """
    return pack("<I", crc32(octets, 0xFFFFFFFF) & 0xFFFFFFFF)
