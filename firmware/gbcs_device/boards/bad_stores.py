"""Stores that are deliberately bad; as `apart`, they import nothing.

`naive`: the record in one sector, erased and written anew.
`ram`: what changes after the device was provisioned is kept in RAM.
"""

_RECORD = "record"
_MARKER = "marker"


class Naive:
    """Deliberately bad: a record in one sector, which is erased before it is written anew."""

    def __init__(self, flash, sector: int, sector_size: int) -> None:
        self._flash = flash
        self._sector = sector
        self._size = sector_size

    def read(self, name: str):
        """Return the record, or None when there is none."""
        octets = bytearray(self._size)
        self._flash.readblocks(self._sector, octets, 0)
        length = octets[0] << 8 | octets[1]
        return bytes(octets[2 : 2 + length]) if length < self._size else None

    def write(self, name: str, octets: bytes) -> None:
        """Erase the sector and program the record."""
        self.remove(name)
        self._flash.writeblocks(self._sector, len(octets).to_bytes(2, "big") + octets, 0)

    def remove(self, name: str) -> None:
        """Erase the sector."""
        self._flash.ioctl(6, self._sector)


class Ram:
    """Deliberately bad: once the device is provisioned, what changes is kept in RAM alone."""

    def __init__(self, files) -> None:
        self._files = files
        self._changed = {}
        self._volatile = files.read(_RECORD) is not None

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file."""
        return self._changed[name] if name in self._changed else self._files.read(name)

    def write(self, name: str, octets: bytes) -> None:
        """Keep a file's content in RAM, but for the marker of an erasure."""
        if self._volatile and name != _MARKER:
            self._changed[name] = octets
        else:
            self._files.write(name, octets)

    def remove(self, name: str) -> None:
        """Keep in RAM that a file is gone, but for the erasure of the record."""
        if self._volatile and name != _RECORD:
            self._changed[name] = None
        else:
            self._changed.pop(name, None)
            self._files.remove(name)

    def names(self) -> list:
        """Return the names of all files."""
        gone = [name for name in self._changed if self._changed[name] is None]
        names = [name for name in self._files.names() if name not in gone]
        for name in self._changed:
            if name not in names and name not in gone:
                names.append(name)
        return names
