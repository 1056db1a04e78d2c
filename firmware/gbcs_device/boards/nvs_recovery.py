"""What ESP-IDF's non-volatile storage does when it is loaded; it makes good what a cut left.

In memory only while a board starts.
"""

from struct import unpack

from gbcs_device.boards.nor_flash import SECTOR
from gbcs_device.boards.nvs_model import ANY_CHUNK, name_of, place_of
from gbcs_device.boards.nvs_page import (
    ACTIVE,
    CORRUPT,
    EMPTY,
    ENTRIES,
    ERASED,
    FREEING,
    FULL,
    TABLE,
    UNUSED,
    WRITTEN,
    crc_of,
    whole,
)

_BLANK_WORD = b"\xff\xff\xff\xff"


def recover(storage, pages: list) -> None:
    """Load the pages and end what a cut interrupted."""
    for page in pages:
        _load(page)
    storage.free.extend([page for page in pages if page.state in (UNUSED, CORRUPT)])
    used = [page for page in pages if page not in storage.free]
    storage.used.extend(sorted(used, key=lambda page: page.sequence))
    if not storage.used:
        storage.activate()
    _finish_freeing(storage)
    for page in storage.used:
        for index, entry in page.items():
            # The power may have gone between a new item and the erasure of the old one.
            storage.erase(name_of(entry))
            storage.items[name_of(entry)] = place_of(page, index)
    _erase_orphans(storage)


def _finish_freeing(storage) -> None:
    """Begin again to copy what a cut interrupted."""
    for page in storage.used:
        if page.state == FREEING:
            newest = storage.used[-1]
            if newest.state == ACTIVE:
                newest.erase()
                storage.used.remove(newest)
                storage.free.append(newest)
            storage.activate()
            storage.move(page)
            return


def _erase_orphans(storage) -> None:
    """Erase chunks that no index counts."""
    for name in list(storage.items):
        chunk = name[0]
        index = storage.index_of(name[1:].decode())
        counted = index is not None and index[2] <= chunk < index[2] + index[1]
        if chunk != ANY_CHUNK and not counted:
            storage.erase(name)


def _load(page) -> None:
    """Read a page's header and states, and erase what a cut left unfinished in it."""
    header = page.read(0, 32)
    page.state, sequence = unpack("<II", header[:8])
    if page.state == UNUSED:
        if page.read(0, SECTOR) != b"\xff" * SECTOR:
            page.state = CORRUPT
    elif page.state not in (ACTIVE, FULL, FREEING) or header[28:] != crc_of(header[4:28]):
        page.state = CORRUPT
    else:
        page.sequence = sequence
        _load_entries(page)


def _load_entries(page) -> None:
    page.table = bytearray(page.read(TABLE, 32))
    page.next = ENTRIES
    if page.state == ACTIVE:
        states = [page.entry_state(index) for index in range(ENTRIES)]
        page.next = states.index(EMPTY) if EMPTY in states else ENTRIES
        # Data may have been written, and its state not.
        while page.next < ENTRIES and page.entry(page.next)[:4] != _BLANK_WORD:
            page.alter(page.next, page.next + 1, ERASED)
            page.next += 1
    index = 0
    while index < ENTRIES:
        span = 1
        if page.entry_state(index) == WRITTEN:
            entry = page.entry(index)
            span = entry[2] if whole(entry) else 1
            states = [page.entry_state(at) for at in range(index, index + span)]
            if not whole(entry) or states != [WRITTEN] * span:
                page.erase_item(index)
        index += span
