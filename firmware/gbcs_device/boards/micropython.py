"""What MicroPython's boards have in common, whatever their chip."""

import gc
import os
import select
import sys
import time

# Here, for to import it for each key costs as much as a MAC: the path is searched first.
from cryptolib import aes

from gbcs_device import borrowed

# With so many octets free at the start, a device's memory is never full.
_ROOMY = 120000
# With fewer octets in use, as when the firmware is in the image, a collection is quick: it comes
# whenever so many more have been taken.
_LITTLE = 49152


def opened(medium):
    """Return what a function makes, or where the flash fails a medium that says so.

    A board whose flash does not mount starts, and tells the bench; nothing is formatted.
    """
    try:
        return medium()
    except OSError as error:
        from gbcs_device.boards.unmounted import Unmounted

        return Unmounted(error)


class MicroPythonBoard:
    """What the device needs of a board, but for what its chip alone can say."""

    def __init__(self, medium, store: str = "lfs", flash=None) -> None:
        """Take a medium, the store's name, and the flash if it is an emulated one."""
        self._peak = 0
        self.medium = medium
        self.store = store
        self.flash = flash
        # Where there is room beside the record for what is never needed: a file system has it.
        self.cache = medium if store == "lfs" else None
        self.stream_in = sys.stdin.buffer
        self.stream_out = sys.stdout.buffer
        self.poll = select.poll()
        self.poll.register(sys.stdin, select.POLLIN)

    def random(self, count: int) -> bytes:
        """Return octets from the system's random source."""
        return os.urandom(count)

    def now(self) -> str:
        """Return the clock's time in UTC as YYYYMMDDhhmmss."""
        return "%04d%02d%02d%02d%02d%02d" % time.gmtime()[:6]

    def aes(self, key: bytes):
        """Return AES-128 of one block under a key."""
        return aes(key, 1).encrypt  # Mode 1 is ECB.

    def loaded(self) -> None:
        """Let the collector come no more often than is cheap: every module is in memory."""
        gc.collect()
        gc.threshold(_LITTLE if gc.mem_alloc() < _LITTLE else -1)
        borrowed.keeping = gc.mem_free() >= _ROOMY
        self.medium.crowded = not borrowed.keeping

    def tidy(self) -> None:
        """Free what is dead."""
        self._peak = max(self._peak, gc.mem_alloc())
        gc.collect()

    def heap(self) -> dict:
        """Return the octets that the heap holds and has free after a collection.

        `peak` is the most that one request left allocated, what was dead included: never less
        than it needed at once, unless it ran into the heap's end and collected there.
        """
        self.tidy()
        return {"used": gc.mem_alloc(), "free": gc.mem_free(), "peak": self._peak}

    def cycles(self):
        """Return the cycles since power came on, or None where nothing counts them."""
        return
