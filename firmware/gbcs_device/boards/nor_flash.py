"""A NOR flash in a file: programming only clears bits, erasing a sector sets them.

The file keeps what was programmed whatever moment the process is killed, which is how power is
cut. What a real chip does besides is in `docs/counter-store.md`.
"""

SECTOR = 4096
SECTORS = 64
# The last two sectors are not the file system's: a record may lie there without it.
FILE_SYSTEM_SECTORS = SECTORS - 2
PAGE = 256
_ERASED = b"\xff" * PAGE


class NorFlash:
    """A chip, and the block device that littlefs takes over its first sectors.

    Attributes:
        path: the file.
        fault: what the bench has armed, a `fault.Fault`; it then carries the operations out.
    """

    fault = None

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = open(path, "r+b", buffering=0)
        self._page = bytearray(PAGE)

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        """Fill the buffer from a sector."""
        if self.fault:
            self.fault.on_read()
        self._file.seek(block * SECTOR + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block: int, buffer: bytes, offset: int = 0) -> None:
        """Program a part of a sector."""
        (self.fault or self).program(block * SECTOR + offset, buffer)

    def ioctl(self, operation: int, argument: int):
        """Answer the block device protocol: sector count, sector size, erase."""
        if operation == 4:
            return FILE_SYSTEM_SECTORS
        if operation == 5:
            return SECTOR
        if operation == 6:
            (self.fault or self).erase(argument, SECTOR)
        return 0

    def program(self, address: int, octets) -> None:
        """Clear bits; without taking memory, for the store comes last."""
        for start in range(0, len(octets), PAGE):
            old = memoryview(self._page)[: len(octets) - start]
            self._file.seek(address + start)
            self._file.readinto(old)
            for at in range(len(old)):
                old[at] &= octets[start + at]
            self._file.seek(address + start)
            self._file.write(old)

    def erase(self, sector: int, length: int) -> None:
        """Set every bit of so many octets at the start of a sector."""
        self._file.seek(sector * SECTOR)
        for _ in range(length // PAGE):
            self._file.write(_ERASED)
