"""A device in this process: its bench port without a line."""

from typing import Any

from rig import Medium, aes, repeatable_random

from gbcs_device import store
from gbcs_device.bench_port import BenchPort
from gbcs_device.link import StopServing
from gbcs_device.store import Store


class _Board:
    """What the device needs of a board; the same in every run."""

    name = "memory"
    reset_cause = "power-on"
    unique_id = b"memory"
    store = "files"
    flash = None

    def __init__(self, medium: Medium) -> None:
        self.medium = medium
        self.random = repeatable_random()
        self.aes = aes

    def now(self) -> str:
        return "20240601000000"

    def tidy(self) -> None:
        pass


class InMemory:
    """A device whose operations are called where a link would bring them."""

    def __init__(self) -> None:
        self._board = _Board(Medium())
        store.manufacture(self._board.medium)
        self.power_cycle()

    def power_cycle(self) -> None:
        """Start the device from nothing but its medium."""
        self._port = BenchPort(self._board, Store(self._board.medium))

    def request(self, op: str, /, **arguments: Any) -> dict[str, Any]:
        """Carry out one operation of the bench port."""
        try:
            reply = self._port.handle({"op": op, **arguments})
        except StopServing as stop:
            reply = stop.reply
            self.power_cycle()
        return dict(reply["ok"])

    def states(self) -> list[dict[str, Any]]:
        """Return the device's state, and as another device finds it on a copy of the medium."""
        board = _Board(Medium(self._board.medium.files))
        copy = BenchPort(board, Store(board.medium)).handle({"op": "state"})
        return [self.request("state"), dict(copy["ok"])]

    def close(self) -> None:
        """Do nothing: there is no board to give away."""
