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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from gbcs_hil.bench import emulated_pico, micropython, precompiled
from gbcs_hil.bench.pty_process import PtyProcess
from gbcs_hil.bench.stores import BAD_STORES, STORES
from gbcs_hil.errors import BadInput, BoardLost, LinkError, ToolMissing

HEAP = 190 * 1024
"""The heap of an emulated board that runs MicroPython, as an ESP32 or RP2040 has it."""

MODELS = {"nvs": 13_200}
"""Octets of heap beside it, by store: what stands for hardware or for C code of another board
must not take the heap of the device that is looked at. Here the model of ESP-IDF's storage."""

FAULTS = 3_000
"""The same for the faults of a flash, which can be armed where a store is named."""

_TO_COMPILE = 14 * 1024
"""Octets more for an emulated board that runs from source: boards are given bytecode."""


class Target:
    """A firmware process behind a pty; powered on when made.

    Attributes:
        name: what the board is called in messages.
        patience: how much more time than a board it may take; see `Link`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        patience: float = 1.0,
    ) -> None:
        """Start the firmware.

        Args:
            name: for messages.
            command: the program and its arguments.
            environment: variables to set beside this process's own.
            patience: how much more time than a board it may take.

        Raises:
            ToolMissing: there is no such program.
        """
        if shutil.which(command[0]) is None:
            raise ToolMissing(f"{name}: cannot run {command[0]}: there is no such program")
        self.name = name
        self.patience = patience
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
            if isinstance(error, LinkError):
                # If the firmware has ended, its last words say more than a port that went away.
                _ = self.port
        finally:
            self.close()


def start(
    kind: str,
    flash: Path,
    *,
    name: str | None = None,
    bare: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Target:
    """Start an emulated board.

    Args:
        kind: "unix" (MicroPython's unix port) or "cpython", with or without the colon that
            rig files write; then "?store=" and one of `STORES` or `BAD_STORES`, where it is
            not to be the board's own: `lfs` for "unix", files of this machine for "cpython".
            Or "rp2040:" and an image (an emulated Pico).
        flash: what the board remembers: the flash's file, or a folder for "cpython" with its
            own store. It is made if it does not exist: a virgin device.
        name: what messages call it; its kind and flash if None.
        bare: whether a Pico's flash that does not exist is made without our firmware, as it
            comes from the shop.
        report: told, in a line, what takes long.

    Raises:
        BadInput: there is no such kind or store, or no such image.
        ToolMissing: there is no MicroPython, or no emulator.
    """
    if kind.startswith("rp2040:"):
        image = kind.partition(":")[2]
        command, variables = emulated_pico.emulator(image, str(flash))
        if not bare and not flash.exists():
            # It starts a Pico of its own, and so needs this module.
            from gbcs_hil.bench import virgin_pico

            virgin_pico.put(image, flash, report)
        return Target(name or f"rp2040 {flash}", command, variables, emulated_pico.PATIENCE)
    board, store = parse(kind)
    program = ["-m", f"gbcs_device.boards.{board}", str(flash), *([store] if store else [])]
    if board == "unix":
        return Target(name or f"unix {flash}", *unix(*program, heap=_heap(store)))
    return Target(name or f"cpython {flash}", *cpython(*program))


def _heap(store: str | None) -> int:
    beside = FAULTS + MODELS.get(store, 0) if store else 0
    return HEAP + beside


def parse(kind: str) -> tuple[str, str | None]:
    """Return an emulated board's name and the store that it names, if any.

    Raises:
        BadInput: there is no such board or store.
    """
    name, _, options = kind.partition("?")
    name = name.removesuffix(":")
    if name not in _KINDS:
        raise BadInput(f"no emulated board {name!r}; there are {', '.join(_KINDS)}")
    key, _, store = options.partition("=")
    if options and (key != "store" or store not in STORES + BAD_STORES):
        known = ", ".join(STORES + BAD_STORES)
        raise BadInput(f"{kind}: no option {options!r}; there is store=, with {known}")
    return name, store or None


def unix(*arguments: str, heap: int = HEAP) -> tuple[list[str], dict[str, str]]:
    """Return the command and the variables that run MicroPython with a board's heap, octets."""
    interpreter = micropython.find()
    firmware = precompiled.firmware()
    if firmware == micropython.firmware_path():
        heap += _TO_COMPILE
    command = [*interpreter.command, "-X", f"heapsize={heap}", *arguments]
    return command, {"MICROPYPATH": f".frozen:{firmware}"}


def cpython(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and the variables that run the firmware under this Python."""
    # Without -P a file of the current folder could stand in for a module of the firmware. A
    # board starts often: it is told where packages are, and need not find them as -S says.
    command = [sys.executable, "-P", "-S", *arguments]
    paths = [str(micropython.firmware_path()), *filter(None, sys.path)]
    return command, {
        "PYTHONPATH": os.pathsep.join(paths),
        # Where nothing keeps their bytecode, each start compiles all modules.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(micropython.cache_folder() / "bytecode"),
    }


_KINDS = ("unix", "cpython")
