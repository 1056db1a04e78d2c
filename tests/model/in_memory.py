"""A device in this process: its bench port without a line, on a medium that can fail."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gbcs_device import store
from gbcs_device.bench_port import BenchPort
from gbcs_device.link import StopServing
from gbcs_device.store import Store


class PowerCut(Exception):
    """The power went while the device was at work."""


class Medium:
    """Files in memory, which fail before or after a chosen write or removal.

    Attributes:
        files: name to octets.
        left: operations until the failure; None for never.
        failure: what is raised then.
        late: whether the operation that fails is done all the same.
    """

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        self.left: int | None = None
        self.failure: type[Exception] = PowerCut
        self.late = False

    def read(self, name: str) -> bytes | None:
        """Return a file's content, or None."""
        return self.files.get(name)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file."""
        self._operate(lambda: self.files.update({name: bytes(octets)}))

    def remove(self, name: str) -> None:
        """Delete a file."""
        self._operate(lambda: self.files.pop(name))

    def names(self) -> list[str]:
        """Return the names of all files."""
        return list(self.files)

    def _operate(self, act: Callable[[], object]) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                if self.left == -1 and self.late:
                    act()
                raise self.failure(5)
        act()


class _Board:
    """What the device needs of a board; the same in every run."""

    name = "memory"
    reset_cause = "power-on"
    unique_id = b"memory"

    def __init__(self, medium: Medium) -> None:
        self.medium = medium
        self._drawn = 0

    def random(self, count: int) -> bytes:
        self._drawn += 1
        return sha256(self._drawn.to_bytes(4)).digest()[:count]

    def now(self) -> str:
        return "20240601000000"

    def aes(self, key: bytes) -> Any:
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update

    def heap(self) -> dict[str, int]:
        return {}

    def tidy(self) -> None:
        pass


class InMemory:
    """A virgin device whose operations are called where a link would bring them."""

    def __init__(self) -> None:
        self.medium = Medium()
        store.manufacture(self.medium)
        self._board = _Board(self.medium)
        self.power_cycle()

    def power_cycle(self) -> None:
        """Start the device from nothing but its medium, which is whole again."""
        self.medium.left = None
        self._port = BenchPort(self._board, Store(self.medium))

    def request(self, op: str, /, **arguments: Any) -> dict[str, Any]:
        """Carry out one operation of the bench port.

        Raises:
            PowerCut: the power went, or the medium failed, before there was an answer.
        """
        try:
            reply = self._port.handle({"op": op, **arguments})
        except StopServing as stop:
            reply = stop.reply
            self.power_cycle()
        if "error" in reply:
            if reply["error"]["code"] == "store-failed":
                raise PowerCut(reply["error"]["message"])
            raise AssertionError(reply["error"])
        return dict(reply["ok"])

    def stored(self) -> dict[str, Any]:
        """Return the state as another device finds it on a copy of the medium."""
        board = _Board(Medium(self.medium.files))
        return dict(BenchPort(board, Store(board.medium)).handle({"op": "state"})["ok"])

    def fail(self, operation: int, *, late: bool, broken: bool) -> None:
        """Let the medium fail soon: by a power cut, or because it is broken."""
        self.medium.left, self.medium.late = operation, late
        self.medium.failure = OSError if broken else PowerCut

    @property
    def failed(self) -> bool:
        """Whether the medium has failed since the power came on."""
        return self.medium.left is not None and self.medium.left < 0

    def recover(self) -> None:
        """Let the medium fail no more."""
        self.medium.left = None

    def close(self) -> None:
        """Do nothing: there is no board to give away."""
