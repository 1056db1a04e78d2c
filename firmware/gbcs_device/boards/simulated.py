"""Devices in memory, one after another: what would this one have answered to all that?

Run as `python -m gbcs_device.boards.simulated`. Each line on standard input asks, as JSON, for
one device and what is done to it; the line that answers has what it sends. Nothing outlives a
question but what P-256 has worked out before: the same octets are checked once, however many
devices get them.

A question: {"start": what `provision` takes, octets as hexadecimal, "acts": [[kind, what], ...],
"then": [[[kind, what], ...], ...]}: what is done to it, and several things that could be done
next, each to a device to which nothing of the others was done.

    command    what: a message
    unmaced    what: a message whose MAC counts as right, as nobody has the key
    trusted    what: a message that counts as signed and MACed by whom it names
    cut        what: a message during which, at whatever write, the power goes
    clock      what: YYYYMMDDhhmmss
    power-cut, restart, hub-exchange

An answer: {"worlds": [...]}, one for each moment at which the power can have gone, each with
"answers" (per act the messages sent), "counters" and "cells" (name: [EUI-64, key identifier]),
and "then": for each of the things that could be done next, its worlds.

What could be done next is done by a copy of this process: a copy has all that a device has in
memory, the memory of a defect included.
"""

import gc
import json
import os
import sys
from functools import lru_cache, partial
from hashlib import shake_128

from gbcs_device import p256, provisioning, security
from gbcs_device.bench_refusal import Refused
from gbcs_device.boards import cpython
from gbcs_device.device import Device
from gbcs_device.device_types import ROLE_NAMES, cell_name
from gbcs_device.store import Store, manufacture

_REMEMBERED = 4096
_AT_FIRST = "20240101000000"
_HEXADECIMAL = ("eui", "signing_key", "agreement_key")
# What a board borrows for a command and forgets; here it is loaded once, and stays.
_LENT = (
    "provisioning",
    "read_credentials",
    "update_credentials",
    "device_credentials",
    "esme_payment",
    "gsme_payment",
    "defects.authority",
    "defects.counters",
    "defects.floors",
    "defects.storage",
)
# The checks that find everything right, by the kind of act.
_TAKEN_ON_TRUST = {
    "command": (),
    "unmaced": ("check_mac",),
    "trusted": ("check_protection", "check_mac", "check_signature"),
}
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
        aes = partial(cpython.Board.aes, None)
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
        with _Trust(_TAKEN_ON_TRUST[kind]):
            return self._device.receive(bytes.fromhex(what)).outputs

    def cut(self, what: str, write: int) -> bool:
        """Deliver a message whose power goes before its write so and so; whether it had one."""
        self.memory.last = self.memory.writes + write
        try:
            with _Trust(("check_mac",)):
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


def courses(device: Simulated, acts: list, then: list) -> list:
    """Do some acts to a device; return a world for each moment that a cut can be at."""
    answers = []
    for number, (kind, what) in enumerate(acts):
        if kind == "cut":
            rest = acts[number + 1 :]
            return [
                {**world, "answers": answers + world["answers"]}
                for world in _cuts(device, what, rest, then)
            ]
        answers.append([octets.hex() for octets in device.act(kind, what)])
    found = [in_a_copy(lambda acts=next_acts: courses(device, acts, [])) for next_acts in then]
    return [{"answers": answers, **device.told(), "then": found}]


def _cuts(device: Simulated, what: str, rest: list, then: list) -> list:
    """Return the worlds of a command that is cut at one of its writes, and of what follows."""

    def course(write: int) -> list:
        had_one = device.cut(what, write)
        worlds = courses(device, rest, then)
        return [had_one, [{**world, "answers": [[], *world["answers"]]} for world in worlds]]

    found = []
    write = 0
    while True:
        had_one, worlds = in_a_copy(lambda: course(write))
        found += worlds
        # The last one came when there was nothing left to write.
        if not had_one:
            return found
        write += 1


def in_a_copy(work):
    """Return what a function returns, as JSON has it, in a copy of this process."""
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as result:
                result.write(json.dumps(work()).encode())
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            # Nothing of what the original has opened is the copy's to end.
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        told = result.read()
    _, status = os.waitpid(copy, 0)
    if status:
        raise RuntimeError("a copy of a simulated device broke down")
    return json.loads(told)


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
        device = Simulated(_octets(question["start"]))
    except Refused as refused:
        return {"error": refused.args[1]}
    return {"worlds": courses(device, question["acts"], question["then"])}


def main() -> None:
    """Answer questions until there are no more."""
    own = p256.verify

    def verify(public_key: bytes, digest: bytes, signature: bytes) -> None:
        # The device's own curve says why one does not verify.
        if not cpython.verify(public_key, digest, signature):
            own(public_key, digest, signature)

    p256.verify = verify
    for name in ("verify", "sign", "ecdh", "public_key", "check_public_key"):
        setattr(p256, name, _remembered(getattr(p256, name)))
    for module in _LENT:
        __import__("gbcs_device." + module)
    # What a copy does not touch need not be copied.
    gc.disable()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(line)) + "\n")
        sys.stdout.flush()
        gc.collect()
        gc.freeze()


def _remembered(function):
    """Return a function of octets that works each thing out once, refusals included."""

    @lru_cache(_REMEMBERED)
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
