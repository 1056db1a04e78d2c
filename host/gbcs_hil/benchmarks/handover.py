"""Measure a whole handover: how long each command takes, and where the time goes.

A command is a user's Service Request from its first octet to the answer: transformed, signed,
checked, carried out by the device, written down. Host and device share one core. What is told
are medians of handovers, so that a machine that is busy for a while does not spoil them.
"""

import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import Session

from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.benchmarks.spent import Spent, one_core
from gbcs_hil.dcc import acb, gbcs_delivery, users, validation
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.requests import ServiceRequest
from gbcs_hil.errors import BadInput
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.handover import HANDOVER
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scratch import scratch_folder
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import Party, Pki

_SCRIPT = Path(__file__).with_name("profiled_on_micropython.py")
_MARK = "profile "
_PROGRAMS = {"unix": targets.unix, "cpython": targets.cpython}

LINE = "line: both its ends"
DISK = "host: waiting for the disk"
_DATABASE = "host: the ledger's database"
_CRYPTOGRAPHY = "host: cryptography"
_REST = "host: the rest of DCC and users"
_HOST: Sequence[tuple[object, Sequence[str], str]] = (
    (DefaultDialect, ("do_commit",), DISK),
    (Session, ("get", "merge", "execute", "scalars", "flush", "commit", "close"), _DATABASE),
    (acb, ("authenticate", "shared_secret", "sign"), _CRYPTOGRAPHY),
    (acb, ("verify_mac", "verify_signature"), _CRYPTOGRAPHY),
    (gbcs_delivery, ("sign",), _CRYPTOGRAPHY),
    (users, ("sign",), _CRYPTOGRAPHY),
    (validation, ("verify_signature",), _CRYPTOGRAPHY),
)
"""What of the host is timed: owner, functions, part."""


class HandoverTimes(msgspec.Struct, frozen=True):
    """What the handovers on one target took.

    Attributes:
        handovers: how many were measured, after one that warms up.
        commands: how many commands that was, those that a scenario wants refused included.
        whole: milliseconds of an average command of the median handover.
        commands_a_second: that many of them are.
        milliseconds: the median of a command's round trip to the device, by what it asks for.
        parts: milliseconds of an average command by part, the longest first; medians.
        transactions: of an average command, in the ledger.
        heap: the device's heap at the end, in octets; empty where nobody counts.
    """

    handovers: int
    commands: int
    whole: float
    commands_a_second: float
    milliseconds: dict[str, float]
    parts: dict[str, float]
    transactions: float
    heap: dict[str, int]


class Handovers(msgspec.Struct, frozen=True):
    """What the handovers on some targets took, and where.

    Attributes:
        core: that host and device shared; None if the system could not keep them on one.
        cores: of the machine.
        load: how many processes wanted to run in the minute before; the machine is idle at 0.
        targets: by the target's name.
    """

    core: int | None
    cores: int
    load: float
    targets: dict[str, HandoverTimes]


class _TimedBench(Bench):
    """A bench that keeps the time of what its users ask for."""

    def __init__(self, spent: Spent, board: Board, pki: Pki, folder: Path) -> None:
        super().__init__(board, pki, folder)
        self._spent = spent

    def ask(self, dsp: Dsp, party: Party, request: ServiceRequest, what: str) -> Outcome:
        """See `Bench.ask`."""
        with ExitStack() as stack:
            for owner, names, part in _HOST:
                stack.enter_context(self._spent.timing(owner, names, part))
            return self._spent.time(_REST, super().ask, dsp, party, request, what)


