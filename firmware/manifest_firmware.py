"""What both manifests freeze of the firmware: not what emulates a board, or is for another chip.

`board deploy` chooses alike (host/gbcs_hil/bench/deployment.py); a test compares the two.
"""

# ruff: noqa: F821 - the names are those of MicroPython's manifests.
import os

_BOARDS = ("__init__.py", "micropython.py", "unmounted.py", options.chip + ".py")
_KERNELS = {"kernel_thumb.py": ("rp2",), "kernel_wide.py": ()}


def _chosen(folder):
    """Return the names of a folder's modules that the chip takes."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    if folder.endswith("boards"):
        return [name for name in names if name in _BOARDS]
    return [name for name in names if options.chip in _KERNELS.get(name, (options.chip,))]


metadata(version="0.1.0", description="The security core of a GB smart meter")
module("gbcs_link.py", opt=1)
for _folder in ("", "boards/", "defects/"):
    _files = [_folder + name for name in _chosen("gbcs_device/" + _folder.rstrip("/"))]
    package("gbcs_device", files=_files, opt=1)
module("main.py")
