"""How the unix board comes to its flash and its store; in memory while it starts."""

import os

import vfs

from gbcs_device.boards.nor_flash import NorFlash
from gbcs_device.files import Files

_DEFAULT_STORE = "lfs"
_MOUNT = "/flash"
# littlefs makes its buffers four times this: 256 octets, a page of the flash, and as much for
# each open file. The rp2 port's own 256 would take a kilobyte for each.
_PROGRAM = 64


class Littlefs:
    """MicroPython's littlefs, as `flash_store` takes it."""

    @staticmethod
    def format(flash) -> None:
        """Make an empty file system."""
        vfs.VfsLfs2.mkfs(flash, progsize=_PROGRAM)

    @staticmethod
    def mount(flash) -> Files:
        """Mount the file system and return the store's files in it.

        Raises:
            OSError: there is none, or it is damaged.
        """
        vfs.mount(vfs.VfsLfs2(flash, progsize=_PROGRAM), _MOUNT)
        return Files(_MOUNT + "/gbcs")


def open_store(path: str, store: str) -> tuple:
    """Return the store's name, the flash and the medium."""
    if store == _DEFAULT_STORE and _exists(path) and not _exists(path + ".faults"):
        flash = NorFlash(path)
        try:
            return store, flash, Littlefs.mount(flash)
        except OSError:
            pass  # What then comes of it is not for the memory of every day.
    from gbcs_device.boards import flash_store

    name = flash_store.name_of(store)
    flash, medium = flash_store.open_store(path, store, Littlefs)
    return name, flash, medium


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True
