"""A device on an emulated board, over the link, under the power switch of the bench."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from board_rig import Rig
from gbcs_hil.bench import targets

_DEADLINE = 60.0


class OnBoard:
    """A device on an emulated board, over the link.

    Args:
        kind: "unix" or "cpython".
    """

    def __init__(self, kind: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="gbcs-hil-model-")
        self._target = targets.start(kind, Path(self._folder) / "flash")
        self._rig = Rig(self._target)

    def request(self, op: str, /, **arguments: Any) -> dict[str, Any]:
        """Carry out an operation of the bench port."""
        reply = self._rig.link.request(op, deadline=_DEADLINE, **arguments)
        if op == "provision":
            # The device starts anew once it has its type.
            self._rig.board.hello()
        return reply

    def power_cycle(self) -> None:
        """Cut the power, and give it back."""
        self._target.power_off()
        self._rig.lines.close()
        self._target.power_on()
        self._rig.plug_in()
        self._rig.board.hello()

    def states(self) -> list[dict[str, Any]]:
        """Return the device's state; what it keeps shows when the power has been away."""
        return [self.request("state")]

    def close(self) -> None:
        """Give the board away."""
        self._rig.lines.close()
        self._target.close()
        shutil.rmtree(self._folder)
