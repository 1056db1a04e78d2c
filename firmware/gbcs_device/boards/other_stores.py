"""The stores of an emulated board that are not its default one; three are deliberately bad.

What lives on of each is in a module of its own, so that this one can leave.
"""

from gbcs_device.boards.flash_store import on_files
from gbcs_device.boards.nor_flash import FILE_SYSTEM_SECTORS, SECTOR


def medium_of(kind: str, flash, file_system, fresh: bool):
    """Return the medium of a store that is not the default one.

    Raises:
        OSError: the flash does not mount.
    """
    if kind == "nvs":
        from gbcs_device.boards.nvs_model import NVS
        from gbcs_device.nvs import Nvs

        return Nvs(NVS(flash))
    if kind == "stock-rp2-boot":
        return _formatting(flash, file_system, fresh)
    files = on_files(flash, file_system, fresh)
    if kind == "ram":
        from gbcs_device.boards.bad_stores import Ram

        return Ram(files)
    from gbcs_device.boards.apart import Apart

    if kind == "naive":
        from gbcs_device.boards.bad_stores import Naive

        return Apart(Naive(flash, FILE_SYSTEM_SECTORS, SECTOR), files)
    from gbcs_device.raw2 import Raw2

    return Apart(Raw2(flash, FILE_SYSTEM_SECTORS), files)


def _formatting(flash, file_system, fresh: bool):
    """Mount as the RP2 port's own boot script does: whatever fails, format.

    That is deliberately bad: one read that fails, and the flash is taken for a new one.
    """
    try:
        return on_files(flash, file_system, fresh)
    except OSError:
        from gbcs_device import store

        files = on_files(flash, file_system, True)
        store.manufacture(files)
        return files
