"""Find MicroPython's unix port, or fetch it, and find the firmware that it runs."""

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from gbcs_hil.bench import debian
from gbcs_hil.errors import BadInput, ToolMissing

OLDEST = (1, 23, 0)
"""The first release of MicroPython that the firmware runs on."""

RELEASE = "trixie"
"""The Debian release whose package is fetched: the first with a MicroPython new enough."""

PATH_VARIABLE = "GBCS_HIL_MICROPYTHON"
CACHE_VARIABLE = "GBCS_HIL_CACHE"

_ADVICE = (
    f"install MicroPython {OLDEST[0]}.{OLDEST[1]} or newer (apt-get install micropython from "
    f"Debian 13 on, brew install micropython) or set {PATH_VARIABLE} to one"
)
_ASK_VERSION = "import sys; i = sys.implementation; print(i.name, *i.version[:3])"
_ANSWER_SECONDS = 20
_LOCK_SECONDS = 600
_RETRY_SECONDS = 60


@dataclass(frozen=True)
class Interpreter:
    """A MicroPython that runs and is new enough.

    Attributes:
        command: what to put before the interpreter's arguments.
        version: its release.
        origin: where it was found, for people.
    """

    command: tuple[str, ...]
    version: tuple[int, int, int]
    origin: str


def cache_folder() -> Path:
    """Return the folder for what may be fetched again, which need not exist yet."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("gbcs-hil"))


def firmware_path() -> Path:
    """Return the folder that holds `gbcs_device` and `gbcs_link.py`.

    It is `firmware/` in a checkout and the folder of installed packages otherwise. The
    firmware is located without being imported.

    Raises:
        ToolMissing: the firmware is not installed with this package.
    """
    spec = importlib.util.find_spec("gbcs_device")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).resolve().parent.parent
        if (folder / "gbcs_link.py").is_file():
            return folder
    raise ToolMissing("the firmware (gbcs_device, gbcs_link.py) is missing: reinstall gbcs-hil")


def _probe(command: tuple[str, ...], origin: str) -> Interpreter:
    """Ask an interpreter who it is.

    Raises:
        ToolMissing: it does not run, does not answer, or is not a new enough MicroPython.
    """
    try:
        done = subprocess.run(
            [*command, "-c", _ASK_VERSION],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_ANSWER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"{command[-1]} ({origin}) gives no answer") from None
    except OSError as error:
        raise ToolMissing(f"{command[-1]} ({origin}) does not run: {error.strerror}") from None
    match = re.fullmatch(r"micropython (\d+) (\d+) (\d+)\n", done.stdout)
    if done.returncode or match is None:
        raise ToolMissing(f"{command[-1]} ({origin}) is not a working MicroPython")
    version = (int(match[1]), int(match[2]), int(match[3]))
    if version < OLDEST:
        raise ToolMissing(f"{command[-1]} ({origin}) is MicroPython {'.'.join(match.groups())}")
    return Interpreter(command, version, origin)


def _from_variable() -> Interpreter | None:
    """Return the interpreter that the user named; a wrong name is the user's to correct."""
    named = os.environ.get(PATH_VARIABLE)
    if not named:
        return None
    path = shutil.which(named)
    if path is None:
        raise BadInput(f"{PATH_VARIABLE}={named} is not a program; {_ADVICE}")
    try:
        return _probe((os.path.abspath(path),), PATH_VARIABLE)
    except ToolMissing as missing:
        raise BadInput(f"{missing}; {_ADVICE}") from None


def _unpacked_command(root: Path) -> tuple[str, ...]:
    """Return how to run an unpacked interpreter with the C library that came with it.

    Raises:
        ToolMissing: the tree lacks the program, the C library or its loader.
    """
    program = root / "usr/bin/micropython"
    for library in sorted(root.glob("**/libc.so.6")):
        for loader in sorted(library.parent.glob("ld*.so.*")):
            return (str(loader), "--library-path", str(library.parent), str(program))
    raise ToolMissing(f"{root} holds no C library")


def _cached(root: Path) -> Interpreter:
    origin = f"Debian {RELEASE} package in {root}"
    return _probe(_unpacked_command(root), origin)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock file for the time of a fetch.

    Raises:
        ToolMissing: another process holds it beyond the deadline.
    """
    with path.open("w") as file:
        end = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise ToolMissing(f"another process holds {path}") from None
                time.sleep(0.05)
        yield


def _build(root: Path) -> Interpreter:
    """Fetch the package, prove that it runs, and publish it by a rename.

    The caller holds the lock, so any scratch folder that is still there was left by a
    process that died.
    """
    for stale in root.parent.glob("fetch-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="fetch-") as name:
        scratch = Path(name) / "root"
        scratch.mkdir()
        debian.unpack("micropython", RELEASE, scratch)
        _cached(scratch)
        if root.exists():
            root.rename(Path(name) / "damaged")
        scratch.rename(root)
    return _cached(root)


def _fetched(root: Path, report: Callable[[str], None]) -> Interpreter:
    """Return the cached interpreter, building it first unless that failed a moment ago."""
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.parent / "micropython.lock"):
        with contextlib.suppress(ToolMissing):
            return _cached(root)
        failure = root.with_name(f"{root.name}.failed")
        if failure.exists() and 0 <= time.time() - failure.stat().st_mtime < _RETRY_SECONDS:
            raise ToolMissing(f"{failure.read_text()} (not tried again within a minute)")
        report(f"fetching MicroPython from Debian {RELEASE}")
        try:
            interpreter = _build(root)
        except ToolMissing as missing:
            failure.write_text(str(missing))
            raise
        failure.unlink(missing_ok=True)
        return interpreter


def find(*, fetch: bool = True, report: Callable[[str], None] | None = None) -> Interpreter:
    """Find MicroPython's unix port.

    The order is GBCS_HIL_MICROPYTHON, PATH, what was fetched earlier, and a fetch of Debian's
    package through the machine's own apt sources, which needs no root.

    Args:
        fetch: whether the network may be used.
        report: told, in a line, what takes long.

    Raises:
        BadInput: GBCS_HIL_MICROPYTHON does not name a MicroPython that is new enough.
        ToolMissing: there is none, and it cannot be fetched; the message says what was tried.
    """
    if (named := _from_variable()) is not None:
        return named
    tried = []
    if (path := shutil.which("micropython")) is None:
        tried.append("no micropython on PATH")
    else:
        try:
            return _probe((os.path.abspath(path),), "PATH")
        except ToolMissing as missing:
            tried.append(str(missing))
    try:
        root = cache_folder() / f"micropython-{RELEASE}-{debian.architecture()}"
        with contextlib.suppress(ToolMissing):
            return _cached(root)
        if fetch:
            return _fetched(root, report or (lambda line: None))
        tried.append("none fetched earlier")
    except ToolMissing as missing:
        tried.append(str(missing))
    except OSError as error:
        tried.append(f"{error.filename or cache_folder()}: {error.strerror}")
    raise ToolMissing(f"no MicroPython: {'; '.join(tried)}; {_ADVICE}")
