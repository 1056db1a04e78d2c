"""A Raspberry Pi Pico, or another board with an RP2040; littlefs on its own flash.

No watchdog is started: once it runs nothing stops it, and it would reset the board under
whoever deploys to it. That somebody else's has run out is told by the cause of the reset.
"""

import machine
import rp2

from gbcs_device.boards.micropython import MicroPythonBoard, opened
from gbcs_device.files import Files

# machine.reset() is the watchdog's work on this chip, as is the end of its time: the register
# WATCHDOG_REASON tells them apart (RP2040 datasheet, 4.7.6).
_WATCHDOG_REASON = 0x40058008
_TIMER = 1
_HERTZ = 125000000
# The boot script of MicroPython's own images formats whatever fails; firmware/rp2_boot does not.
_FORMATS = "lfs (formatted at start if it does not mount)"
# An emulated Pico says that it is one, and has its cycle counter where silicon has nothing.
_EMULATED = b"EMULPICO"
_CYCLES = 0x40068000


class Board(MicroPythonBoard):
    """What the device needs of this board."""

    name = "rp2"

    def __init__(self) -> None:
        super().__init__(opened(lambda: Files("/gbcs")))
        if getattr(rp2, "boot_formats", True):
            self.store = _FORMATS
        machine.freq(_HERTZ)
        self.unique_id = machine.unique_id()
        self.reset_cause = _reset_cause()

    def cycles(self):
        """Return the cycles since power came on of an emulated Pico; None on silicon."""
        if self.unique_id != _EMULATED:
            return None
        low = machine.mem32[_CYCLES] & 0xFFFFFFFF
        return machine.mem32[_CYCLES + 4] << 32 | low


def _reset_cause() -> str:
    cause = machine.reset_cause()
    if cause != machine.WDT_RESET:
        return "power-on" if cause == machine.PWRON_RESET else "unknown"
    return "watchdog" if machine.mem32[_WATCHDOG_REASON] & _TIMER else "reset"
