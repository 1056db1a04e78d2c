"""What can befall a flash: a cut of power at a chosen operation, a read that fails once.

The power goes at the flash's program or erase of a chosen number, counted from 1 since the
fault was armed or the boot began, with none, half or all of the operation applied; the read
of a chosen number fails. Zero means never.

Loaded only once the bench arms something (`fault_plan`); a flash without a fault counts nothing.
"""

import os
import sys
from array import array

from gbcs_device.boards.nor_flash import PAGE, SECTOR, SECTORS

TEARS = ("nothing", "half", "all")
_IO_ERROR = 5


class Fault:
    """One boot's entry of a plan, and what the flash has done under it.

    Args:
        flash: carries out what is left of each operation.
        cut_at, tear, failing_read: the entry.
    """

    def __init__(self, flash, cut_at: int, tear: int, failing_read: int) -> None:
        self._flash = flash
        self._cut_at = cut_at
        self._tear = tear
        self._failing_read = failing_read
        self._operations = 0
        self._reads = 0
        self._programs = array("H", bytes(2 * SECTORS))
        self._erases = array("H", bytes(2 * SECTORS))

    def counts(self) -> dict:
        """Return what the flash has done: operations, reads; programs and erases by sector."""
        return {
            "operations": self._operations,
            "reads": self._reads,
            "programs": list(self._programs),
            "erases": list(self._erases),
        }

    def on_read(self) -> None:
        """Count a read, and fail the chosen one."""
        self._reads += 1
        if self._reads == self._failing_read:
            raise OSError(_IO_ERROR)

    def program(self, address: int, octets) -> None:
        """Program page by page, up to the cut."""
        octets = memoryview(octets)
        at = 0
        while at < len(octets):
            end = at + PAGE - (address + at) % PAGE
            self._program_page(address + at, octets[at:end])
            at = end

    def _program_page(self, address: int, octets) -> None:
        """Program a part of a page, or what the cut leaves of it."""
        self._programs[address // SECTOR] += 1
        # Half of an operation is half of what it changes: ones change nothing.
        first = 0
        while first < len(octets) and octets[first] == 0xFF:
            first += 1
        last = len(octets)
        while last > first and octets[last - 1] == 0xFF:
            last -= 1
        self._flash.program(address, octets[: first + self._applied(last - first)])
        self._end_of_operation("program of %d octets at %06x" % (len(octets), address))

    def erase(self, sector: int, length: int) -> None:
        """Erase a sector, or what the cut leaves of it."""
        self._erases[sector] += 1
        self._flash.erase(sector, self._applied(length))
        self._end_of_operation("erase of sector %d" % sector)

    def _applied(self, length: int) -> int:
        """Count an operation; return how many of its octets are applied."""
        self._operations += 1
        if self._operations < self._cut_at or not self._cut_at:
            return length
        if self._operations > self._cut_at:
            # Only where the power is cut by an exception: on its way it must leave no trace.
            return 0
        return (0, length // 2, length)[self._tear]

    def _end_of_operation(self, what: str) -> None:
        if 0 < self._cut_at <= self._operations:
            cut_power(
                self._flash.path,
                "power cut at flash operation %d, %s applied: %s"
                % (self._cut_at, TEARS[self._tear], what),
            )


def cut_power(path: str, line: str) -> None:
    """End this process as a cut of power would, wherever it is; a line says where that was.

    The line goes out on the serial line, and for those who came too late to hear it into a
    file beside the flash's.
    """
    with open(path + ".cut", "w") as file:
        file.write(line)
    sys.stdout.buffer.write(line.encode() + b"\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()
    os.system("kill -KILL $PPID")  # noqa: S605, S607 - all that MicroPython has.
