"""Measure a whole handover: how long each command takes, and where the time goes."""

import json
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.errors import BadInput
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.handover import SC_3
from gbcs_hil.scenarios.step import Step
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import Pki

_SCRIPT = Path(__file__).with_name("profiled_on_micropython.py")
_MARK = "profile "
_LINE = "the line, and both its ends"
_HOST = "the host: DCC, users, ledger"


class HandoverTimes(msgspec.Struct, frozen=True):
    """What the handovers took.

    Attributes:
        target: where the device ran.
        handovers: how many were played.
        commands: how many commands that was, those that a scenario wants refused included.
        commands_a_second: host and device together, on as many cores as they found.
        milliseconds: the median of a command's round trip to the device, by what it asks for.
        parts: milliseconds of an average command by part, the host's included.
        heap: the device's heap at the end, in octets; empty where nobody counts.
    """

    target: str
    handovers: int
    commands: int
    commands_a_second: float
    milliseconds: dict[str, float]
    parts: dict[str, float]
    heap: dict[str, int]


class _Timed:
    """A link that keeps the time of each message.

    Attributes:
        seconds: of each message's round trip.
        began: when the first message since it was last None was sent.
    """

    def __init__(self, carried: link.Link) -> None:
        self.seconds: list[float] = []
        self.began: float | None = None
        self._link = carried

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send a request, and keep how long a message took."""
        start = time.perf_counter()
        reply = self._link.request(op, deadline=deadline, **arguments)
        if op == "deliver":
            self.began = self.began or start
            self.seconds.append(time.perf_counter() - start)
        return reply


def measure(target: str, count: int) -> HandoverTimes:
    """Play SC-3 some times on one device.

    Raises:
        HilError: the target cannot run.
    """
    profiles: list[dict[str, int]] = []
    milliseconds: dict[str, list[float]] = defaultdict(list)
    elapsed = 0.0
    with tempfile.TemporaryDirectory(prefix="gbcs-hil-") as name:
        folder = Path(name)
        with _start(target, folder / "flash") as device:
            stream = ports.open_port(device.port)
            line = link.Link(
                stream, on_log=lambda line: _keep(line.text, profiles), patience=device.patience
            )
            timed = _Timed(line)
            board = Board(target, timed)
            pki = Pki.issue(Authority.create(seed=b"bench handover"))
            for number in range(count):
                timed.began = None
                done = len(timed.seconds)
                steps = _play(Bench(board, pki, _made(folder / str(number))))
                elapsed += time.perf_counter() - (timed.began or time.perf_counter())
                for step, seconds in zip(steps, timed.seconds[done:], strict=True):
                    milliseconds[step.what].append(1000 * seconds)
            heap = board.stats()["heap"]
    commands = len(timed.seconds)
    return HandoverTimes(
        target=target,
        handovers=count,
        commands=commands,
        commands_a_second=round(commands / elapsed, 1),
        milliseconds={what: round(statistics.median(of), 2) for what, of in milliseconds.items()},
        parts=_parts(profiles, sum(timed.seconds), elapsed, commands),
        heap=heap,
    )


def _start(target: str, flash: Path) -> targets.Target:
    kind = target.removesuffix(":")
    programs = {"unix": targets.unix, "cpython": targets.cpython}
    if kind not in programs:
        raise BadInput(f"no handover is measured on {target!r}; on {', '.join(programs)} it is")
    return targets.Target(target, *programs[kind](str(_SCRIPT), kind, str(flash)))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _play(bench: Bench) -> list[Step]:
    try:
        return SC_3.play(bench, Conditions("gpf")).steps
    finally:
        bench.close()


def _keep(line: str, profiles: list[dict[str, int]]) -> None:
    if line.startswith(_MARK):
        profiles.append(json.loads(line.removeprefix(_MARK)))


def _parts(
    profiles: list[dict[str, int]], in_flight: float, elapsed: float, commands: int
) -> dict[str, float]:
    """Return milliseconds a command by part, the longest first; seconds are of all commands."""
    total: dict[str, float] = defaultdict(float)
    for profile in profiles:
        for part, microseconds in profile.items():
            total[part] += microseconds / 1e6
    total[_LINE] = in_flight - sum(total.values())
    total[_HOST] = elapsed - in_flight
    ordered = sorted(total.items(), key=lambda part: -part[1])
    return {part: round(1000 * seconds / commands, 3) for part, seconds in ordered}
