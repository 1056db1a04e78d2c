"""A store's record in two sectors of flash, without a file system.

One sector holds a base, the whole record, and behind it a slot for each change; when a sector
is full the other is erased and gets a base. A slot says only what differs from the record
before it, so a command that moves a counter costs 32 octets, and an erase comes once in more
than a hundred of them.

    base  "R2" length[2] generation[4] record crc32[4]              the sector's start
    slot  done[1] runs[1] { offset[2] length[1] octets } crc32[4]   behind it
    retired[1]                                                      the sector's last octet

Each begins at a multiple of 32 octets; big-endian; a length of 0 says that there is no record.
A base's CRC-32 is over what stands before it, a slot's over its runs and then over the record
that comes of it. `done` is programmed from FF to 00 once the rest is in place, `retired` once
the other sector has its base. Without `done` a slot was never answered and does not count; with
it, and a CRC that does not fit, it is damage, and so is a retired sector whose successor is
gone. Damage is never taken for an older record.
"""

from binascii import crc32
from struct import pack, unpack

from gbcs_device._compat import const

_SECTOR = const(4096)
_PAGE = const(256)
_ALIGN = const(32)
_HEAD = ">2sHI"
_MAGIC = b"R2"
_HEAD_LENGTH = const(8)
# What a slot has besides its runs: `done` and the CRC.
_FRAME = const(5)
# The last slot must leave the octet that says that the sector is retired.
_END = const(4064)
_RETIRED = const(4095)
_BLANK = const(0xFF)
# Room for commands that wait: 16 octets each.
_LONGEST = const(2048)
_LARGEST_PATCH = const(224)


