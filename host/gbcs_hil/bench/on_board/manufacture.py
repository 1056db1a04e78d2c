"""Run on a board by `deployment`, only if it never had a device: mark it as a virgin one."""

import gc
import sys

gc.collect()

from gbcs_device import store  # noqa: E402 - memory first.
from gbcs_device.files import Files  # noqa: E402


def storage():
    """Return the medium of an ESP32's device."""
    from esp32 import NVS  # pyright: ignore[reportMissingImports] - of another chip.

    from gbcs_device.nvs import NAMESPACE, Nvs

    return Nvs(NVS(NAMESPACE))


if sys.platform == "esp32":
    medium = storage()
    # Its storage outlives its file system, from which alone this board seemed a new one.
    if medium.read("marker") is None and medium.read("record") is None:
        store.manufacture(medium)
    # The folder is how the next deployment knows.
    Files("/gbcs")
else:
    store.manufacture(Files("/gbcs"))
