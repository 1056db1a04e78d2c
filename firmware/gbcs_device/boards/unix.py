"""An emulated board: MicroPython's unix port, littlefs on a flash that is a file.

Run as `micropython -m gbcs_device.boards.unix FLASH [STORE]`. The file is the flash chip: it
keeps what was programmed whatever moment the process is killed, which is how power is cut. A
file that does not exist is a new chip; one that does not mount is never formatted, unless the
store is the deliberately bad one that does so.
"""

import gc
import os
import sys

from gbcs_device.boards import nor_flash  # noqa: F401 - kept when its user goes.
from gbcs_device.boards.micropython import MicroPythonBoard
from gbcs_device.borrowed import Borrowed
from gbcs_device.files import Files  # noqa: F401 - kept too.
from gbcs_link import MAX_LINE


class _Input:
    """What comes in, by the system's own read: MicroPython asks it for a line octet by octet."""

    def __init__(self, read) -> None:
        """Take the C function."""
        self._read = read
        self._buffer = bytearray(MAX_LINE)

    def readline(self, limit: int) -> bytes:
        """Wait for a line or a part of one and return it; nothing at the end of the line."""
        count = self._read(0, self._buffer, limit)
        return bytes(memoryview(self._buffer)[:count]) if count > 0 else b""


class Board(MicroPythonBoard):
    """What the device needs of this board."""

    name = "unix"

    def __init__(self, path: str, store: str = "lfs") -> None:
        with Borrowed("boards.unix_flash") as start:
            # What lives on is best put where nothing dead lies between.
            gc.collect()
            kind, flash, medium = start.open_store(path, store)
        super().__init__(medium, kind, flash)
        self.reset_cause = os.getenv("GBCS_HIL_RESET_CAUSE") or "power-on"
        self.unique_id = b"unix:" + path.split("/")[-1].encode()
        try:
            import ffi
        except ImportError:
            return
        self.stream_in = _Input(ffi.open(None).func("l", "read", "ipL"))


if __name__ == "__main__":
    # What the start leaves behind is gone before the memory fills with what stays.
    board = Board(*sys.argv[1:])
    from gbcs_device import app

    sys.exit(app.run(board))
