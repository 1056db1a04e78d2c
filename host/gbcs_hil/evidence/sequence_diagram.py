"""Where things stand in the sequence diagram of a report: who sent what to whom.

Only geometry, in units of the drawing; the page's template draws it in the page's colours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gbcs_hil.errors import GbcsError
from gbcs_hil.evidence import frames
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.message_codes import USE_CASES
from gbcs_hil.gbcs.names import Cra

LANE = 390
USERS = 150
"""Between two users, who send each other nothing."""

_EDGE = 140
_HEAD = 30
_ROW = 34
_STEP = 22


@dataclass(frozen=True)
class Arrow:
    """A message, or what happened to one party.

    Attributes:
        number: the frame's.
        y: from the top.
        start, end: x of sender and recipient; the same for what happens to one party.
        label: what it is, in a few words.
        kind: "request", "answer", "refusal", "policy", "command", "response", "alert",
            "discarded", "clock" or "interruption".
        step: the name of the step that begins with it, or nothing.
    """

    number: int
    y: int
    start: int
    end: int
    label: str
    kind: str
    step: str


@dataclass(frozen=True)
class Diagram:
    """Parties from left to right with their x, and time downwards."""

    parties: tuple[tuple[str, int], ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def draw(record: Sequence[frames.Frame]) -> Diagram:
    """Lay out the sequence diagram of a record."""
    parties, width = _places(record)
    arrows: list[Arrow] = []
    y, step = _HEAD, ""
    for frame in record:
        content = _content(frame)
        if content is None:
            continue
        start, end, label, kind = content
        begins = frame.step if frame.step != step else ""
        step = frame.step
        y += _ROW + (_STEP if begins else 0)
        arrows.append(Arrow(frame.number, y, parties[start], parties[end], label, kind, begins))
    return Diagram(tuple(parties.items()), tuple(arrows), width, y + _ROW)


def describe(octets: bytes) -> str:
    """Return a message in a few words: its use case, and a command's Originator Counter."""
    try:
        header = parse(octets).header
    except GbcsError:
        return f"{len(octets)} octets that are no GBCS message"
    use_case = USE_CASES.get(header.message_code)
    name = use_case.name if use_case else f"message code {header.message_code:04X}"
    return f"{name} · {header.counter:,}" if header.cra is Cra.COMMAND else name


def _places(record: Sequence[frames.Frame]) -> tuple[dict[str, int], int]:
    """Return where each party stands, and the width of all: users, the DCC, devices."""
    users, others = _parties(record)
    places = {name: _EDGE + USERS * at for at, name in enumerate(users)}
    end = max(places.values(), default=_EDGE - LANE)
    for name in others:
        end += LANE
        places[name] = end
    return places, end + _EDGE


def _parties(record: Sequence[frames.Frame]) -> tuple[list[str], list[str]]:
    """Return who appears: users; the DCC and then devices."""
    devices: list[str] = []
    others: list[str] = []
    for frame in record:
        content = _content(frame)
        if isinstance(frame, frames.Started):
            devices.append(frame.device)
        elif content is not None:
            others += content[:2]
    users = [name for name in dict.fromkeys(others) if name != "DCC" and name not in devices]
    return users, ["DCC"] * ("DCC" in others) + list(dict.fromkeys(devices))


def _content(frame: frames.Frame) -> tuple[str, str, str, str] | None:
    """Return sender, recipient, label and kind of what is drawn of a frame."""
    match frame:
        case frames.MessageSent():
            return frame.sender, frame.recipient, describe(frame.message), frame.kind
        case frames.Requested():
            return frame.sender, "DCC", f"{frame.variant} {frame.what}", "request"
        case frames.Responded():
            return "DCC", frame.recipient, frame.code, "answer"
        case frames.Refused():
            return "DCC", frame.sender, f"refused: {frame.code}, {frame.check}", "refusal"
        case frames.PolicySet():
            return "DCC", "DCC", _switches(frame.switches), "policy"
        case frames.Discarded():
            return frame.device, frame.device, f"discarded: {frame.verdict}", "discarded"
        case frames.Interrupted():
            return frame.device, frame.device, frame.kind.replace("-", " "), "interruption"
        case frames.ClockSet():
            return frame.device, frame.device, f"clock {_time(frame.now)}", "clock"
        case _:
            return None


def _switches(switches: Mapping[str, object]) -> str:
    """Return what a DCC does other than by default, as short as it can be told."""
    told = []
    for name, value in switches.items():
        if isinstance(value, bool):
            told.append(f"{name} {'on' if value else 'off'}")
        else:
            words = [str(word) for word in value] if isinstance(value, (list, tuple)) else [value]
            told.append(f"{name} {' '.join(map(str, words)) or 'none'}")
    return f"policy: {', '.join(told) or 'as usual'}"


def _time(now: str) -> str:
    return f"{now[:4]}-{now[4:6]}-{now[6:8]} {now[8:10]}:{now[10:12]}:{now[12:]}"
