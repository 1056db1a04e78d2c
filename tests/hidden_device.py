"""A device in this process on which a bench plays scenarios, and whose defects are hidden.

It is reached through its bench port alone, as a board over its line is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from rig import Medium, aes, repeatable_random

from gbcs_device import p256, store
from gbcs_device.bench_port import BenchPort
from gbcs_device.boards import cpython
from gbcs_device.link import StopServing
from gbcs_device.store import Store
from gbcs_hil.bench.board import Board
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.scenarios import bench as bench_module
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.smki.parties import Pki


class _PowerGone(Exception):
    """The power went."""


class _Flash(Medium):
    """Files in memory, until the power goes.

    Attributes:
        writes_left: before the power goes; None if it lasts.
    """

    writes_left: int | None = None

    def write(self, name: str, octets: bytes) -> None:
        if self.writes_left == 0:
            raise _PowerGone
        if self.writes_left is not None:
            self.writes_left -= 1
        super().write(name, octets)


class _Chip:
    """What the device needs of a board."""

    name = "memory"
    reset_cause = "power-on"
    unique_id = b"hidden"
    store = "files"
    flash = None

    def __init__(self, medium: _Flash) -> None:
        self.medium = medium
        self.random = repeatable_random()
        self.aes = aes

    def now(self) -> str:
        return "20240101000000"

    def tidy(self) -> None:
        pass


class HiddenDevice:
    """A line to it, as a bench's board has one."""

    def __init__(self) -> None:
        self._chip = _Chip(_Flash())
        store.manufacture(self._chip.medium)
        self.power_cycle()

    def power_cycle(self) -> None:
        self._port = BenchPort(self._chip, Store(self._chip.medium))

    moments = "writes"

    def cycle(self) -> None:
        self.power_cycle()

    def cut_during(self, moment: int, operation: Callable[[], object]) -> bool:
        self._chip.medium.writes_left = moment
        try:
            operation()
        except _PowerGone:
            self.power_cycle()
            return True
        finally:
            self._chip.medium.writes_left = None
        return False

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        try:
            reply = self._port.handle({"op": op, **arguments})
        except StopServing as stop:
            reply = stop.reply
            self.power_cycle()
        return dict(reply["ok"])


@contextmanager
def hidden_device(
    pki: Pki, folder: Path, evidence: RunFolder | None = None
) -> Iterator[tuple[Bench, HiddenDevice]]:
    """Put everybody around a device in this process."""
    line = HiddenDevice()
    bench = Bench(Board("hidden", line), pki, folder, evidence, line)
    try:
        yield bench, line
    finally:
        bench.close()


class _Standing(datetime):
    """A clock that stands, so that the same play has the same octets."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2024, 6, 1, tzinfo=tz)


@contextmanager
def standing_clock() -> Iterator[None]:
    """Let every device be commissioned at the same time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            bench_module,
            "datetime",
            SimpleNamespace(datetime=_Standing, timedelta=timedelta, UTC=UTC),
        )
        yield


@contextmanager
def quick_curve() -> Iterator[None]:
    """Have OpenSSL check signatures, and work out the same thing once."""
    own = {name: getattr(p256, name) for name in ("verify", "sign", "ecdh", "public_key")}

    @lru_cache(4096)
    def verified(key: bytes, digest: bytes, signature: bytes) -> bool:
        return bool(cpython.verify(key, digest, signature))

    def verify(key: bytes, digest: bytes, signature: bytes, comb: object = None) -> None:
        if not verified(bytes(key), bytes(digest), bytes(signature)):
            own["verify"](key, digest, signature)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(p256, "verify", verify)
        for name in ("sign", "public_key"):
            patch.setattr(p256, name, lru_cache(4096)(own[name]))
        yield
