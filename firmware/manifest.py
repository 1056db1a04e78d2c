"""Freeze the firmware into an RP2040's MicroPython, with a boot module that never formats.

make -C ports/rp2 BOARD=RPI_PICO FROZEN_MANIFEST=<this file>
"""

# ruff: noqa: F821 - the names are those of MicroPython's manifests.
# The port's own manifest would bring its `_boot`.
freeze("$(PORT_DIR)/modules", "rp2.py")
freeze("rp2_boot", "_boot.py")
include("manifest_firmware.py", chip="rp2")
