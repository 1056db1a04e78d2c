"""What both manifests freeze of the firmware: not what emulates a board, or is for another chip.

`board deploy` chooses alike (host/gbcs_hil/bench/deployment.py); a test compares the two. The
digest of what is frozen goes with it, for a board to say which firmware its image has.
"""

# ruff: noqa: F821 - the names are those of MicroPython's manifests.
import atexit
import hashlib
import os
import shutil
import tempfile

_BOARDS = ("__init__.py", "micropython.py", "unmounted.py", options.chip + ".py")
_KERNELS = {"inverse_thumb.py": ("rp2",), "kernel_thumb.py": ("rp2",), "kernel_wide.py": ()}


def _chosen(folder):
    """Return the names of a folder's modules that the chip takes."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    if folder.endswith("boards"):
        return [name for name in names if name in _BOARDS]
    return [name for name in names if options.chip in _KERNELS.get(name, (options.chip,))]


def _digest(names):
    """Return a digest of files and their names."""
    sha = hashlib.sha256()
    for name in sorted(names):
        with open(name, "rb") as file:
            sha.update(("%s %s\n" % (name, hashlib.sha256(file.read()).hexdigest())).encode())
    return sha.hexdigest()


metadata(version="0.1.0", description="The security core of a GB smart meter")
_files = []
for _folder in ("", "boards/", "defects/"):
    _files += [_folder + name for name in _chosen("gbcs_device/" + _folder.rstrip("/"))]
package("gbcs_device", files=_files, opt=1)
module("gbcs_link.py", opt=1)
module("main.py")
_made = tempfile.mkdtemp()
atexit.register(shutil.rmtree, _made)
with open(os.path.join(_made, "gbcs_frozen.py"), "w") as _file:
    _file.write("DIGEST = %r\n" % _digest(["gbcs_link.py"] + ["gbcs_device/" + f for f in _files]))
module("gbcs_frozen.py", base_path=_made)
