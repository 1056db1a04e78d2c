"""What can befall a flash: a cut of power at a chosen operation, a read that fails once.

A plan has one entry for each boot, the present one first: [operation, tear, read]. The power
goes at the flash's program or erase of that number, counted from 1 since the plan was armed or
the boot began, with none, half or all of the operation applied; the read of that number
fails. Zero means never. What is planned for the boots to come lies beside the flash's file.

Loaded only once the bench arms something; a flash without a fault counts nothing.
"""

import os
import sys
from array import array

from gbcs_device import combs
from gbcs_device.bench_refusal import Refused
from gbcs_device.boards.nor_flash import PAGE, SECTOR, SECTORS

_TEARS = ("nothing", "half", "all")
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
                "power cut at flash operation %d, %s applied: %s"
                % (self._cut_at, _TEARS[self._tear], what)
            )


def cut_power(line: str) -> None:
    """End this process as a cut of power would, wherever it is; a line says where that was."""
    sys.stdout.buffer.write(line.encode() + b"\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()
    os.system("kill -KILL $PPID")  # noqa: S605, S607 - all that MicroPython has.


def handle(board, request: dict) -> dict:
    """Arm the plan that a request of the bench brings, if any; return what the flash has done.

    Raises:
        Refused: the plan is malformed, or nothing was armed.
    """
    flash = board.flash
    if "boots" in request:
        boots = _checked(request["boots"])
        # What is written at leisure would count among the operations of the plan.
        combs.use(None)
        _keep(flash.path, boots[1:])
        flash.fault = Fault(flash, *boots[0])
    if flash.fault is None:
        raise Refused("not-armed", "nothing is armed; give a plan first")
    return flash.fault.counts()


def restore(flash) -> None:
    """Arm what was planned for the boot that begins."""
    boots = []
    with open(_file_of(flash.path)) as file:
        for line in file:
            boots.append([int(number) for number in line.split()])
    _keep(flash.path, boots[1:])
    flash.fault = Fault(flash, *boots[0])


def _checked(boots) -> list:
    if not isinstance(boots, list) or not boots:
        raise Refused("bad-request", "a plan is a list with an entry for each boot")
    for entry in boots:
        if not isinstance(entry, list) or len(entry) != 3:
            raise Refused("bad-request", "an entry is an operation, a tear and a read")
        for number in entry:
            if not isinstance(number, int) or number < 0:
                raise Refused("bad-request", "operations, tears and reads are numbers from 0")
        if entry[1] >= len(_TEARS):
            raise Refused("bad-request", "a tear is 0, 1 or 2: " + ", ".join(_TEARS))
    return boots


def _file_of(path: str) -> str:
    return path + ".faults"


def _keep(path: str, boots: list) -> None:
    """Leave a plan for the boots to come, or none."""
    if boots:
        with open(_file_of(path), "w") as file:
            for entry in boots:
                file.write("%d %d %d\n" % tuple(entry))
        return
    try:
        os.remove(_file_of(path))
    except OSError:
        pass  # There was none.
