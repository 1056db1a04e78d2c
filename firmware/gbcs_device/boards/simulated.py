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

from gbcs_device.bench_refusal import Refused
from gbcs_device.boards.hastened import hasten
from gbcs_device.boards.in_memory import AT_FIRST, Memory, Simulated, provisioned

_HEXADECIMAL = ("eui", "signing_key", "agreement_key")
_CUTS = ("cut", "trusted-cut")
_KEYS = {"signing_key": "11" * 32, "agreement_key": "22" * 32}


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
    now = question.get("now") or AT_FIRST
    if "files" in question:
        return Simulated(Memory(_files(question["files"])), now)
    return Simulated(provisioned(_octets(question["start"])), now)


def _answer(line: str) -> dict:
    question = json.loads(line)
    try:
        device = _device(question)
    except Refused as refused:
        return {"error": refused.args[1]}
    return {"worlds": courses(device, question["acts"], question["then"])}


def main() -> None:
    """Answer questions until there are no more."""
    hasten()
    # What a copy does not touch need not be copied.
    gc.disable()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(line)) + "\n")
        sys.stdout.flush()
        gc.collect()
        gc.freeze()


if __name__ == "__main__":
    main()
