"""A model of `esp32.NVS`: blobs as ESP-IDF's non-volatile storage commits them.

A blob is written as chunks of data, each within a page, and then an index item that counts
them; with the index it is there. Only then are the old index and the old chunks erased. A cut
leaves the old blob, or both: then the older index goes when the storage is loaded, and chunks
without an index too. One page stays free; when it is needed, the page with the fewest items is
marked as being freed, its items are copied, and it is erased.

What is left out: namespaces (there is one), values that are no blobs, encryption, and that the
same content set again is not written. `nvs_recovery` has what is done at start.
"""

from struct import pack, unpack

from gbcs_device._compat import const
from gbcs_device.boards.nvs_page import (
    CORRUPT,
    ENTRIES,
    ENTRY,
    FREEING,
    FULL,
    Page,
    crc_of,
    entry_of,
)

# As in the partition table that MicroPython has for boards with 4 MB.
_PAGES = const(6)
DATA = 0x42
_INDEX = const(0x48)
ANY_CHUNK = 0xFF
OTHER_VERSION = 0x80
# The data that a page of nothing else holds.
_CHUNK_MAX = const(4000)
_NOT_FOUND = -0x1102
_NOT_ENOUGH_SPACE = -0x1105
_INVALID_LENGTH = -0x110C


class NVS:
    """One namespace on the first pages of a flash.

    Attributes:
        used: the pages that hold items, in the order of writing; the last one is active.
        free: the others.
        sequence: of the page that is taken next.
        items: name of each item to page number and index in one: objects for them are dear.
    """

    def __init__(self, flash) -> None:
        # In memory only now, where the start of a board borrows it.
        from gbcs_device.boards import nvs_recovery

        self._pages = [Page(flash, number) for number in range(_PAGES)]
        self.used = []
        self.free = []
        self.sequence = 0
        self.items = {}
        nvs_recovery.recover(self, self._pages)

    def set_blob(self, key: str, octets: bytes) -> None:
        """Write a blob whole, then erase the one before it.

        Raises:
            OSError: the storage is full.
        """
        old = self.index_of(key)
        start = 0 if old is None or old[2] else OTHER_VERSION
        count = self._write_chunks(key, octets, start)
        data = pack("<IBBH", len(octets), count, start, 0xFFFF)
        before = self._write(_INDEX, ANY_CHUNK, key, data, b"")
        if old is not None:
            self._erase_at(before)
            self._erase_chunks(key, old)

    def get_blob(self, key: str, buffer) -> int:
        """Read a blob into a buffer and return its length.

        Raises:
            OSError: there is none, or the buffer is too small.
        """
        index = self.index_of(key)
        if index is None:
            raise OSError(_NOT_FOUND)
        length, count, start = index
        if length > len(buffer):
            raise OSError(_INVALID_LENGTH)
        at = 0
        for chunk in range(start, start + count):
            place = self.items.get(_name(key, chunk))
            if place is None:
                raise OSError(_NOT_FOUND)
            page, here = self._pages[place >> 7], place & 127
            size, _, crc = unpack("<HH4s", page.entry(here)[24:])
            data = page.data(here, size)
            if crc_of(data) != crc:
                self.erase(_name(key, chunk))
                raise OSError(_NOT_FOUND)
            buffer[at : at + size] = data
            at += size
        return at

    def erase_key(self, key: str) -> None:
        """Erase a blob.

        Raises:
            OSError: there is none.
        """
        index = self.index_of(key)
        if index is None:
            raise OSError(_NOT_FOUND)
        self.erase(_name(key, ANY_CHUNK))
        self._erase_chunks(key, index)

    def commit(self) -> None:
        """Do nothing: what was set is written already."""

    def index_of(self, key: str):
        """Return the length, number of chunks and first chunk of a blob, or None."""
        place = self.items.get(_name(key, ANY_CHUNK))
        if place is None:
            return None
        entry = self._pages[place >> 7].entry(place & 127)
        return unpack("<IBB", entry[24:30]) if entry[1] == _INDEX else None

    def data_of(self, key: bytes, start: int) -> tuple:
        """Return the octets and the number of chunks that there are of a blob's version."""
        sizes = []
        for name in self.items:
            chunk = name[0]
            if name[1:] == key and chunk != ANY_CHUNK and chunk & OTHER_VERSION == start:
                place = self.items[name]
                sizes.append(unpack("<H", self._pages[place >> 7].entry(place & 127)[24:26])[0])
        return sum(sizes), len(sizes)

    def _erase_chunks(self, key: str, index: tuple) -> None:
        for chunk in range(index[2], index[2] + index[1]):
            self.erase(_name(key, chunk))

    def _write_chunks(self, key: str, octets: bytes, start: int) -> int:
        """Write the data of a blob; return the number of chunks."""
        count = 0
        while octets or not count:
            tail = self.used[-1].tail()
            if len(octets) > tail and tail < (ENTRY if count else _CHUNK_MAX // 10):
                self._next_page()
                tail = self.used[-1].tail()
                if not tail:
                    raise OSError(_NOT_ENOUGH_SPACE)
            part = octets[:tail]
            data = pack("<HH", len(part), 0xFFFF) + crc_of(part)
            self._write(DATA, start + count, key, data, part)
            octets = octets[len(part) :]
            count += 1
        return count

    def _write(self, kind: int, chunk: int, key: str, data: bytes, octets: bytes):
        """Write an item; return where the one of its name was before, or None."""
        span = 1 + -(-len(octets) // ENTRY)
        if self.used[-1].next + span > ENTRIES or self.used[-1].state == FULL:
            self._next_page()
        page = self.used[-1]
        index = page.write(entry_of(kind, span, chunk, key, data), octets)
        name = _name(key, chunk)
        before = self.items.get(name)
        self.items[name] = place_of(page, index)
        return before

    def _next_page(self) -> None:
        """Make room: take a free page, and free another one if it was the last."""
        if self.used[-1].state != FULL:
            self.used[-1].mark(FULL)
        if len(self.free) >= 2:
            return self.activate()
        fewest = min(self.used, key=lambda page: page.used())
        if fewest.used() == ENTRIES:
            raise OSError(_NOT_ENOUGH_SPACE)
        fewest.mark(FREEING)
        self.activate()
        self.move(fewest)

    def activate(self) -> None:
        """Make a free page the active one."""
        page = self.free.pop(0)
        if page.state == CORRUPT:
            page.erase()
        page.sequence = self.sequence
        self.sequence += 1
        self.used.append(page)

    def move(self, page) -> None:
        """Copy a page's items to the active one, entry by entry, and erase it."""
        active = self.used[-1]
        for index, entry in page.items():
            here = active.next
            active.write(entry, b"")
            for at in range(index + 1, index + entry[2]):
                active.write(page.entry(at), b"")
            if self.items.get(name_of(entry)) == place_of(page, index):
                self.items[name_of(entry)] = place_of(active, here)
        page.erase()
        self.used.remove(page)
        self.free.append(page)

    def erase(self, name: bytes) -> None:
        """Erase an item, if there is one of that name."""
        if name in self.items:
            self._erase_at(self.items.pop(name))

    def _erase_at(self, place: int) -> None:
        self._pages[place >> 7].erase_item(place & 127)


def place_of(page, index: int) -> int:
    """Return where an item is, as one number."""
    return page.number << 7 | index


def name_of(entry: bytes) -> bytes:
    """Return the chunk and key of an item."""
    return entry[3:4] + entry[8:24].rstrip(b"\0")


def _name(key: str, chunk: int) -> bytes:
    return bytes((chunk,)) + key.encode()