class Raw2:
    """A medium for the record alone.

    Args:
        flash: `readblocks`, `writeblocks` (within a page) and `ioctl`, as MicroPython's block
            devices have them.
        first: the first of the two sectors.

    Raises:
        OSError: the flash cannot be read.
    """

    def __init__(self, flash, first: int) -> None:
        self._flash = flash
        self._first = first
        self._sector = 0
        self._generation = 0
        self._content = b""
        self._damage = ""
        # Where the next slot goes; at the end of the sector it goes to the other one.
        self._next = _END
        self._load()

    def read(self, name: str):
        """Return the record, or None when there is none.

        Raises:
            OSError: it is damaged.
        """
        if self._damage:
            raise OSError(self._damage)
        return self._content or None

    def write(self, name: str, octets: bytes) -> None:
        """Replace the record; durable when this returns.

        Raises:
            OSError: the flash failed.
        """
        slot = _patch(self._content, octets)
        end = self._next + _rounded(len(slot) + _FRAME)
        if slot and end <= _END:
            self._append(slot, octets)
            self._next = end
        else:
            self._rewrite(octets)
        self._content = bytes(octets)

    def remove(self, name: str) -> None:
        """Leave no record."""
        self._rewrite(b"")
        self._content = b""
        self._damage = ""

    def names(self) -> list:
        """Return the record's name."""
        return ["record"]

    def _rewrite(self, octets: bytes) -> None:
        """Put a base with a record into the other sector."""
        if len(octets) > _LONGEST:
            raise ValueError("a record of %d octets" % len(octets))
        old, new = self._sector, 1 - self._sector
        self._flash.ioctl(6, self._first + new)
        generation = self._generation + 1
        head = pack(_HEAD, _MAGIC, len(octets), generation)
        head += octets
        self._program(new, 0, head + pack(">I", _crc(head, b"")))
        if self._generation:
            self._program(old, _RETIRED, b"\0")
        self._sector = new
        self._generation = generation
        self._next = _rounded(len(head) + 4)

    def _append(self, slot: bytes, content: bytes) -> None:
        """Program a slot, and then that it is done."""
        self._program(self._sector, self._next + 1, slot + pack(">I", _crc(slot, content)))
        self._program(self._sector, self._next, b"\0")

    def _program(self, sector: int, at: int, octets: bytes) -> None:
        """Program whole pages, as some boards can only; ones leave what is there."""
        while octets:
            start = at % _PAGE
            part = octets[: _PAGE - start]
            page = b"\xff" * start + part + b"\xff" * (_PAGE - start - len(part))
            self._flash.writeblocks(self._first + sector, page, at - start)
            at += len(part)
            octets = octets[len(part) :]

    def _load(self) -> None:
        """Find the sector in use, and the record that its base and slots make."""
        bases = [self._base(0), self._base(1)]
        if bases[0] is None and bases[1] is None:
            return
        self._sector = 1 if bases[0] is None or (bases[1] and bases[1] > bases[0]) else 0
        base = bases[self._sector]
        self._generation, self._content = base  # pyright: ignore[reportGeneralTypeIssues]
        other = 1 - self._sector
        if self._octets(self._sector, _RETIRED, 1) != b"\xff":
            self._damage = "the record's newer sector is damaged"
            return
        self._replay()
        if bases[other] and self._octets(other, _RETIRED, 1) == b"\xff":
            self._program(other, _RETIRED, b"\0")

    def _base(self, sector: int):
        """Return the generation and record of a sector's base, or None if it has no whole one."""
        magic, length, generation = unpack(_HEAD, self._octets(sector, 0, _HEAD_LENGTH))
        if magic != _MAGIC or length > _LONGEST:
            return None
        octets = self._octets(sector, 0, _HEAD_LENGTH + length + 4)
        if octets[-4:] != pack(">I", _crc(octets[:-4], b"")):
            return None
        return generation, octets[_HEAD_LENGTH:-4]

    def _replay(self) -> None:
        """Apply the slots behind the base; find where the next one goes."""
        at = _rounded(_HEAD_LENGTH + len(self._content) + 4)
        while at < _END:
            slot = self._octets(self._sector, at, min(_LARGEST_PATCH + _FRAME, _END - at))
            if slot[0] == _BLANK:
                break
            content, end = _patched(self._content, slot)
            if slot[end : end + 4] != pack(">I", _crc(slot[1:end], content)):
                self._damage = "a slot of the record is damaged"
                return
            self._content = content
            at += _rounded(end + 4)
        # Behind a slot that a cut has torn there is no telling what can still be programmed.
        self._next = at if self._blank_from(at) else _END

    def _blank_from(self, at: int) -> bool:
        """Return whether nothing was programmed in the rest of the sector."""
        while at < _END:
            octets = self._octets(self._sector, at, min(_PAGE, _END - at))
            if octets != b"\xff" * len(octets):
                return False
            at += len(octets)
        return True

    def _octets(self, sector: int, at: int, length: int) -> bytes:
        buffer = bytearray(length)
        self._flash.readblocks(self._first + sector, buffer, at)
        return bytes(buffer)


def _crc(octets: bytes, content: bytes) -> int:
    return crc32(content, crc32(octets)) & 0xFFFFFFFF


def _rounded(length: int) -> int:
    return -(-length // _ALIGN) * _ALIGN


def _patch(old: bytes, new: bytes) -> bytes:
    """Return a slot's runs that make one record of another; nothing if that takes a base."""
    if len(old) != len(new):
        return b""
    runs = []
    at = 0
    while at < len(new):
        if old[at] == new[at]:
            at += 1
            continue
        # A run's head is three octets: what differs again within so many belongs to it.
        end = at + 1
        for here in range(at + 1, len(new)):
            if old[here] != new[here]:
                end = here + 1
            elif here - end >= 3:
                break
        runs.append(pack(">HB", at, min(end - at, 255)) + new[at : min(end, at + 255)])
        at = min(end, at + 255)
    slot = bytes((len(runs),)) + b"".join(runs)
    return slot if len(slot) <= _LARGEST_PATCH else b""


def _patched(content: bytes, slot: bytes) -> tuple:
    """Return the record that a slot makes of the one before it, and where the slot's CRC is."""
    made = bytearray(content)
    at = 2
    for _ in range(slot[1]):
        if at + 3 > len(slot):
            break
        offset, length = unpack(">HB", slot[at : at + 3])
        at += 3
        # What a damaged slot says may lie anywhere; its CRC will tell.
        if offset + length <= len(made) and at + length <= len(slot):
            made[offset : offset + length] = slot[at : at + length]
        at += length
    return bytes(made), at
