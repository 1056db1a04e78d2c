"""A model of `esp32.NVS`: blobs as ESP-IDF's non-volatile storage commits them.

A blob is written as chunks of data, each within a page, and then an index item that counts
them; with the index it is there. Only then are the old index and the old chunks erased. A cut
leaves the old blob, or both: then the older index goes when the storage is loaded, and chunks
without an index too. One page stays free; when it is needed, the page with the fewest items is
marked as being freed, its items are copied, and it is erased.

What is left out: namespaces (there is one), values that are no blobs, encryption.
"""

from binascii import crc32
from struct import pack, unpack

from gbcs_device._compat import const
from gbcs_device.boards.nvs_page import (
    ACTIVE,
    CORRUPT,
    ENTRIES,
    ENTRY,
    FREEING,
    FULL,
    UNUSED,
    Page,
    entry_of,
)

# As in the partition table that MicroPython has for boards with 4 MB.
_PAGES = const(6)
_DATA = const(0x42)
_INDEX = const(0x48)
_ANY_CHUNK = const(0xFF)
_OTHER_VERSION = const(0x80)
# The data that a page of nothing else holds.
_CHUNK_MAX = const(4000)
_NOT_FOUND = -0x1102
_NOT_ENOUGH_SPACE = -0x1105
_INVALID_LENGTH = -0x110C


class NVS:
    """One namespace on the first pages of a flash."""

    def __init__(self, flash) -> None:
        pages = [Page(flash, number) for number in range(_PAGES)]
        self._free = [page for page in pages if page.state in (UNUSED, CORRUPT)]
        self._used = sorted(
            [page for page in pages if page not in self._free], key=lambda page: page.sequence
        )
        # (key, chunk) of each item, and where it is.
        self._items = {}
        if not self._used:
            self._activate()
        self._finish_freeing()
        for page in self._used:
            for index, entry in page.items():
                place = _name_of(entry)
                if place in self._items:
                    # The power went between a new item and the erasure of the old one.
                    self._erase(place)
                self._items[place] = (page, index)
        self._erase_orphans()

    def set_blob(self, key: str, octets: bytes) -> None:
        """Write a blob whole, then erase the one before it.

        Raises:
            OSError: the storage is full.
        """
        old = self._index_of(key)
        start = 0 if old is None or old[2] else _OTHER_VERSION
        count = self._write_chunks(key, octets, start)
        data = pack("<IBBH", len(octets), count, start, 0xFFFF)
        before = self._write(_INDEX, _ANY_CHUNK, key, data, b"")
        if old is not None:
            before[0].erase_item(before[1])
            for chunk in range(old[2], old[2] + old[1]):
                self._erase((key, chunk))

    def get_blob(self, key: str, buffer) -> int:
        """Read a blob into a buffer and return its length.

        Raises:
            OSError: there is none, or the buffer is too small.
        """
        index = self._index_of(key)
        if index is None:
            raise OSError(_NOT_FOUND)
        length, count, start = index
        if length > len(buffer):
            raise OSError(_INVALID_LENGTH)
        at = 0
        for chunk in range(start, start + count):
            if (key, chunk) not in self._items:
                raise OSError(_NOT_FOUND)
            page, here = self._items[key, chunk]
            size, _, crc = unpack("<HHI", page.entry(here)[24:])
            data = page.data(here, size)
            if crc32(data) & 0xFFFFFFFF != crc:
                raise OSError(_NOT_FOUND)
            buffer[at : at + size] = data
            at += size
        return at

    def erase_key(self, key: str) -> None:
        """Erase a blob.

        Raises:
            OSError: there is none.
        """
        index = self._index_of(key)
        if index is None:
            raise OSError(_NOT_FOUND)
        self._erase((key, _ANY_CHUNK))
        for chunk in range(index[2], index[2] + index[1]):
            self._erase((key, chunk))

    def commit(self) -> None:
        """Do nothing: what was set is written already."""

    def _index_of(self, key: str):
        """Return the length, number of chunks and first chunk of a blob, or None."""
        if (key, _ANY_CHUNK) not in self._items:
            return None
        page, index = self._items[key, _ANY_CHUNK]
        return unpack("<IBB", page.entry(index)[24:30])

    def _write_chunks(self, key: str, octets: bytes, start: int) -> int:
        """Write the data of a blob; return the number of chunks."""
        count = 0
        while octets or not count:
            tail = self._used[-1].tail()
            if len(octets) > tail and tail < (ENTRY if count else _CHUNK_MAX // 10):
                self._next_page()
                tail = self._used[-1].tail()
                if not tail:
                    raise OSError(_NOT_ENOUGH_SPACE)
            part = octets[:tail]
            data = pack("<HHI", len(part), 0xFFFF, crc32(part) & 0xFFFFFFFF)
            self._write(_DATA, start + count, key, data, part)
            octets = octets[len(part) :]
            count += 1
        return count

    def _write(self, kind: int, chunk: int, key: str, data: bytes, octets: bytes):
        """Write an item; return where the one of its name was before, or None."""
        span = 1 + -(-len(octets) // ENTRY)
        if self._used[-1].next + span > ENTRIES or self._used[-1].state == FULL:
            self._next_page()
        page = self._used[-1]
        index = page.write(entry_of(kind, span, chunk, key, data), octets)
        before = self._items.get((key, chunk))
        self._items[key, chunk] = (page, index)
        return before

    def _next_page(self) -> None:
        """Make room: take a free page, and free another one if it was the last."""
        if self._used[-1].state != FULL:
            self._used[-1].mark(FULL)
        if len(self._free) >= 2:
            return self._activate()
        fewest = min(self._used, key=lambda page: page.used())
        if fewest.used() == ENTRIES:
            raise OSError(_NOT_ENOUGH_SPACE)
        fewest.mark(FREEING)
        self._activate()
        self._move(fewest)

    def _activate(self) -> None:
        page = self._free.pop(0)
        if page.state == CORRUPT:
            page.erase()
        page.start(self._used[-1].sequence + 1 if self._used else 0)
        self._used.append(page)

    def _move(self, page) -> None:
        """Copy a page's items to the active one and erase it."""
        active = self._used[-1]
        for index, entry in page.items():
            octets = page.data(index, (entry[2] - 1) * ENTRY)
            here = active.write(entry, octets)
            if self._items.get(_name_of(entry)) == (page, index):
                self._items[_name_of(entry)] = (active, here)
        page.erase()
        self._used.remove(page)
        self._free.append(page)

    def _finish_freeing(self) -> None:
        """Begin again to copy what a cut interrupted."""
        for page in self._used:
            if page.state == FREEING:
                newest = self._used[-1]
                if newest.state == ACTIVE:
                    newest.erase()
                    self._used.remove(newest)
                    self._free.append(newest)
                self._activate()
                self._move(page)
                return

    def _erase_orphans(self) -> None:
        """Erase chunks that no index counts."""
        for key, chunk in list(self._items):
            index = self._index_of(key)
            counted = index is not None and index[2] <= chunk < index[2] + index[1]
            if chunk != _ANY_CHUNK and not counted:
                self._erase((key, chunk))

    def _erase(self, place: tuple) -> None:
        if place in self._items:
            page, index = self._items.pop(place)
            page.erase_item(index)


def _name_of(entry: bytes) -> tuple:
    """Return the key and chunk of an item."""
    return entry[8:24].rstrip(b"\0").decode(), entry[3]
