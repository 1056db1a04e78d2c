"""The stores of an emulated board that are not its default one; three are deliberately bad.

`naive`: the record in one sector, erased and written anew.
`ram`: what changes after the device was provisioned is kept in RAM.
`stock-rp2-boot`: a flash that does not mount is formatted, and taken for a new one.
"""

from gbcs_device import store
from gbcs_device.boards.flash_store import on_files
from gbcs_device.boards.nor_flash import FILE_SYSTEM_SECTORS, SECTOR

_RECORD = "record"
_MARKER = "marker"


def medium_of(kind: str, flash, file_system, fresh: bool):
    """Return the medium of a store that is not the default one.

    Raises:
        OSError: the flash does not mount.
    """
    if kind == "nvs":
        from gbcs_device.boards.nvs_model import NVS
        from gbcs_device.nvs import Nvs

        return Nvs(NVS(flash))
    if kind == "stock-rp2-boot":
        return _formatting(flash, file_system, fresh)
    files = on_files(flash, file_system, fresh)
    if kind == "ram":
        return Ram(files)
    if kind == "naive":
        return Apart(Naive(flash, FILE_SYSTEM_SECTORS), files)
    from gbcs_device.raw2 import Raw2

    return Apart(Raw2(flash, FILE_SYSTEM_SECTORS), files)


class Apart:
    """Two media as one: the record's, and the one of the blobs and the marker."""

    def __init__(self, record, rest) -> None:
        self._record = record
        self._rest = rest
        self.names = rest.names

    def _of(self, name: str):
        return self._record if name == _RECORD else self._rest

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file."""
        return self._of(name).read(name)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file's content."""
        self._of(name).write(name, octets)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._of(name).remove(name)


class Naive:
    """Deliberately bad: a record in one sector, which is erased before it is written anew."""

    def __init__(self, flash, sector: int) -> None:
        self._flash = flash
        self._sector = sector

    def read(self, name: str):
        """Return the record, or None when there is none."""
        octets = bytearray(SECTOR)
        self._flash.readblocks(self._sector, octets, 0)
        length = octets[0] << 8 | octets[1]
        return bytes(octets[2 : 2 + length]) if length < SECTOR else None

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


def _formatting(flash, file_system, fresh: bool):
    """Mount as the RP2 port's own boot script does: whatever fails, format."""
    try:
        return on_files(flash, file_system, fresh)
    except OSError:
        files = on_files(flash, file_system, True)
        store.manufacture(files)
        return files
