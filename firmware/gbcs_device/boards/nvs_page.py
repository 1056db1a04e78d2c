"""A page of ESP-IDF's non-volatile storage: 126 entries of 32 octets, and a state for each.

    header   state[4] sequence[4] version[1] reserved[19] crc32[4]
    states   two bits an entry: empty 11, written 10, erased 00
    entry    namespace[1] type[1] span[1] chunk[1] crc32[4] key[16] data[8]

The order of writing is ESP-IDF's: an entry, then its state; an item's data, then their states.
What a cut leaves unfinished is erased when the page is loaded.
"""

from binascii import crc32
from struct import pack, unpack

from gbcs_device._compat import const
from gbcs_device.boards.nor_flash import SECTOR

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
_TABLE = const(32)
_FIRST = const(64)
_VERSION = const(0xFE)
_NAMESPACE = const(1)
_BLANK_WORD = b"\xff\xff\xff\xff"


class Page:
    """One page and what stands in it.

    Attributes:
        state: `UNUSED`, `ACTIVE`, `FULL`, `FREEING` or `CORRUPT`.
        sequence: the page's place in the order of writing.
        next: the entry that is written next.
    """

    def __init__(self, flash, number: int) -> None:
        self._flash = flash
        self._number = number
        self._table = bytearray(b"\xff" * 32)
        self.sequence = 0
        self.next = 0
        header = self._read(0, 32)
        self.state, sequence = unpack("<II", header[:8])
        if self.state == UNUSED:
            if self._read(0, SECTOR) != b"\xff" * SECTOR:
                self.state = CORRUPT
        elif self.state not in (ACTIVE, FULL, FREEING) or header[28:] != _crc(header[4:28]):
            self.state = CORRUPT
        else:
            self.sequence = sequence
            self._load()

    def items(self) -> list:
        """Return [(index, entry)] of the items that are whole, in order."""
        found = []
        index = 0
        while index < ENTRIES:
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

    def start(self, sequence: int) -> None:
        """Make an unused page the active one."""
        header = pack("<IIB", ACTIVE, sequence, _VERSION) + b"\xff" * 19
        self._program(0, header + _crc(header[4:]))
        self.state = ACTIVE
        self.sequence = sequence

    def mark(self, state: int) -> None:
        """Set the page's state."""
        self._program(0, pack("<I", state))
        self.state = state

    def erase(self) -> None:
        """Make the page an unused one."""
        self._flash.ioctl(6, self._number)
        self._table = bytearray(b"\xff" * 32)
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
        self._program(_FIRST + self.next * ENTRY, octets)
        self.alter(self.next, self.next + count, WRITTEN)
        self.next += count

    def entry(self, index: int) -> bytes:
        """Return an entry's octets."""
        return self._read(_FIRST + index * ENTRY, ENTRY)

    def data(self, index: int, length: int) -> bytes:
        """Return the data behind an item's entry."""
        return self._read(_FIRST + (index + 1) * ENTRY, length)

    def erase_item(self, index: int) -> None:
        """Mark an item and its data as erased."""
        entry = self.entry(index)
        span = entry[2] if whole(entry) else 1
        self.alter(index, index + span, ERASED)
        self.next = max(self.next, index + span)

    def entry_state(self, index: int) -> int:
        """Return `EMPTY`, `WRITTEN` or `ERASED`."""
        return self._table[index >> 2] >> (index & 3) * 2 & 3

    def alter(self, begin: int, end: int, state: int) -> None:
        """Set the state of some entries, a word of sixteen after the other, the last first."""
        for index in range(begin, end):
            shift = (index & 3) * 2
            self._table[index >> 2] &= ~((3 ^ state) << shift) & 0xFF
        for word in range((end - 1) >> 4, (begin >> 4) - 1, -1):
            self._program(_TABLE + word * 4, bytes(self._table[word * 4 : word * 4 + 4]))

    def _load(self) -> None:
        """Read the states, and erase what a cut left unfinished."""
        self._table = bytearray(self._read(_TABLE, 32))
        self.next = ENTRIES
        if self.state == ACTIVE:
            states = [self.entry_state(index) for index in range(ENTRIES)]
            self.next = states.index(EMPTY) if EMPTY in states else ENTRIES
            # Data may have been written, and its state not.
            while self.next < ENTRIES and self.entry(self.next)[:4] != _BLANK_WORD:
                self.alter(self.next, self.next + 1, ERASED)
                self.next += 1
        index = 0
        while index < ENTRIES:
            span = 1
            if self.entry_state(index) == WRITTEN:
                entry = self.entry(index)
                span = entry[2] if whole(entry) else 1
                states = [self.entry_state(at) for at in range(index, index + span)]
                if not whole(entry) or states != [WRITTEN] * span:
                    self.erase_item(index)
            index += span

    def _read(self, at: int, length: int) -> bytes:
        buffer = bytearray(length)
        self._flash.readblocks(self._number, buffer, at)
        return bytes(buffer)

    def _program(self, at: int, octets: bytes) -> None:
        self._flash.writeblocks(self._number, octets, at)


def entry_of(kind: int, span: int, chunk: int, key: str, data: bytes) -> bytes:
    """Return an item's entry; its data are eight octets."""
    head = bytes((_NAMESPACE, kind, span, chunk))
    name = key.encode()
    tail = name + bytes(16 - len(name)) + data
    return head + _crc(head + tail) + tail


def whole(entry: bytes) -> bool:
    """Return whether an entry's CRC fits."""
    return entry[4:8] == _crc(entry[:4] + entry[8:]) and 0 < entry[2] <= ENTRIES


def _crc(octets: bytes) -> bytes:
    return pack("<I", crc32(octets) & 0xFFFFFFFF)
