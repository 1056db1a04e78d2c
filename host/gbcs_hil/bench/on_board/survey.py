"""Run on a board by `deployment`: say who it is and what it holds; change nothing."""

import binascii
import gc
import hashlib
import json
import os
import sys

import machine


def files(folder, found):
    """Add path and SHA-256 of every file below a folder."""
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return found
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            files(path, found)
        else:
            found[path] = digest(path)
            # Else the digests lie scattered all over the heap, and no room for their text is left.
            gc.collect()
    return found


def digest(path):
    """Return a file's SHA-256."""
    # What is kept must not lie between pieces of what was read: it would cut the heap up.
    gc.collect()
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            count = file.readinto(piece)
            if not count:
                return binascii.hexlify(sha.digest()).decode()
            sha.update(memoryview(piece)[:count])


def names():
    """Return what is at the root, or None where nothing is mounted."""
    try:
        # A root without a file system can be listed, and is empty; its blocks have no size.
        return os.listdir("/") if os.statvfs("/")[0] else None
    except OSError:
        return None


def frozen():
    """Return the digest of the firmware in the image, "" if it tells none, None without one."""
    path = sys.path[:]
    sys.path[:] = [".frozen"]
    digest = None
    try:
        import gbcs_device  # noqa: F401 - whether it is there is all that is asked.

        digest = ""
        import gbcs_frozen  # pyright: ignore[reportMissingImports] - made by the manifest.

        digest = gbcs_frozen.DIGEST
    except ImportError:
        pass
    sys.path[:] = path
    return digest


def formats():
    """Tell whether the board's image formats a flash that does not mount."""
    if sys.platform != "rp2":
        return False
    import rp2

    return getattr(rp2, "boot_formats", True)


def erased():
    """Tell whether an RP2040's flash, which does not mount, holds nothing at all."""
    if sys.platform != "rp2":
        return False
    import rp2

    flash = rp2.Flash()
    buffer = bytearray(4096)
    for block in range(flash.ioctl(4, 0)):
        flash.readblocks(block, buffer)
        if buffer.count(b"\xff") != 4096:
            return False
    return True


piece = bytearray(512)
root = names()
print("survey:", end="")
# Straight to the line: as a text it would take a block that a small heap may not have.
json.dump(
    {
        "platform": sys.platform,
        "unique_id": binascii.hexlify(machine.unique_id()).decode(),
        "release": list(sys.implementation.version[:3]),
        "mpy": getattr(sys.implementation, "_mpy", 0),
        "mounted": root is not None,
        "erased": root is None and erased(),
        "manufactured": bool(root and "gbcs" in root),
        "formats": formats(),
        "frozen": frozen(),
        "files": files(
            "/lib",
            {"/main.py": digest("/main.py")} if root and "main.py" in root else {},
        ),
    },
    sys.stdout,
)
print()
