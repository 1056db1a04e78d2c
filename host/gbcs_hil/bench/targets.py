"""Boards that are processes: the firmware under an interpreter of this machine, on a pty.

A target's port is a pseudo-terminal that the host opens like any serial port. The firmware
has the master side as its standard input and output; the target keeps the slave side open, so
that the host may come and go. When the process that holds the target ends, however it ends,
the firmware is killed (on Linux) and sees the end of its line (anywhere).

Each power-on makes a new pty, as a USB board comes back as a new port: nothing that one boot
left unread reaches the next. The cut of power makes the port go away at once. A firmware that
ends with the status RESET is started again on the same pty, as a UART board resets. One that
ends otherwise is broken: what it wrote to its standard error goes out on the line, and the
port goes away.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from gbcs_hil.bench import micropython
from gbcs_hil.bench.pty_process import PtyProcess
from gbcs_hil.errors import BadInput, BoardLost, ToolMissing

_HEAP = "190k"


class Target:
    """A firmware process behind a pty; powered on when made.

    Attributes:
        name: what the board is called in messages.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the firmware.

        Args:
            name: for messages.
            command: the program and its arguments.
            environment: variables to set beside this process's own.

        Raises:
            ToolMissing: there is no such program.
        """
        if shutil.which(command[0]) is None:
            raise ToolMissing(f"{name}: cannot run {command[0]}: there is no such program")
        self.name = name
        self._command = list(command)
        self._environment = dict(environment)
        self._boot: PtyProcess | None = None
        self.power_on()

    @property
    def port(self) -> str:
        """The path to open; another one after each power-on.

        Raises:
            BoardLost: the power is off, or the firmware has ended.
        """
        if self._boot is None:
            raise BoardLost(f"{self.name}: the power is off; power it on")
        return self._boot.port

    def power_on(self) -> None:
        """Start the firmware on a new pty; nothing if it is on."""
        if self._boot is None:
            self._boot = PtyProcess(self.name, self._command, {**os.environ, **self._environment})

    def power_off(self) -> None:
        """Cut the power: when this returns, the firmware has stopped wherever it was."""
        if self._boot is not None:
            self._boot.end()
            self._boot = None

    def close(self) -> None:
        """Cut the power for good."""
        self.power_off()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if isinstance(error, BoardLost):
                # If the firmware has ended, its last words say more than a port that went away.
                _ = self.port
        finally:
            self.close()


def start(kind: str, flash: Path) -> Target:
    """Start an emulated board.

    Args:
        kind: "unix" (MicroPython's unix port) or "cpython", with or without the colon that
            rig files write.
        flash: what the board remembers: the flash's file for "unix", a folder for "cpython".
            It is made if it does not exist.

    Raises:
        BadInput: there is no such kind.
        ToolMissing: there is no MicroPython.
    """
    kind = kind.removesuffix(":")
    if kind not in _INTERPRETERS:
        raise BadInput(f"no emulated board {kind!r}; there are {', '.join(_INTERPRETERS)}")
    program = ("-m", f"gbcs_device.boards.{kind}", str(flash))
    return Target(f"{kind} {flash}", *_INTERPRETERS[kind](*program))


def unix(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and the variables that run MicroPython with a board's heap."""
    interpreter = micropython.find()
    command = [*interpreter.command, "-X", f"heapsize={_HEAP}", *arguments]
    return command, {"MICROPYPATH": f".frozen:{micropython.firmware_path()}"}


def cpython(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and the variables that run the firmware under this Python."""
    # Without -P a file of the current folder could stand in for a module of the firmware.
    command = [sys.executable, "-P", *arguments]
    return command, {"PYTHONPATH": str(micropython.firmware_path())}


_INTERPRETERS = {"unix": unix, "cpython": cpython}