class _TimedLink:
    """A link that keeps the time of each message.

    Attributes:
        seconds: of each message's round trip.
    """

    def __init__(self, spent: Spent, carried: link.Link) -> None:
        self.seconds: list[float] = []
        self._spent = spent
        self._link = carried

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send a request, and keep how long a message took."""
        if op != "deliver":
            return self._link.request(op, deadline=deadline, **arguments)
        start = time.perf_counter()
        reply = self._spent.time(LINE, self._link.request, op, deadline=deadline, **arguments)
        self.seconds.append(time.perf_counter() - start)
        return reply


def measure_each(
    kinds: Sequence[str], count: int, on_handover: Callable[[str], None] = lambda kind: None
) -> Handovers:
    """Play SC-3 some times on one device of each kind, all of it on one core.

    Args:
        kinds: "unix:" or "cpython:".
        count: how many handovers count on each.
        on_handover: told the kind after each handover, the first of each too.

    Raises:
        BadInput: there is no such target.
        HilError: a target cannot run.
    """
    for kind in kinds:
        if kind.removesuffix(":") not in _PROGRAMS:
            there = " and ".join(f"{name}:" for name in _PROGRAMS)
            raise BadInput(f"no handover is measured on {kind!r}; on {there} it is")
    load = os.getloadavg()[0]
    with one_core() as core:
        times = {kind: measure(kind, count, partial(on_handover, kind)) for kind in kinds}
    return Handovers(core, os.cpu_count() or 1, round(load, 2), times)


def measure(
    kind: str, count: int, on_handover: Callable[[], None] = lambda: None
) -> HandoverTimes:
    """Play SC-3 some times on one device, on as many cores as there are; see `measure_each`."""
    profiles: list[dict[str, int]] = []
    milliseconds: dict[str, list[float]] = defaultdict(list)
    parts: list[dict[str, float]] = []
    transactions = 0
    with (
        scratch_folder() as folder,
        _start(kind, folder / "flash") as device,
        closing(ports.open_port(device.port)) as stream,
    ):
        line = link.Link(
            stream, on_log=lambda log: _keep(log.text, profiles), patience=device.patience
        )
        pki = Pki.issue(Authority.create(seed=b"bench handover"))
        for number in range(count + 1):
            spent, profiles[:] = Spent(), []
            timed = _TimedLink(spent, line)
            board = Board(kind, timed)
            steps = _play(_TimedBench(spent, board, pki, _made(folder / str(number))))
            on_handover()
            if number == 0:
                continue
            parts.append(_parts(spent, profiles, len(steps)))
            transactions += spent.calls[DISK]
            for step, seconds in zip(steps, timed.seconds, strict=True):
                milliseconds[step.what].append(1000 * seconds)
        heap = board.stats()["heap"]
    commands = count * len(steps)
    whole = statistics.median(sum(of.values()) for of in parts)
    names = {name for of in parts for name in of}
    medians = {name: statistics.median(of.get(name, 0.0) for of in parts) for name in names}
    ordered = sorted(medians.items(), key=lambda part: -part[1])
    return HandoverTimes(
        handovers=count,
        commands=commands,
        whole=round(whole, 3),
        commands_a_second=round(1000 / whole, 1),
        milliseconds={what: round(statistics.median(of), 2) for what, of in milliseconds.items()},
        parts={part: round(of, 3) for part, of in ordered},
        transactions=round(transactions / commands, 2),
        heap=heap,
    )


def _start(kind: str, flash: Path) -> targets.Target:
    name = kind.removesuffix(":")
    return targets.Target(kind, *_PROGRAMS[name](str(_SCRIPT), name, str(flash)))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _play(bench: Bench) -> list[Step]:
    """Play a handover; return the steps that are commands."""
    try:
        steps = HANDOVER.play(bench, Conditions("gpf")).steps
        return [step for step in steps if step.counter is not None]
    finally:
        bench.close()


def _keep(line: str, profiles: list[dict[str, int]]) -> None:
    if line.startswith(_MARK):
        profiles.append(json.loads(line.removeprefix(_MARK)))


def _parts(spent: Spent, profiles: list[dict[str, int]], commands: int) -> dict[str, float]:
    """Return milliseconds a command by part; what the device tells is a part of the line's."""
    seconds = dict(spent.seconds)
    for profile in profiles:
        for part, microseconds in profile.items():
            name = f"device: {part}"
            seconds[name] = seconds.get(name, 0.0) + microseconds / 1e6
            seconds[LINE] -= microseconds / 1e6
    return {part: 1000 * of / commands for part, of in seconds.items()}
