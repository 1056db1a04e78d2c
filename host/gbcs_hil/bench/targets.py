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

import contextlib
import fcntl
import functools
import os
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from gbcs_hil.bench import micropython
from gbcs_hil.errors import BadInput, BoardLost, ToolMissing

RESET = 3  # The exit status by which a firmware asks to be started again.

_HEAP = "190k"
_LAST_WORDS = 2000
_DRAIN_SECONDS = 0.5
_LOOK_SECONDS = 0.005
_EMPTY_LOOKS = 4


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
        self._command = [*_leash(), *command]
        self._environment = dict(environment)
        self._boot: _Boot | None = None
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
            self._boot = _Boot(self.name, self._command, {**os.environ, **self._environment})

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
        self.close()


class _Boot:
    """One stretch of power: a pty, and the firmware on it until it ends or is killed."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self._name = name
        self._command = command
        self._environment = environment
        self._lock = threading.Lock()
        self._over = False
        self._last_words = ""
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - kept for the boot.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self._path = os.ttyname(self._slave)
        self._process: subprocess.Popen[bytes] | None = None
        started = threading.Event()
        # The firmware dies with the thread that starts it, so that must be the one that waits.
        self._watcher = threading.Thread(
            target=self._watch, args=(started,), name=f"watch {name}", daemon=True
        )
        self._watcher.start()
        started.wait()

    @property
    def port(self) -> str:
        with self._lock:
            if self._last_words:
                raise BoardLost(f"{self._name}: {self._last_words}; power it off and on")
            return self._path

    def end(self) -> None:
        """Kill the firmware and take the port away."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            self._hang_up()
        self._watcher.join()

    def _watch(self, started: threading.Event) -> None:
        """Start the firmware, again after each reset, and wait for its end."""
        status = RESET
        while status == RESET:
            with self._lock:
                if self._over:
                    return
                try:
                    self._process = self._spawn()
                except OSError as error:
                    self._last_words = f"the firmware did not start: {error}"
                    self._hang_up()
                    return
                finally:
                    started.set()
            status = self._process.wait()
        with self._lock:
            if self._over:
                return
            self._say_last_words(status)
        self._await_reader()
        with self._lock:
            self._hang_up()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._stderr.seek(0)
        self._stderr.truncate()
        return subprocess.Popen(
            self._command,
            stdin=self._master,
            stdout=self._master,
            stderr=self._stderr,
            env=self._environment,
            # Ctrl-C on the harness's terminal is the harness's to handle.
            start_new_session=True,
        )

    def _say_last_words(self, status: int) -> None:
        """Put what the firmware left on standard error on the line, as a board's prompt would."""
        self._stderr.seek(0)
        text = self._stderr.read()[-_LAST_WORDS:]
        lines = text.decode(errors="replace").split("\n")
        said = [line for line in lines if line.strip()][-1:]
        ended = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        self._last_words = ": ".join([f"the firmware {ended}", *said])
        # Nobody may be reading, so this must not wait for room.
        os.set_blocking(self._master, False)
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, b"\n" + text + b"\n")

    def _await_reader(self) -> None:
        """Give the host the time to read what is on the line: to hang up discards it."""
        end = time.monotonic() + _DRAIN_SECONDS
        empty = 0
        # What was just written is counted a moment later, so one look is not enough.
        while empty < _EMPTY_LOOKS and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                if self._over:
                    return
                empty = 0 if _unread(self._slave) else empty + 1

    def _hang_up(self) -> None:
        if not self._over:
            self._over = True
            os.close(self._master)
            os.close(self._slave)
            self._stderr.close()


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


@functools.cache
def _leash() -> tuple[str, ...]:
    """Return what to put before a command to have it killed when its parent ends.

    Where there is no such thing, the firmware ends when it next reads from its line, but not
    while it computes or writes to a line that nobody reads.
    """
    leash = ("setpriv", "--pdeathsig", "KILL", "--")
    try:
        works = subprocess.run([*leash, "true"], capture_output=True).returncode == 0
    except OSError:
        works = False
    return leash if works else ()


def _unread(descriptor: int) -> int:
    """Return how many octets wait to be read."""
    answer = fcntl.ioctl(descriptor, termios.FIONREAD, struct.pack("i", 0))
    count: int = struct.unpack("i", answer)[0]
    return count
