"""The switches that can stand in a board's supply."""

import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from typing import Protocol

from gbcs_hil.bench import labgrid_place
from gbcs_hil.errors import PowerNotCut, ToolMissing

OFF_SECONDS = 2.0
"""What a hub's capacitors and a small board need to lose their charge."""

_PROGRAM_SECONDS = 30.0
_FEW_LINES = 4


class Switchable(Protocol):
    """An emulated board."""

    @property
    def name(self) -> str:
        """The board, for messages."""

    def power_on(self) -> None:
        """Start the board."""

    def power_off(self) -> None:
        """Stop the board wherever it is."""


class Emulated:
    """The power of a board that is a process."""

    off_seconds = 0.0

    def __init__(self, target: Switchable) -> None:
        self._target = target

    @property
    def description(self) -> str:
        """What is switched."""
        return f"the end of the process {self._target.name}"

    def cut(self) -> None:
        """Kill the board's process."""
        self._target.power_off()

    def restore(self) -> None:
        """Start the board's process."""
        self._target.power_on()


class Programs:
    """A program that switches off, and one that switches on."""

    def __init__(
        self, off: Sequence[str], on: Sequence[str], off_seconds: float = OFF_SECONDS
    ) -> None:
        self._off = list(off)
        self._on = list(on)
        self.off_seconds = off_seconds
        self._complaint = ""

    @property
    def description(self) -> str:
        """The program that switches off, and what it complained of though it succeeded."""
        return f"`{shlex.join(self._off)}`{self._complaint}"

    def cut(self) -> None:
        """Run the program that switches off; see `power.Supply`."""
        said = _run(self._off)
        # uhubctl ends with status 0 even if the hub refused.
        self._complaint = f", which said {said!r}" if said else ""

    def restore(self) -> None:
        """Run the program that switches on; see `power.Supply`."""
        _run(self._on)


def uhubctl(location: str, port: int, off_seconds: float = OFF_SECONDS) -> Programs:
    """Return the supply of a port of a USB hub that uhubctl can switch.

    Args:
        location: the hub, as `uhubctl` lists it, such as "1-1.4".
        port: the hub's port, from 1.
        off_seconds: how long the power stays off.
    """
    # Linux may power a port up again behind uhubctl's back, so "off" is repeated.
    words = ("uhubctl", "-l", location, "-p", str(port), "-r", "5", "-a")
    return Programs((*words, "off"), (*words, "on"), off_seconds)


def labgrid(place: str, off_seconds: float = OFF_SECONDS) -> Programs:
    """Return the supply of a labgrid place."""
    words = (*labgrid_place.client(), "-p", place, "power")
    return Programs((*words, "off"), (*words, "on"), off_seconds)


def _ask_at_terminal(text: str) -> None:
    """Show a line at the terminal and wait for Enter, whatever takes this process's output.

    Raises:
        EOFError: nobody is there.
    """
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        # No terminal; somebody may stand at the other end of a pipe.
        try:
            input(text)
        except OSError as error:
            raise EOFError from error
        return
    with open(descriptor, "rb", buffering=0) as terminal:
        os.write(descriptor, text.encode())
        if not terminal.readline():
            raise EOFError


class Manual:
    """A person who pulls the plug.

    Args:
        board: the board, for the prompt.
        ask: shows a line and waits until the person has done it.
    """

    off_seconds = OFF_SECONDS

    def __init__(self, board: str, ask: Callable[[str], object] = _ask_at_terminal) -> None:
        self._board = board
        self._ask = ask

    @property
    def description(self) -> str:
        """Who is asked."""
        return "a person at the bench"

    def cut(self) -> None:
        """Ask for the plug to be pulled."""
        self._prompt(f"Unplug {self._board}, then press Enter: ")

    def restore(self) -> None:
        """Ask for the plug to be put back."""
        self._prompt(f"Plug {self._board} in again, then press Enter: ")

    def _prompt(self, text: str) -> None:
        try:
            self._ask(text)
        except EOFError as error:
            raise PowerNotCut(
                f"board {self._board}: nobody is there to pull its plug (there is no terminal); "
                "give it another power in the rig file, or run this in a terminal"
            ) from error


def _run(words: list[str]) -> str:
    """Run a program to its end and return what it wrote to its standard error, as one line."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROGRAM_SECONDS,
        )
    except FileNotFoundError as error:
        raise ToolMissing(
            f"cannot run {words[0]}: there is no such program; install it"
        ) from error
    except OSError as error:
        raise ToolMissing(f"cannot run {words[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise PowerNotCut(
            f"`{shlex.join(words)}` did not end in {_PROGRAM_SECONDS:g} s; run it by hand"
        ) from error
    if done.returncode:
        said = _as_a_line(done.stderr or done.stdout)
        raise PowerNotCut(
            f"`{shlex.join(words)}` failed with status {done.returncode}"
            f"{': ' if said else ''}{said}; run it by hand"
        )
    return _as_a_line(done.stderr)


def _as_a_line(text: str) -> str:
    """Return a program's few lines as one; of many the last, which tells what came of it.

    uhubctl tells the reason in the first of up to four, and where to get help in the last.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines if len(lines) <= _FEW_LINES else lines[-1:])
