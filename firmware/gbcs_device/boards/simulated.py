"""Devices in memory, one after another: what would this one have answered to all that?

Run as `python -m gbcs_device.boards.simulated`. Each line on standard input asks, as JSON, for
one device and what is done to it; the line that answers has what it sends. Nothing outlives a
question but what P-256 has worked out before: the same octets are checked once, however many
devices get them.

A question: {"start": what `provision` takes, octets as hexadecimal, "acts": [[kind, what], ...]}.

    command    what: a message
    trusted    what: a message that counts as signed and MACed by whom it names
    cut        what: a message during which, at whatever write, the power goes
    clock      what: YYYYMMDDhhmmss
    power-cut, restart, hub-exchange

An answer: {"worlds": [...]}, one for each moment at which the power can have gone, each with
"answers" (per act the messages sent), "counters" and "cells" (name: [EUI-64, key identifier]).
"""

import functools
import hashlib
import json
import sys

from gbcs_device import p256, provisioning, security
from gbcs_device.bench_refusal import Refused
from gbcs_device.boards.cpython import Board
from gbcs_device.device import Device
from gbcs_device.device_types import ROLE_NAMES, cell_name
from gbcs_device.store import Store, manufacture

_REMEMBERED = 4096
_AT_FIRST = "20240101000000"
_HEXADECIMAL = ("eui", "signing_key", "agreement_key")
_KEYS = {"signing_key": "11" * 32, "agreement_key": "22" * 32}


class PowerGone(Exception):
    """The power went at this write."""


class Memory:
    """Files in memory; the power can go at a write.

    Attributes:
        writes: how many there have been.
        last: the write before which the power goes, if any.
    """

    def __init__(self) -> None:
        self._files = {}
        self.writes = 0
        self.last = None

    def read(self, name: str):
        """Return a file's octets, or None when there is no such file."""
        return self._files.get(name)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a file's content, if the power lasts."""
        if self.writes == self.last:
            raise PowerGone
        self.writes += 1
        self._files[name] = bytes(octets)

    def remove(self, name: str) -> None:
        """Remove a file."""
        del self._files[name]

    def names(self) -> list:
        """Return the names of all files."""
        return list(self._files)


class Simulated:
    """One device from its provisioning on."""

    def __init__(self, start: dict) -> None:
        self.memory = Memory()
        manufacture(self.memory)
        self._now = _AT_FIRST
        store = Store(self.memory)
        store.provision(*provisioning.start_of(start, _random))
        self._power_on()

    def _power_on(self) -> None:
        self.memory.last = None
        self._store = Store(self.memory)
        # A method of the class that uses nothing of the board that it is of.
        aes = functools.partial(Board.aes, None)
        self._device = Device(self._store, lambda: self._now, _random, aes)

    def act(self, kind: str, what: str) -> list:
        """Do one thing to the device and return what it sends."""
        if kind in ("power-cut", "restart"):
            self._power_on()
            return []
        if kind == "hub-exchange":
            self._device.restore_device_log()
            return []
        if kind == "clock":
            self._now = what
            return self._device.tick().outputs
        message = bytes.fromhex(what)
        if kind == "trusted":
            with _Trust():
                return self._device.receive(message).outputs
        return self._device.receive(message).outputs

    def cut(self, what: str, write: int) -> bool:
        """Deliver a message whose power goes before its write so and so; whether it had one."""
        self.memory.last = self.memory.writes + write
        try:
            self._device.receive(bytes.fromhex(what))
            return False
        except PowerGone:
            return True
        finally:
            self._power_on()

    def told(self) -> dict:
        """Return the counters and the cells."""
        state = self._store.state
        cells = {}
        for cell in state.cells:
            held = state.cells[cell]
            cells[cell_name(cell)] = [held.unique_id.hex(), held.ski.hex()]
        counters = {ROLE_NAMES[role]: state.counters[role] for role in state.counters}
        return {"counters": counters, "cells": cells}


class _Trust:
    """While it lasts, signatures and MACs count as right."""

    _NAMES = ("check_protection", "check_mac", "check_signature")

    def __enter__(self) -> None:
        self._kept = {name: getattr(security, name) for name in self._NAMES}
        for name in self._NAMES:
            setattr(security, name, lambda *_: None)

    def __exit__(self, *_) -> None:
        for name in self._NAMES:
            setattr(security, name, self._kept[name])


def _random(count: int) -> bytes:
    return hashlib.shake_128(b"simulated").digest(count)


def worlds(start: dict, acts: list) -> list:
    """Return what can have come of some acts, a world for each moment that a cut can be at."""
    found = []
    writes = [0] * sum(kind == "cut" for kind, _ in acts)
    while True:
        device = Simulated(start)
        answers = []
        # Which of the cuts came when there was nothing left to write.
        late = []
        for kind, what in acts:
            if kind == "cut":
                late.append(not device.cut(what, writes[len(late)]))
                answers.append([])
            else:
                answers.append([octets.hex() for octets in device.act(kind, what)])
        found.append({"answers": answers, **device.told()})
        # As on an odometer: the last cut moves on by a write, or starts again with the one before.
        at = len(writes) - 1
        while at >= 0 and late[at]:
            writes[at] = 0
            at -= 1
        if at < 0:
            return found
        writes[at] += 1


def _octets(fields: dict) -> dict:
    """Return the fields of a provisioning with octets where JSON has hexadecimal."""
    start = {**_KEYS, **fields}
    for name in _HEXADECIMAL:
        start[name] = bytes.fromhex(start[name])
    start["cells"] = {name: bytes.fromhex(text) for name, text in start["cells"].items()}
    start["shared_secrets"] = [
        [bytes.fromhex(text) for text in pair] for pair in start["shared_secrets"]
    ]
    return start


def _answer(line: str) -> dict:
    question = json.loads(line)
    try:
        return {"worlds": worlds(_octets(question["start"]), question["acts"])}
    except Refused as refused:
        return {"error": refused.args[1]}


def main() -> None:
    """Answer questions until there are no more."""
    for name in ("verify", "sign", "ecdh", "public_key", "check_public_key"):
        setattr(p256, name, _remembered(getattr(p256, name)))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(line)) + "\n")
        sys.stdout.flush()


def _remembered(function):
    """Return a function of octets that works each thing out once, refusals included."""

    @functools.lru_cache(_REMEMBERED)
    def found(*octets):
        try:
            return function(*octets), None
        except p256.CurveError as error:
            return None, error

    def called(*octets):
        # A comb is None here: without a file system beside the store there are none.
        result, error = found(*[bytes(each) for each in octets if each is not None])
        if error is not None:
            raise error
        return result

    return called


if __name__ == "__main__":
    main()
