"""The line to one board, found and opened again whenever the board has come back."""

import time
from collections.abc import Callable
from typing import Any

from gbcs_hil.bench.link import Frame, Link, LogLine
from gbcs_hil.bench.ports import Stream, open_port
from gbcs_hil.errors import BoardLost, LinkError, LinkTimeout, PortLost

BOOT_SECONDS = 30.0
"""How long a board may take to come back after a reset: USB, then its firmware."""

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


class Connection:
    """Requests to one board over whatever port it has at the time.

    A USB board takes its port with it when it resets, and comes back as another one. So the
    port is looked for by what does not change: `locate` says where the board is now.

    Attributes:
        name: the board, for messages.
        log: called with each log line; may be replaced.
        frame: called with each frame; may be replaced.
    """

    def __init__(
        self,
        name: str,
        locate: Callable[[], str],
        *,
        boot_seconds: float = BOOT_SECONDS,
        open_stream: Callable[[str], Stream] = open_port,
        patience: float = 1.0,
    ) -> None:
        """Take what finds the board's port; nothing is opened yet.

        Args:
            name: the board, for messages.
            locate: returns the port to open, or raises LinkError while there is none.
            boot_seconds: how long the board may take to come back.
            open_stream: opens a port.
            patience: how many times longer it all may take; see `Link`.
        """
        self.name = name
        self.log: Callable[[LogLine], None] | None = None
        self.frame: Callable[[Frame], None] | None = None
        self._locate = locate
        self._boot_seconds = boot_seconds
        self._patience = patience
        self._open_stream = open_stream
        self._link: Link | None = None
        self._boot_id: int | None = None

    @property
    def boot_id(self) -> int | None:
        """The boot that was last heard of, even if it is over; None before the first."""
        return self._boot_id

    @property
    def last_line(self) -> str:
        """The last log line of the open line, or nothing."""
        return self._link.log[-1].text if self._link and self._link.log else ""

    def open(self, within: float | None = None) -> int:
        """Open the line, anew if it was lost, and return the boot_id of the board.

        Args:
            within: seconds, if not `boot_seconds`.

        Raises:
            LinkError: there is no port, or nobody answers on it, in that time.
        """
        seconds = self._boot_seconds if within is None else within
        end = time.monotonic() + seconds * self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                self._boot_id = self.reach().open(deadline=max(end - time.monotonic(), 0.1))
                return self._boot_id
            except LinkTimeout as error:
                raise self._named(error) from error
            except LinkError as error:
                self.close()
                # A port that is coming back is missing, busy or dead for a moment; a board
                # that is known to be lost does not come back by itself.
                lost = isinstance(error, BoardLost) and not isinstance(error, PortLost)
                if lost or time.monotonic() + pause > end:
                    raise self._named(error) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and return its reply; see `Link.request`.

        ``hello`` finds a board that has restarted, on another port too. Any other request
        opens the line only if it was lost before, so that it reaches one boot at most.
        """
        if op == "hello" or self._link is None:
            self.open()
        assert self._link is not None
        try:
            reply: dict[str, Any] = self._link.request(op, deadline=deadline, **arguments)
        except PortLost as error:
            self.close()
            raise self._named(error) from error
        except LinkError as error:
            raise self._named(error) from error
        self._boot_id = self._link.boot_id
        return reply

    def gone(self, within: float) -> bool:
        """Return whether the board falls silent: its port goes away or nobody answers on it.

        Args:
            within: seconds that it has for that, and for which it must then be silent: an
                answer that is merely late is no silence.
        """
        end = time.monotonic() + within
        while time.monotonic() < end:
            try:
                self.reach().open(deadline=within)
            except (LinkError, OSError):
                self.close()
                return True
            time.sleep(_FIRST_PAUSE)
        return False

    def listen(self, seconds: float) -> None:
        """Read log lines for some time; see `Link.listen`."""
        self.reach().listen(seconds)

    def close(self) -> None:
        """Close the port; the next request opens it again."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def reach(self) -> Link:
        """Open the port, unless it is open; ask nobody anything.

        Raises:
            LinkError: there is no port, or it cannot be opened at present.
        """
        if self._link is None:
            stream = self._open_stream(self._locate())
            self._link = Link(
                stream, on_log=self._on_log, on_frame=self._on_frame, patience=self._patience
            )
        return self._link

    def _on_log(self, line: LogLine) -> None:
        if self.log:
            self.log(line)

    def _on_frame(self, frame: Frame) -> None:
        if self.frame:
            self.frame(frame)

    def _named(self, error: LinkError) -> LinkError:
        kind = BoardLost if isinstance(error, PortLost) else type(error)
        text, board = str(error), f"board {self.name}: "
        return kind(text if text.startswith(board) else board + text)
