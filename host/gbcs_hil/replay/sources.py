"""Records of what was done to a device, from whatever somebody has kept of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gbcs_hil.diagnosis.record import FRAMES, Act, Event, Kind, Record, of_frames
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.evidence import frames
from gbcs_hil.gbcs.explain import read_octets
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import Cra, format_eui
from gbcs_hil.replay.packets import is_capture, message_in, packets

_HEX = (".hex", ".txt")


@dataclass(frozen=True)
class Kept:
    """A message that somebody kept.

    Attributes:
        octets: the message.
        place: where it was found, for people.
        at: YYYYMMDDhhmmss, when it was; nothing if that was not kept.
    """

    octets: bytes
    place: str
    at: str = ""


def records(logs: Sequence[Path], start: Path | None = None) -> list[Record]:
    """Read logs, each going on where the one before ends.

    Args:
        logs: evidence folders, their `frames.jsonl`, folders of messages in hexadecimal, or
            captures (pcap, pcapng).
        start: a file or evidence folder that begins with the state to start from; needed where
            the logs are messages alone.

    Returns:
        A record for each time that the device was provisioned; all of one device, the last.

    Raises:
        BadInput: a log cannot be read, or does not say what the device started from.
    """
    found = [] if start is None else [Record(_start(start))]
    for log in logs:
        if _is_frames(log):
            found = _joined(found, frames.read(log / FRAMES if log.is_dir() else log))
            continue
        messages = list(_messages(log))
        if not found:
            raise BadInput(
                f"{log}: messages do not say what the device started from; give --start FILE, "
                "whose first line is a start (docs/replay.md)"
            )
        found[-1] = _with_messages(found[-1], messages)
    if not found:
        raise BadInput(f"{logs[0]}: no device was provisioned in it, and nothing done to one")
    last = found[-1].start.eui.lower()
    return [record for record in found if record.start.eui.lower() == last]


def _start(path: Path) -> frames.Started:
    lines = frames.read(path / FRAMES if path.is_dir() else path)
    if not lines or not isinstance(lines[0], frames.Started):
        raise BadInput(f"{path}: the first line is no start (docs/replay.md says what is in it)")
    return lines[0]


def _is_frames(log: Path) -> bool:
    return (log / FRAMES).is_file() if log.is_dir() else log.suffix == ".jsonl"


def _joined(found: list[Record], lines: Iterable[frames.Frame]) -> list[Record]:
    lines = list(lines)
    if lines and isinstance(lines[0], frames.Started):
        return [*(record for record in found if record.events), *of_frames(lines)]
    if not found:
        return of_frames(lines)
    # Goes on with what was there: the same as if it had begun with that start.
    (more,) = of_frames([found[-1].start, *lines])[:1]
    return [*found[:-1], found[-1].followed_by(more.events)]


def _messages(log: Path) -> Iterator[Kept]:
    if log.is_dir():
        yield from _folder(log)
        return
    try:
        octets = log.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {log}: {error.strerror}") from error
    if not is_capture(octets):
        raise BadInput(
            f"{log}: neither frames (.jsonl) nor a capture (pcap, pcapng) nor a folder of "
            "messages in hexadecimal"
        )
    for number, packet in enumerate(packets(octets, str(log)), 1):
        message = message_in(packet.octets)
        if message is not None:
            yield Kept(message, f"packet {number}", f"{packet.at:%Y%m%d%H%M%S}")


def _folder(log: Path) -> Iterator[Kept]:
    files = [path for path in log.iterdir() if path.suffix.lower() in _HEX]
    if not files:
        raise BadInput(f"{log}: neither {FRAMES} nor any file of hexadecimal ({', '.join(_HEX)})")
    for path in sorted(files, key=_natural):
        try:
            yield Kept(read_octets(path.read_bytes()), path.name)
        except (OSError, GbcsError) as error:
            raise BadInput(f"{path}: {error}") from error


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort 2 before 10."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _with_messages(record: Record, kept: Iterable[Kept]) -> Record:
    """Return a record with the device's messages: commands, and what it sent after each."""
    device = bytes.fromhex(record.start.eui)
    clock = _clock(record)
    events: list[Event] = []
    if not record.events and clock:
        events.append(Event(Act(Kind.CLOCK, now=clock), (), "start"))
    for message, parsed in _parsed(kept):
        header = parsed.header
        if header.cra is Cra.COMMAND and header.recipient == device:
            if message.at > clock:
                clock = message.at
                events.append(Event(Act(Kind.CLOCK, now=clock), (), message.place))
            sender = format_eui(header.originator)
            act = Act(Kind.COMMAND, octets=message.octets)
            events.append(Event(act, (), message.place, sender))
        elif header.cra is not Cra.COMMAND and header.originator == device:
            if not events:
                raise BadInput(f"{message.place}: the device speaks before anything was done")
            last = events[-1]
            events[-1] = Event(last.act, (*last.answers, message.octets), last.step, last.sender)
    if not any(event.act.is_command for event in events):
        raise BadInput(f"no command to {format_eui(device)} is in what was kept")
    return record.followed_by(events)


def _parsed(kept: Iterable[Kept]) -> Iterator[tuple[Kept, Message]]:
    for message in kept:
        try:
            yield message, parse(message.octets)
        except GbcsError as error:
            raise BadInput(f"{message.place}: no GBCS message: {error}") from error


def _clock(record: Record) -> str:
    """Return where the device's clock stands at the end of a record, YYYYMMDDhhmmss."""
    clocks = [event.act.now for event in record.events if event.act.now]
    if clocks:
        return clocks[-1]
    try:
        return f"{datetime.fromisoformat(record.start.at):%Y%m%d%H%M%S}"
    except ValueError:
        return ""
