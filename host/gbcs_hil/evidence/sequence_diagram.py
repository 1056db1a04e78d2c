"""Where things stand in the sequence diagram of a report: who sent what to whom.

Each scene is a strip of its own, so that paper can be turned between two of them. Only
geometry, in units of the drawing; the page's template draws it in the page's colours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gbcs_hil.evidence import frames
from gbcs_hil.evidence.chapters import Chapter, Scene
from gbcs_hil.gbcs.in_short import in_short

WIDTH = 1_120
_EDGE = 62
_USERS_AT_MOST = 122
"""Between two users, who send each other nothing."""
_USERS_END = 470
"""Where users stand at most, so that what they ask for has room."""
_DEVICE = 1_050
_HEAD = 14
_ROW = 27
_LITTLE = 200
"""Room beside a party in which not enough can be told."""
_LETTER = 6.3
"""How wide a letter is, at most and on average."""


@dataclass(frozen=True)
class Arrow:
    """A message, or what happened to one party.

    Attributes:
        number: the frame's.
        y: from the top of its strip.
        start, end: x of sender and recipient; the same for what happens to one party.
        label: what it is, as short as there is room.
        full: the same in full.
        kind: "request", "answer", "refusal", "policy", "command", "response", "alert",
            "discarded", "clock" or "interruption".
        behind: whether what happens to one party is told to its right, for want of room.
        sender, recipient: names.
    """

    number: int
    y: int
    start: int
    end: int
    label: str
    full: str
    kind: str
    behind: bool
    sender: str
    recipient: str

    @property
    def decoded(self) -> bool:
        """Whether the page has what it says octet for octet."""
        return self.kind in ("command", "response", "alert")


@dataclass(frozen=True)
class Strip:
    """The arrows of one scene."""

    scene: Scene
    arrows: tuple[Arrow, ...]
    height: int


@dataclass(frozen=True)
class Diagram:
    """Parties from left to right with their x, and strips from top to bottom."""

    parties: tuple[tuple[str, int], ...]
    strips: tuple[Strip, ...]
    width: int = WIDTH


def draw(chapter: Chapter) -> Diagram:
    """Lay out the sequence diagram of a chapter."""
    places = _places(chapter.record)
    strips = [_strip(scene, places) for scene in chapter.scenes]
    return Diagram(tuple(places.items()), tuple(s for s in strips if s.arrows or s.scene.step))


def _strip(scene: Scene, places: Mapping[str, int]) -> Strip:
    arrows: list[Arrow] = []
    for frame in scene.record:
        content = _content(frame)
        if content is None:
            continue
        sender, recipient, full, kind = content
        start, end = places[sender], places[recipient]
        left = _room_to_the_left(start, places)
        room = abs(end - start) if start != end else max(left, _LITTLE)
        y = _HEAD + _ROW * (len(arrows) + 1) - 9
        label = _fitting(full, room)
        told = (label, full, kind, left < _LITTLE, sender, recipient)
        arrows.append(Arrow(frame.number, y, start, end, *told))
    return Strip(scene, tuple(arrows), _HEAD + _ROW * len(arrows) + 4)


def _room_to_the_left(x: int, places: Mapping[str, int]) -> int:
    """Return how much room there is to the left of a party that stands at x."""
    return x - max((other for other in places.values() if other < x), default=0)


def _fitting(text: str, room: int) -> str:
    letters = int((room - 26) / _LETTER)
    return text if len(text) <= letters else f"{text[: max(letters - 1, 8)].rstrip()}…"


def _places(record: Sequence[frames.Frame]) -> dict[str, int]:
    """Return where each party stands: users, the DCC, devices."""
    users, others = _parties(record)
    gap = min(_USERS_AT_MOST, (_USERS_END - _EDGE) // max(len(users) - 1, 1))
    places = {name: _EDGE + gap * at for at, name in enumerate(users)}
    if len(others) == 1:
        places[others[0]] = _DEVICE
        return places
    first = max(places.values(), default=_EDGE) + 230 if users else _EDGE
    step = (_DEVICE - first) / max(len(others) - 1, 1)
    for at, name in enumerate(others):
        places[name] = round(first + step * at)
    return places


def _parties(record: Sequence[frames.Frame]) -> tuple[list[str], list[str]]:
    """Return who appears: users; the DCC and then devices."""
    devices: list[str] = []
    others: list[str] = []
    for frame in record:
        content = _content(frame)
        if isinstance(frame, frames.Started):
            devices.append(frame.device)
        if content is not None:
            others += content[:2]
            devices += [name for name in content[:2] if _is_device(name, frame)]
    users = [name for name in dict.fromkeys(others) if name != "DCC" and name not in devices]
    return users, ["DCC"] * ("DCC" in others) + list(dict.fromkeys(devices))


def _is_device(name: str, frame: frames.Frame) -> bool:
    if not isinstance(frame, frames.MessageSent):
        return False
    return name == (frame.recipient if frame.kind == "command" else frame.sender)


def _content(frame: frames.Frame) -> tuple[str, str, str, str] | None:
    """Return sender, recipient, label and kind of what is drawn of a frame."""
    match frame:
        case frames.MessageSent():
            return frame.sender, frame.recipient, in_short(frame.message), frame.kind
        case frames.Requested():
            return frame.sender, "DCC", f"{frame.variant} {frame.what}", "request"
        case frames.Responded():
            return "DCC", frame.recipient, frame.code, "answer"
        case frames.Refused():
            return "DCC", frame.sender, f"{frame.code}: {frame.check}, {frame.detail}", "refusal"
        case frames.PolicySet():
            return "DCC", "DCC", _switches(frame.switches), "policy"
        case frames.Discarded():
            told = f"{frame.verdict}: {frame.detail}".rstrip(": ")
            return frame.device, frame.device, f"discarded · {told}", "discarded"
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
