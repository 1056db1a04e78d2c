"""Freeze the firmware into an ESP32's MicroPython, which formats only a flash that is erased.

make -C ports/esp32 BOARD=ESP32_GENERIC FROZEN_MANIFEST=<this file>
"""

# ruff: noqa: F821 - the names are those of MicroPython's manifests.
include("$(PORT_DIR)/boards/manifest.py")
include("manifest_firmware.py", chip="esp32")
