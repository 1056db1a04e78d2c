"""Devices in memory, one after another: what would this one have answered to all that?

Run as `python -m gbcs_device.boards.simulated`. Each line on standard input asks, as JSON, for
one device and what is done to it; the line that answers has what it sends. Nothing outlives a
question but what P-256 has worked out before: the same octets are checked once, however many
devices get them.

A question: {"start": what `provision` takes, octets as hexadecimal, "now": YYYYMMDDhhmmss,
"acts": [[kind, what], ...], "then": [[[kind, what], ...], ...]}: what is done to it, and several
things that could be done next, each to a device to which nothing of the others was done. With
"files" in place of "start", a name to its octets, a device whose power comes back.

    command    what: a message
    unmaced    what: a message whose MAC counts as right, as nobody has the key
    trusted    what: a message that counts as signed and MACed by whom it names
    cut        what: a message during which, at whatever write, the power goes; trusted-cut
               if nobody has signed it
    clock      what: YYYYMMDDhhmmss
    power-cut, restart, hub-exchange

An answer: {"worlds": [...]}, one for each state in which the power can have left the device,
each with

    share            how many of the moments at which the power can have gone lead there
    answers          per act the messages sent
    after            per act the execution counters
    counters, cells  name to execution counter; name to [EUI-64, key identifier]
    files, now       with which it goes on, where the last act cut the power
    then             for each of the things that could be done next, its worlds

What could be done next is done by a copy of this process: a copy has all that a device has in
memory, the memory of a defect included.
"""

import gc
import json
import os
import sys
from functools import lru_cache
from hashlib import shake_128

from gbcs_device import p256, provisioning, security
from gbcs_device.bench_refusal import Refused
from gbcs_device.boards import cpython
from gbcs_device.borrowed import Borrowed
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
    "cut": ("check_mac",),
    "trusted-cut": ("check_protection", "check_mac", "check_signature"),
}
_CUTS = ("cut", "trusted-cut")
_KEYS = {"signing_key": "11" * 32, "agreement_key": "22" * 32}


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
        counters = self._store.state.counters
        return {ROLE_NAMES[role]: counters[role] for role in counters}


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
    """Do some acts to a device; return a world for each state that a cut can leave it in."""
    answers = []
    after = []
    for number, (kind, what) in enumerate(acts):
        if kind in _CUTS:
            rest = acts[number + 1 :]
            found = []
            for share, files in _cuts(device, kind, what):
                resumed = Simulated(Memory(dict(files)), device.now)
                here = resumed.counters()
                for world in courses(resumed, rest, then):
                    world["share"] *= share
                    world["after"] = [*after, here, *world["after"]]
                    world["answers"] = [*answers, [], *world["answers"]]
                    if not rest:
                        world["files"] = {name: files[name].hex() for name in files}
                    found.append(world)
            return found
        answers.append([octets.hex() for octets in device.act(kind, what)])
        after.append(device.counters())
    found = {"share": 1, "answers": answers, "after": after, "then": _ways(device, then)}
    return [{**found, **device.told()}]


def _ways(device: Simulated, ways: list, mine: bool = False) -> list:
    """Return for each of several ways to go on its worlds; what they begin with is done once.

    Args:
        device: stays as it is, unless it is `mine`.
        ways: lists of acts, none of them empty.
        mine: whether nobody needs the device any more.
    """
    by_first = {}
    for number, acts in enumerate(ways):
        by_first.setdefault(tuple(acts[0]), []).append(number)
    found = [[]] * len(ways)
    for first, numbers in by_first.items():
        rests = [ways[number][1:] for number in numbers]
        if mine and len(by_first) == 1:
            worlds = _on(device, first, rests)
        else:
            worlds = in_a_copy(lambda act=first, rests=rests: _on(device, act, rests))
        for number, each in zip(numbers, worlds):
            found[number] = each
    return found


def _on(device: Simulated, act: tuple, rests: list) -> list:
    """Do one act; return for each of several lists of acts behind it the worlds of it all."""
    if act[0] in _CUTS:
        # A device that had its power cut is made anew for each.
        left = _cuts(device, *act)
        return [_after_cut(left, device.now, rest) for rest in rests]
    answer = [octets.hex() for octets in device.act(*act)]
    ended = {"share": 1, "answers": [answer], **device.told()}
    more = iter(_ways(device, [rest for rest in rests if rest], True))
    return [
        [{**world, "answers": [answer, *world["answers"]]} for world in next(more)]
        if rest
        else [ended]
        for rest in rests
    ]


def _after_cut(left: list, now: str, rest: list) -> list:
    return [
        {**world, "share": share * world["share"], "answers": [[], *world["answers"]]}
        for share, files in left
        for world in courses(Simulated(Memory(dict(files)), now), rest, [])
    ]


def _cuts(device: Simulated, kind: str, what: str) -> list:
    """Return what a command that is cut leaves in memory: how often of all moments, and files."""

    def left(write: int) -> tuple:
        had_one = device.cut(kind, what, write)
        return had_one, {name: device.memory.files[name].hex() for name in device.memory.files}

    outcomes = []
    had_one = True
    while had_one:
        # The last one comes when there is nothing left to write.
        had_one, files = in_a_copy(lambda: left(len(outcomes)))
        outcomes.append(files)
    distinct = [files for at, files in enumerate(outcomes) if files not in outcomes[:at]]
    return [(outcomes.count(files) / len(outcomes), _files(files)) for files in distinct]


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


def _files(told: dict) -> dict:
    return {name: bytes.fromhex(told[name]) for name in told}


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


def _device(question: dict) -> Simulated:
    now = question.get("now") or _AT_FIRST
    if "files" in question:
        return Simulated(Memory(_files(question["files"])), now)
    memory = Memory({})
    manufacture(memory)
    Store(memory).provision(*provisioning.start_of(_octets(question["start"]), _random))
    return Simulated(memory, now)


def _answer(line: str) -> dict:
    question = json.loads(line)
    try:
        device = _device(question)
    except Refused as refused:
        return {"error": refused.args[1]}
    return {"worlds": courses(device, question["acts"], question["then"])}


def quicken() -> None:
    """Have OpenSSL and memory do what would take most of the time of many devices."""
    own = p256.verify

    def verify(public_key: bytes, digest: bytes, signature: bytes) -> None:
        # The device's own curve says why one does not verify.
        if not cpython.verify(public_key, digest, signature):
            own(public_key, digest, signature)

    p256.verify = verify
    for name in ("verify", "sign", "ecdh", "public_key", "check_public_key"):
        setattr(p256, name, _remembered(getattr(p256, name)))
    security.gmac = cpython.gmac
    for module in _LENT:
        __import__("gbcs_device." + module)
    Borrowed.__exit__ = lambda *_: None


def main() -> None:
    """Answer questions until there are no more."""
    quicken()
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
