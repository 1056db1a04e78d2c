"""An ESP32 board; its state is in NVS, the line is its UART.

On its flash's littlefs is the firmware, and what can be made anew.

No watchdog is started, as on the RP2040: nothing stops it once it runs.
"""

import machine
from esp32 import NVS

from gbcs_device.boards.micropython import MicroPythonBoard, opened
from gbcs_device.files import Files
from gbcs_device.nvs import NAMESPACE, Nvs

_CAUSES = {
    machine.PWRON_RESET: "power-on",
    machine.HARD_RESET: "reset",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deep-sleep",
    machine.SOFT_RESET: "reset",
}
_HERTZ = 240000000


class Board(MicroPythonBoard):
    """What the device needs of this board."""

    name = "esp32"

    def __init__(self) -> None:
        super().__init__(opened(lambda: Nvs(NVS(NAMESPACE))), "nvs")
        self.cache = opened(lambda: Files("/gbcs"))
        machine.freq(_HERTZ)
        self.unique_id = machine.unique_id()
        self.reset_cause = _CAUSES.get(machine.reset_cause(), "unknown")
