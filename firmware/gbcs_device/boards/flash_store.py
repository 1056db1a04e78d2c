"""How an emulated board gets its store: a flash in a file, and a kind of store on it.

Loaded where a board does not just mount what it used before: for a new flash, another store
than the default one, faults that the bench has planned, and a flash that does not mount.

The board brings its file system as two functions: `format(flash)`, and `mount(flash)`, which
returns a medium over its files.
"""

import os

from gbcs_device.boards import nor_flash

DEFAULT = "lfs"
_GOOD = (DEFAULT, "raw2", "nvs")
_BAD = ("naive", "ram", "stock-rp2-boot")


def name_of(kind: str) -> str:
    """Return a store's name as the bench reads it: bad ones say so.

    Raises:
        SystemExit: there is no such store.
    """
    if kind not in _GOOD + _BAD:
        raise SystemExit("no store %s; there are %s" % (kind, ", ".join(_GOOD + _BAD)))
    return kind + " (deliberately bad)" if kind in _BAD else kind


def open_store(path: str, kind: str, file_system) -> tuple:
    """Return the flash and the medium on it; a flash without a file is a new one."""
    fresh = not _exists(path)
    # A cut must not leave a half-formatted chip.
    unfinished = path + ".new" if fresh else path
    if fresh:
        _make(unfinished)
    flash = nor_flash.NorFlash(unfinished)
    if _exists(path + ".faults"):
        from gbcs_device.boards import fault_plan

        fault_plan.restore(flash)
    try:
        medium = _medium(flash, kind, file_system, fresh)
    except OSError as error:
        from gbcs_device.boards.unmounted import Unmounted

        return flash, Unmounted(error)
    if fresh:
        from gbcs_device import store

        store.manufacture(medium)
        os.rename(unfinished, path)
        flash.path = path
    return flash, medium


def _medium(flash, kind: str, file_system, fresh: bool):
    if kind == DEFAULT:
        return on_files(flash, file_system, fresh)
    from gbcs_device.boards import other_stores

    return other_stores.medium_of(kind, flash, file_system, fresh)


def on_files(flash, file_system, fresh: bool):
    """Return the medium of the store `lfs`."""
    if fresh:
        file_system.format(flash)
    return file_system.mount(flash)


def _make(path: str) -> None:
    """Make the file of a new chip: every bit is set."""
    with open(path, "wb") as file:
        for _ in range(nor_flash.SECTORS * nor_flash.SECTOR // nor_flash.PAGE):
            file.write(b"\xff" * nor_flash.PAGE)


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True
