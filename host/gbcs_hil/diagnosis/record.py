"""What was done to a device, in order, and what it sent: all that an investigator has."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from gbcs_hil.errors import BadInput
from gbcs_hil.evidence import frames

FRAMES = "frames.jsonl"
NO_SIGNATURE = bytes([2]) * 64
"""Stands where somebody has yet to sign a trusted command."""


class Kind(StrEnum):
    """What can be done to a device."""

    COMMAND = "command"
    CLOCK = "clock"
    POWER_CUT = "power-cut"
    RESTART = "restart"
    HUB_EXCHANGE = "hub-exchange"
    CUT = "cut"
    """A command during which, nobody knows when, the power goes and comes back."""
    TRUSTED = "trusted"
    """A command that counts as protected by whom it names; only a simulation can do that."""


@dataclass(frozen=True)
class Act:
    """One thing that is done to a device.

    Attributes:
        kind: what.
        octets: the message, of a command.
        now: YYYYMMDDhhmmss, of a clock.
    """

    kind: Kind
    octets: bytes = b""
    now: str = ""

    @property
    def is_command(self) -> bool:
        """Whether it hands the device a message."""
        return bool(self.octets)


@dataclass(frozen=True)
class Event:
    """One thing that was done to a device, and what came of it.

    Attributes:
        act: what was done.
        answers: the messages that the device sent before the next act.
        step: what the record calls it.
        sender: who sent a command.
        counters: role name to execution counter after it, if a bench could look.
        number: its place in the record, from 1; 0 before it stands in one.
    """

    act: Act
    answers: tuple[bytes, ...] = ()
    step: str = ""
    sender: str = ""
    counters: dict[str, int] = field(default_factory=dict)
    number: int = 0

    @property
    def place(self) -> str:
        """Where in the record it stands, for people."""
        return self.step or f"event {self.number}"


@dataclass(frozen=True)
class Record:
    """What happened to one device from a known state on.

    Attributes:
        start: the state.
        events: what happened, in order.
    """

    start: frames.Started
    events: tuple[Event, ...] = ()

    @property
    def acts(self) -> tuple[Act, ...]:
        """What was done, as a simulation is to do it again.

        A command that was not answered before the power went may have been cut short.
        """
        acts = [event.act for event in self.events]
        for at, (event, after) in enumerate(zip(self.events, self.events[1:], strict=False)):
            silent = event.act.kind is Kind.COMMAND and not event.answers
            if silent and after.act.kind is Kind.POWER_CUT:
                acts[at] = replace(event.act, kind=Kind.CUT)
        return tuple(acts)

    def followed_by(self, events: Iterable[Event]) -> "Record":
        """Return the record with more events."""
        added = [
            replace(event, number=number)
            for number, event in enumerate(events, len(self.events) + 1)
        ]
        return replace(self, events=(*self.events, *added))


def of_frames(lines: Iterable[frames.Frame]) -> list[Record]:
    """Return what frames say happened: a record for each time that a device was provisioned.

    What only a bench sees, verdicts and states, explains nothing here; counters are kept
    beside the events for people to look at.

    Raises:
        BadInput: something happens before any device was provisioned.
    """
    records: list[Record] = []
    for line in lines:
        if isinstance(line, frames.Started):
            records.append(Record(line))
            continue
        if isinstance(line, frames.OF_THE_DCC):
            continue
        if not records:
            raise BadInput(
                "the record does not say what the device started from: its first line must be a "
                "start; give one with --start"
            )
        records[-1] = _with(records[-1], line)
    return records


def _with(record: Record, line: frames.Frame) -> Record:
    last = record.events[-1] if record.events else None
    if isinstance(line, frames.MessageSent) and record.start.device not in (
        line.sender,
        line.recipient,
    ):
        # One of another device's.
        return record
    match line:
        case frames.MessageSent() if record.start.device not in (line.sender, line.recipient):
            return record  # Another device's, that has no record of its own.
        case frames.MessageSent(kind="command"):
            act = Act(Kind.COMMAND, octets=line.message)
            return record.followed_by([Event(act, (), line.step, line.sender)])
        case frames.MessageSent():
            if last is None:
                raise BadInput(f"line {line.number}: a {line.kind} before anything was done")
            changed = replace(last, answers=(*last.answers, line.message))
        case frames.ClockSet():
            return record.followed_by([Event(Act(Kind.CLOCK, now=line.now), (), line.step)])
        case frames.Interrupted():
            return record.followed_by([Event(Act(Kind(line.kind)), (), line.step)])
        case frames.Observed() if last is not None:
            changed = replace(last, counters=dict(line.counters))
        case _:
            return record
    return replace(record, events=(*record.events[:-1], changed))


def lines_of(path: Path) -> list[frames.Frame]:
    """Read the frames of an evidence folder or a file of them.

    Raises:
        BadInput: it cannot be read.
    """
    return frames.read(path / FRAMES if path.is_dir() else path)
