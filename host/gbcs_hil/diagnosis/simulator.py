"""Asking what a device would have answered: the firmware in processes of its own.

The host never runs the device's code itself; `gbcs_device.boards.simulated` says what a
question and its answer are.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from gbcs_hil.bench import targets
from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.record import NO_SIGNATURE, Act, Kind
from gbcs_hil.errors import BadInput, BoardLost
from gbcs_hil.evidence import frames
from gbcs_hil.gbcs.message import parse

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class World(msgspec.Struct, frozen=True):
    """One course that things can have taken.

    Attributes:
        share: how many of the moments at which the power can have gone lead there, 0 to 1.
        answers: for each act the messages that the device sends, hexadecimal.
        counters: role name to execution counter at the end.
        cells: cell name to EUI-64 and key identifier at the end, hexadecimal.
        now: the device's clock at the end.
        files: what the device remembers, where the last act cut its power.
        after: for each act, of what was done, the execution counters after it.
        then: the courses of each of the things that could be done next.
    """

    share: float
    answers: tuple[tuple[str, ...], ...]
    counters: Mapping[str, int]
    cells: Mapping[str, tuple[str, str]]
    now: str
    files: Mapping[str, str] | None = None
    after: tuple[Mapping[str, int], ...] = ()
    then: "tuple[tuple[World, ...], ...]" = ()


class _Reply(msgspec.Struct):
    worlds: tuple[World, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Question:
    """A device and what is done to it.

    Attributes:
        start: the state that it starts from.
        candidate: what it is.
        acts: what is done to it.
        then: things that could be done next, each instead of the others.
        resumed: the world, its power cut last, in which it goes on instead.
    """

    start: frames.Started
    candidate: Candidate
    acts: tuple[Act, ...]
    then: tuple[tuple[Act, ...], ...] = ()
    resumed: World | None = None

    @property
    def line(self) -> bytes:
        """The question as the firmware takes it."""
        return _line(self)


_reply = msgspec.json.Decoder(_Reply)


class Simulator:
    """Processes that answer questions, as many as there are processors.

    Args:
        processes: how many, or None for the number of processors.
    """

    def __init__(self, processes: int | None = None) -> None:
        count = processes or os.cpu_count() or 1
        command, environment = targets.cpython("-m", "gbcs_device.boards.simulated")
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._processes = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **environment},
                # Ctrl-C on the terminal is this process's to handle.
                start_new_session=True,
            )
            for _ in range(count)
        ]
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(count)

    def ask(self, question: Question) -> tuple[World, ...]:
        """Return every course that things can take for one device.

        Raises:
            BadInput: the firmware does not take such a start.
            BoardLost: it broke down.
        """
        process = self._idle.get()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(question.line)
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            self._idle.put(process)
        if not line:
            raise BoardLost("a simulated device broke down; its words are above")
        reply = _reply.decode(line)
        if reply.error:
            raise BadInput(f"the record's start state is none that a device has: {reply.error}")
        return reply.worlds

    def each(
        self,
        work: Callable[[_Given], _Made],
        given: Iterable[_Given],
        done: Callable[[], None] = lambda: None,
    ) -> list[_Made]:
        """Do work that asks questions for many things at once; the results keep their order.

        Args:
            work: called with each of them.
            given: what it is done for.
            done: called after each.
        """

        def one(item: _Given) -> _Made:
            made = work(item)
            done()
            return made

        return list(self._threads.map(one, given))

    def close(self) -> None:
        """Let the processes end."""
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.wait()
            process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _line(question: Question) -> bytes:
    # Nobody knows Z of a real device, so that MACs cannot be checked.
    secret = bool(question.start.shared_secrets)
    asked: dict[str, Any] = {
        "acts": [_told(act, secret) for act in question.acts],
        "then": [[_told(act, secret) for act in acts] for acts in question.then],
    }
    if question.resumed is not None:
        asked |= {"files": question.resumed.files, "now": question.resumed.now}
    else:
        asked["start"] = _start(question.start, question.candidate)
    return msgspec.json.encode(asked) + b"\n"


def _start(start: frames.Started, candidate: Candidate) -> dict[str, Any]:
    return {
        "type": start.type,
        "eui": start.eui,
        "cells": start.cells,
        "counters": start.counters,
        "originator_counter": start.originator_counter,
        "shared_secrets": start.shared_secrets,
        "profile": candidate.profile,
        "settings": candidate.settings,
        "defects": candidate.defects,
    }


def _told(act: Act, secret: bool) -> tuple[str, str]:
    kind: str = act.kind
    if act.kind is Kind.COMMAND and not secret:
        kind = "unmaced"
    elif act.kind is Kind.CUT and parse(act.octets).signature == NO_SIGNATURE:
        kind = "trusted-cut"
    return kind, act.octets.hex() or act.now
