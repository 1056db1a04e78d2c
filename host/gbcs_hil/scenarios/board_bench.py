"""The board of a bench: what is done to its device, and what is kept of that."""

import datetime
import re
from collections.abc import Callable
from dataclasses import replace

from gbcs_hil.bench.board import Board, Delivery, DeviceKeys, Provisioning
from gbcs_hil.errors import BadInput, DeviceError
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.cuts import Cuts
from gbcs_hil.scenarios.keeping import Keeping

_ROLES = {int(role) for role in RemotePartyRole}


class BoardBench:
    """One board, without anybody around it.

    Args:
        board: a board that answers.
        keeping: writes down what happens.
        cuts: cuts the board's power, proves it and restores it; None if it cannot be cut.

    Attributes:
        last: what came of the last message that the device got, its verdict included.
        last_command: that message.
        now: the time of device and DCC.
        keeping: see above.
    """

    def __init__(self, board: Board, keeping: Keeping, cuts: Cuts | None) -> None:
        self.board = board
        self.keeping = keeping
        self.last: Delivery | None = None
        self.last_command = b""
        self.now = datetime.datetime.now(datetime.UTC)
        self._cuts = cuts
        self._device = ""

    def _provisioned(self, start: Provisioning) -> DeviceKeys:
        try:
            return self.board.provision(start)
        except DeviceError as error:
            if error.code != "bad-provisioning":
                raise
            # What is refused there is what somebody has chosen: profile, settings, defects.
            raise BadInput(f"the device cannot be like that: {error.reason}") from None

    def deliver(self, message: bytes, sender: str = "Network") -> Delivery:
        """Hand the device on the board a message, such as one that is played again."""
        name = self._device
        self.keeping.message(sender, name, "command", message)
        self.last_command = message
        self.last = None
        self.last = _named(self.board.deliver(message))
        for output in self.last.outputs:
            self.keeping.answer(name, sender, output)
        if not self.last.accepted:
            self.keeping.discarded(name, self.last)
        return self.last

    def set_clock(self, now: datetime.datetime) -> tuple[bytes, ...]:
        """Set the device's clock; return the alerts of commands whose date has come."""
        self.now = now
        outputs = self.board.set_clock(now).outputs
        self.keeping.clock(self._device, now)
        for output in outputs:
            self.keeping.message(self._device, "DCC", "alert", output)
        return outputs

    def restart(self) -> None:
        """Have the device restart in order."""
        self.board.reset()
        self._back_again("restart")

    @property
    def cuts(self) -> Cuts:
        """What can cut the board's power.

        Raises:
            BadInput: nothing can.
        """
        if self._cuts is None:
            raise BadInput(f"{self.board.name}: nothing can cut its power")
        return self._cuts

    def cut_power(self) -> None:
        """Cut the device's power and restore it.

        Raises:
            BadInput: nothing here can cut it.
            PowerNotCut: it was not cut, though it should have been.
        """
        self.cuts.cycle()
        self._back_again("power-cut")

    def cut_during(self, moment: int, operation: Callable[[], object]) -> bool:
        """Do something to the device while its power is cut at one of some moments.

        Args:
            moment: which one, from 0.
            operation: talks to the device.

        Returns:
            False if there is no such moment any more: it was done, and the power stayed.

        Raises:
            BadInput, PowerNotCut: as `cut_power`.
        """
        if there_was_one := self.cuts.cut_during(moment, operation):
            self._back_again("power-cut")
        return there_was_one

    def exchange_hub(self) -> None:
        """Have the device get its Device Log back, as after another hub was fitted."""
        self.board.restore_device_log()
        self.keeping.interrupted(self._device, "hub-exchange")

    def _back_again(self, kind: str) -> None:
        self.board.hello()
        self.keeping.interrupted(self._device, kind)
        # A restarted device has the board's time again.
        self.board.set_clock(self.now)
        self.keeping.clock(self._device, self.now)

    def observe(self) -> None:
        """Keep what stands in the device's store now."""
        if self.keeping.kept:
            self.keeping.observed(self._device, self.board.state())


def _named(delivery: Delivery) -> Delivery:
    """Return a delivery whose detail has roles by name, where the bench port has numbers."""

    def name(found: re.Match[str]) -> str:
        number = int(found[1])
        return RemotePartyRole(number).gbcs_name if number in _ROLES else found[0]

    return replace(delivery, detail=re.sub(r"\brole (\d+)\b", name, delivery.detail))
