"""A board is used by one process at a time: a lock file, and beside it who holds it."""

import getpass
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import filelock
import msgspec

from gbcs_hil.errors import BoardBusy

FOLDER_VARIABLE = "GBCS_HIL_LEASES"

_POLL_SECONDS = 0.05
_TELL_AGAIN_SECONDS = 30.0


class Owner(msgspec.Struct, frozen=True):
    """Who holds a board.

    Attributes:
        pid, user: the process and its user.
        purpose: the test or the command.
        since: when it began, UTC.
    """

    pid: int
    user: str
    purpose: str
    since: str

    def __str__(self) -> str:
        return f"{self.purpose} (pid {self.pid}, user {self.user}, since {self.since} UTC)"


class Lease:
    """The right to use one board, held while the context is entered.

    Args:
        identity: what the board is on this machine, whatever rig file names it.
        name: what messages call it.
        purpose: the test or the command that wants it.
        wait: seconds to wait for another holder.
        report: told who holds the board when there is a wait.
    """

    def __init__(
        self,
        identity: str,
        name: str,
        purpose: str,
        *,
        wait: float,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._name = name
        self._purpose = purpose
        self._wait = wait
        self._report = report
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", identity)[-40:]
        path = _folder() / f"{stem}-{digest}"
        self._owner_path = path.with_name(path.name + ".owner")
        # Whoever may use the board may lock it, whichever user made the file.
        self._lock = filelock.FileLock(f"{path}.lock", mode=0o666)

    def __enter__(self) -> Self:
        end = time.monotonic() + self._wait
        told = -_TELL_AGAIN_SECONDS
        while True:
            try:
                self._lock.acquire(timeout=_POLL_SECONDS, poll_interval=_POLL_SECONDS / 2)
                break
            except filelock.Timeout:
                now = time.monotonic()
                if now >= end:
                    raise self._busy() from None
                if now - told >= _TELL_AGAIN_SECONDS:
                    told = now
                    self._report(f"waiting for board {self._name}, held by {self._holder()}")
        self._sign()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._owner_path.unlink()
        self._lock.release()

    def _sign(self) -> None:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        owner = Owner(os.getpid(), _user(), self._purpose, since)
        # What another user left behind cannot be written to, but taken away.
        with suppress(OSError):
            self._owner_path.unlink()
        self._owner_path.write_bytes(msgspec.json.encode(owner))

    def _holder(self) -> str:
        try:
            return str(msgspec.json.decode(self._owner_path.read_bytes(), type=Owner))
        except (OSError, msgspec.MsgspecError):
            return "a process that did not say who it is"

    def _busy(self) -> BoardBusy:
        return BoardBusy(
            f"board {self._name} is held by {self._holder()}; waited {self._wait:g} s. "
            "Wait longer, or end that process"
        )


def _folder() -> Path:
    """Return the folder of leases, one for all users of the machine."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else Path(tempfile.gettempdir(), "gbcs-hil-leases")
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        folder.chmod(0o777)
    return folder


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
