"""Freeze the firmware into an ESP32's MicroPython, which formats only a flash that is erased.

make -C ports/esp32 BOARD=ESP32_GENERIC FROZEN_MANIFEST=<this file>
"""

# ruff: noqa: F821 - the names are those of MicroPython's manifests.
metadata(version="0.1.0", description="The security core of a GB smart meter")

include("$(PORT_DIR)/boards/manifest.py")
module("gbcs_link.py", opt=1)
package("gbcs_device", opt=1)
module("main.py")
