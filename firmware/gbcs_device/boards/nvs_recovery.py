"""What ESP-IDF's non-volatile storage does when it is loaded; it makes good what a cut left.

And it makes one thing worse, as ESP-IDF does since its releases 5.0.7, 5.1.4 and 5.2.2: where
the last item of the active page is a blob's data, it erases the first data of that blob in the
page, for a duplicate, and never asks whether they belong to the blob that is to be replaced.

In memory only while a board starts.
"""

from struct import unpack

from gbcs_device.boards.nor_flash import SECTOR
from gbcs_device.boards.nvs_model import ANY_CHUNK, DATA, name_of, place_of
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
_ILLEGAL = 1


def recover(storage, pages: list) -> None:
    """Load the pages and end what a cut interrupted."""
    for page in pages:
        _load(page)
    storage.free.extend([page for page in pages if page.state in (UNUSED, CORRUPT)])
    used = [page for page in pages if page not in storage.free]
    storage.used.extend(sorted(used, key=lambda page: page.sequence))
    if storage.used:
        storage.sequence = storage.used[-1].sequence + 1
        _erase_older(storage)
        _finish_freeing(storage)
    else:
        storage.activate()
    for page in storage.used:
        for index, entry in page.items():
            storage.items[name_of(entry)] = place_of(page, index)
    _erase_mismatched(storage)
    _erase_orphans(storage)


def _erase_older(storage) -> None:
    """Erase what the last item replaces: the power may have gone between the two."""
    items = storage.used[-1].items()
    last = name_of(items[-1][1]) if items else None
    for page in storage.used[:-1]:
        if page.state != FREEING:
            for index, entry in page.items():
                if name_of(entry) == last:
                    page.erase_item(index)
                    return


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


def _erase_mismatched(storage) -> None:
    """Erase each index whose blob has not the data that it counts."""
    for name in list(storage.items):
        if name[0] == ANY_CHUNK:
            index = storage.index_of(name[1:].decode())
            if index is not None and storage.data_of(name[1:], index[2]) != index[:2]:
                storage.erase(name)


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
        page.table = bytearray(page.read(TABLE, 32))
        page.next = ENTRIES
        if page.state == ACTIVE:
            _find_end(page)
        _check_items(page)


def _find_end(page) -> None:
    """Find where the active page goes on: data may have been written, and its state not."""
    states = [page.entry_state(index) for index in range(ENTRIES)]
    page.next = states.index(EMPTY) if EMPTY in states else ENTRIES
    while page.next < ENTRIES and page.entry(page.next)[:4] != _BLANK_WORD:
        page.alter(page.next, page.next + 1, ERASED)
        page.next += 1


def _check_items(page) -> None:
    """Erase the items that are not whole and, in the active page, those that there are twice."""
    seen = {}
    last = None
    index = 0
    end = page.next
    while index < end:
        span = 1
        state = page.entry_state(index)
        if state == WRITTEN:
            entry = page.entry(index)
            if whole(entry):
                span = entry[2]
            states = [page.entry_state(at) for at in range(index, index + span)]
            last = None
            if not whole(entry) or states != [WRITTEN] * span:
                page.erase_item(index)
            else:
                last = index
                if page.state == ACTIVE and name_of(entry) in seen:
                    page.erase_item(seen[name_of(entry)])
                seen[name_of(entry)] = index
        elif state == _ILLEGAL and page.state == ACTIVE:
            page.erase_item(index)
            last = None
        elif state == ERASED:
            last = None
        index += span
    if page.state == ACTIVE and last is not None:
        _take_for_duplicate(page, page.entry(last), last)


def _take_for_duplicate(page, last: bytes, at: int) -> None:
    """Erase the first data of a blob in the page whose last item are data of the same blob."""
    for index, entry in page.items():
        if index < at and entry[1] == last[1] == DATA and entry[8:24] == last[8:24]:
            page.erase_item(index)
            return
