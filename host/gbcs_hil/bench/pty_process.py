"""A firmware process at one end of a pseudo-terminal; see `targets` for what it stands for."""

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import tty
from typing import IO

from gbcs_hil.bench.leash import leash
from gbcs_hil.errors import BoardLost

RESET = 3
"""The exit status by which a firmware asks to be started again."""

CAUSE_VARIABLE = "GBCS_HIL_RESET_CAUSE"
"""Tells the firmware why it starts, as a chip's register would."""

_LAST_WORDS = 2000
_DRAIN_SECONDS = 0.5
_LOOK_SECONDS = 0.005
_EMPTY_LOOKS = 4


class PtyProcess:
    """One stretch of power: a pty, and the firmware on it until it ends or is killed."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self._name = name
        self._command = [*leash(signal.SIGKILL), *command]
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
        """The path of the host's side.

        Raises:
            BoardLost: the firmware has ended by itself.
        """
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
        cause = "power-on"
        while status == RESET:
            with self._lock:
                if self._over:
                    return
                try:
                    self._process = self._spawn(cause)
                except OSError as error:
                    self._last_words = f"the firmware did not start: {error}"
                    self._hang_up()
                    return
                finally:
                    started.set()
            status = self._process.wait()
            cause = "reset"
        with self._lock:
            if self._over:
                return
            self._say_last_words(status)
        self._await_reader()
        with self._lock:
            self._hang_up()

    def _spawn(self, cause: str) -> subprocess.Popen[bytes]:
        self._stderr.seek(0)
        self._stderr.truncate()
        return subprocess.Popen(
            self._command,
            stdin=self._master,
            stdout=self._master,
            stderr=self._stderr,
            env={**self._environment, CAUSE_VARIABLE: cause},
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


def _unread(descriptor: int) -> int:
    """Return how many octets wait to be read."""
    answer = fcntl.ioctl(descriptor, termios.FIONREAD, struct.pack("i", 0))
    count: int = struct.unpack("i", answer)[0]
    return count
