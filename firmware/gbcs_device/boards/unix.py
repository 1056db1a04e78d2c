"""An emulated board: MicroPython's unix port, littlefs on a flash that is a file.

Run as `micropython -m gbcs_device.boards.unix FLASH`. The file is the flash chip: it keeps
what was programmed whatever moment the process is killed, which is how power is cut. A file
that does not exist is a new chip; one that does not mount is never formatted.
"""

import gc
import os
import select
import sys
import time

import vfs

# Modules are compiled from source here. Without early collections the parse trees that they
# leave behind would cut a small heap into pieces too small for a sector's buffer.
gc.threshold(4096)

from gbcs_device import app, store  # noqa: E402 - see above
from gbcs_device.files import Files  # noqa: E402

gc.collect()
gc.threshold(-1)

_SECTOR = 4096
_SECTORS = 64
_MOUNT = "/flash"
_ERASED = b"\xff" * 256


class FileFlash:
    """A NOR flash of 4 KB sectors in a file: programming only clears bits, erasing sets them."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b")
        self._page = bytearray(256)

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        """Fill the buffer from a sector."""
        self._file.seek(block * _SECTOR + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block: int, buffer: bytes, offset: int = 0) -> None:
        """Program a part of a sector, page by page."""
        for start in range(0, len(buffer), 256):
            page = memoryview(buffer)[start : start + 256]
            old = memoryview(self._page)[: len(page)]
            self.readblocks(block, old, offset + start)
            for at in range(len(page)):
                old[at] &= page[at]
            self._file.seek(block * _SECTOR + offset + start)
            self._file.write(old)

    def ioctl(self, operation: int, argument: int):
        """Answer the block device protocol: sector count, sector size, erase."""
        if operation == 4:
            return _SECTORS
        if operation == 5:
            return _SECTOR
        if operation == 6:
            self._file.seek(argument * _SECTOR)
            for _ in range(_SECTOR // len(_ERASED)):
                self._file.write(_ERASED)
        return 0


class Board:
    """What the device needs of this board."""

    name = "unix"
    reset_cause = "power-on"

    def __init__(self, path: str) -> None:
        self.medium = _mount(path)
        self.unique_id = b"unix:" + path.split("/")[-1].encode()
        self.stream_in = sys.stdin.buffer
        self.stream_out = sys.stdout.buffer
        self.poll = select.poll()
        self.poll.register(sys.stdin, select.POLLIN)

    def random(self, count: int) -> bytes:
        """Return octets from the system's random source."""
        return os.urandom(count)

    def now(self) -> str:
        """Return the system's time in UTC as YYYYMMDDhhmmss."""
        return "%04d%02d%02d%02d%02d%02d" % time.gmtime()[:6]

    def aes(self, key: bytes):
        """Return AES-128 of one block under a key."""
        from cryptolib import aes

        return aes(key, 1).encrypt  # Mode 1 is ECB.

    def heap(self) -> dict:
        """Return the octets that the heap holds and has free after a collection."""
        gc.collect()
        return {"used": gc.mem_alloc(), "free": gc.mem_free()}


def _mount(path: str) -> Files:
    try:
        os.stat(path)
    except OSError:
        return _manufacture(path)
    vfs.mount(_file_system(path), _MOUNT)
    return Files(_MOUNT + "/gbcs")


def _manufacture(path: str) -> Files:
    """Make a new chip in another file first: a cut must not leave a half-formatted one."""
    unfinished = path + ".new"
    with open(unfinished, "wb") as file:
        for _ in range(_SECTORS * _SECTOR // len(_ERASED)):
            file.write(_ERASED)
    vfs.VfsLfs2.mkfs(FileFlash(unfinished), progsize=256)
    vfs.mount(_file_system(unfinished), _MOUNT)
    files = Files(_MOUNT + "/gbcs")
    store.manufacture(files)
    os.rename(unfinished, path)
    return files


def _file_system(path: str):
    # The parameters of the rp2 port's own file system.
    return vfs.VfsLfs2(FileFlash(path), progsize=256)


if __name__ == "__main__":
    sys.exit(app.run(Board(sys.argv[1])))
