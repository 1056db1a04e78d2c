"""One device in the memory of this machine; on CPython only."""

from hashlib import shake_128

from gbcs_device import provisioning, security
from gbcs_device.bench_state import counters
from gbcs_device.device import Device
from gbcs_device.device_types import cell_name
from gbcs_device.store import Store, manufacture

AT_FIRST = "20240101000000"
"""The time at which a device starts that is told none."""

# The checks that find everything right, by the kind of act.
_TAKEN_ON_TRUST = {
    "command": (),
    "unmaced": ("check_mac",),
    "trusted": ("check_protection", "check_mac", "check_signature"),
    "cut": ("check_mac",),
    "trusted-cut": ("check_protection", "check_mac", "check_signature"),
}


class PowerGone(Exception):
    """The power went at this write."""


class Memory:
    """Files in memory; the power can go at a write.

    Attributes:
        files: name to octets.
        writes: how many there have been.
        last: the write before which the power goes, if any.
    """

    def __init__(self, files: dict) -> None:
        self.files = files
        self.writes = 0
        self.last = None

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file."""
        return self.files.get(name)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file's content, if the power lasts."""
        if self.writes == self.last:
            raise PowerGone
        self.writes += 1
        self.files[name] = bytes(octets)

    def remove(self, name: str) -> None:
        """Remove a file."""
        del self.files[name]

    def names(self) -> list:
        """Return the names of all files."""
        return list(self.files)


class Simulated:
    """One device.

    Args:
        memory: what it remembers.
        now: its clock.

    Attributes:
        memory, now: the same.
    """

    def __init__(self, memory: Memory, now: str) -> None:
        self.memory = memory
        self.now = now
        self._power_on()

    def _power_on(self) -> None:
        self.memory.last = None
        self._store = Store(self.memory)
        # What takes AES is given the key itself, for OpenSSL's GMAC.
        self._device = Device(self._store, lambda: self.now, _random, bytes)

    def act(self, kind: str, what: str) -> list:
        """Do one thing to the device and return what it sends."""
        if kind in ("power-cut", "restart"):
            self._power_on()
            return []
        if kind == "hub-exchange":
            self._device.restore_device_log()
            return []
        if kind == "clock":
            self.now = what
            return self._device.tick().outputs
        with _Trust(_TAKEN_ON_TRUST[kind]):
            return self._device.receive(bytes.fromhex(what)).outputs

    def cut(self, kind: str, what: str, write: int) -> bool:
        """Deliver a message whose power goes before its write so and so; whether it had one."""
        self.memory.last = self.memory.writes + write
        try:
            with _Trust(_TAKEN_ON_TRUST[kind]):
                self._device.receive(bytes.fromhex(what))
            return False
        except PowerGone:
            return True
        finally:
            # What nothing names goes as the device starts: equal states then have equal files.
            self._power_on()

    def told(self) -> dict:
        """Return the counters and the cells."""
        state = self._store.state
        cells = {}
        for cell in state.cells:
            held = state.cells[cell]
            cells[cell_name(cell)] = [held.unique_id.hex(), held.ski.hex()]
        return {"counters": self.counters(), "cells": cells, "now": self.now}

    def counters(self) -> dict:
        """Return the execution counters by the names of their roles."""
        return counters(self._store.state)


class _Trust:
    """While it lasts, some checks find everything right."""

    def __init__(self, names: tuple) -> None:
        self._kept = {name: getattr(security, name) for name in names}

    def __enter__(self) -> None:
        for name in self._kept:
            setattr(security, name, lambda *_: None)

    def __exit__(self, *_) -> None:
        for name in self._kept:
            setattr(security, name, self._kept[name])


def _random(count: int) -> bytes:
    return shake_128(b"simulated").digest(count)


def provisioned(start: dict) -> Memory:
    """Return what a device remembers that was just provisioned.

    Raises:
        Refused: no device starts like that.
    """
    memory = Memory({})
    manufacture(memory)
    Store(memory).provision(*provisioning.start_of(start, _random))
    return memory
