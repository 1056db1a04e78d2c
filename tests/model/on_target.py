"""A device on an emulated board, over the link, under the power switch of the bench."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from gbcs_hil.bench import targets
from gbcs_hil.bench.link import Link
from gbcs_hil.bench.ports import open_port
from gbcs_hil.errors import LinkTimeout
from model.in_memory import PowerCut

_DEADLINE = 60.0


class OnTarget:
    """A virgin device on a board of its own.

    Args:
        kind: "unix" or "cpython".
    """

    failed = False

    def __init__(self, kind: str) -> None:
        self._lines = ExitStack()
        self._folder = tempfile.mkdtemp(prefix="gbcs-hil-model-")
        self._target = targets.start(kind, Path(self._folder) / "flash")
        self._cut_after: float | None = None
        self._plug_in()

    def _plug_in(self) -> None:
        self._link = Link(open_port(self._target.port))
        self._lines.callback(self._link.close)
        self._link.request("hello", deadline=_DEADLINE)

    def request(self, op: str, /, **arguments: Any) -> dict[str, Any]:
        """Carry out an operation of the bench port.

        Raises:
            PowerCut: the power went before there was an answer.
        """
        deadline, self._cut_after = self._cut_after or _DEADLINE, None
        try:
            reply = self._link.request(op, deadline=deadline, **arguments)
        except LinkTimeout as timeout:
            if deadline == _DEADLINE:
                raise
            self._target.power_off()
            raise PowerCut from timeout
        if op == "provision":
            # The device starts anew once it has its type.
            self._link.request("hello", deadline=_DEADLINE)
        return reply

    def power_cycle(self) -> None:
        """Cut the power, and give it back."""
        self._target.power_off()
        self._lines.close()
        self._target.power_on()
        self._plug_in()

    def stored(self) -> dict[str, Any]:
        """Return the device's state."""
        return self.request("state")

    def fail(self, operation: int, *, late: bool, broken: bool) -> None:
        """Cut the power a while after the next request has been sent."""
        self._cut_after = 0.01 * 2**operation * (1.4 if late else 1)

    def recover(self) -> None:
        """Let no power cut come any more."""
        self._cut_after = None

    def close(self) -> None:
        """Give the board away."""
        self._target.close()
        self._lines.close()
        shutil.rmtree(self._folder)
