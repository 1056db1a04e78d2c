"""Where things stand in the drawing of the counters of a report.

One lane for each role whose counter moved or was used: its execution counter as a line over
the scenes, the Originator Counter of each command as a dot or, where the device kept silent, a
cross, each floor as a triangle, each loss of power as a line across all lanes. A chapter with
many scenes is drawn in several bands, so that all of it fits on a page. Only geometry.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gbcs_hil.evidence.chapters import Chapter
from gbcs_hil.evidence.counter_columns import Column, columns_of
from gbcs_hil.evidence.counter_scale import Leap, Scale, scale

WIDTH = 1_120
LEFT = 186
"""Where the columns begin: before them stand the numbers of the scales."""
_COLUMNS = WIDTH - LEFT - 14
_NARROW, _WIDE = 62, 150
_TOP = 20
_NAME = 26
"""Letters of a column's name, which stands at a slant below it."""
_LETTER, _SLANT = 5.9, 0.454
"""How wide a letter is, and how much of that goes downwards."""


@dataclass(frozen=True)
class Mark:
    """Something at a counter: "taken", "discarded" or "floor"."""

    x: float
    y: float
    kind: str
    label: str


@dataclass(frozen=True)
class Lane:
    """The execution counter of one role of one device, and the commands against it.

    Attributes:
        device, role: whose.
        top: from the top of its band.
        height: its own.
        ticks: y and number, each number that the lane has.
        leaps: where the scale stands for much.
        line: the path of the counter.
        marks: what was sent.
    """

    device: str
    role: str
    top: float
    height: float
    ticks: tuple[tuple[float, str], ...]
    leaps: tuple[Leap, ...]
    line: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Band:
    """All lanes over some of the columns.

    Attributes:
        lanes: from the top.
        columns: x, name as there is room, and name in full.
        interruptions: x and kind.
        bottom: where the lanes end.
    """

    lanes: tuple[Lane, ...]
    columns: tuple[tuple[float, str, str], ...]
    interruptions: tuple[tuple[float, str], ...]
    bottom: float
    width: int = WIDTH

    @property
    def height(self) -> float:
        """Of everything, the names of the columns included."""
        longest = max((len(short) for _, short, _ in self.columns), default=0)
        return round(self.bottom + 22 + longest * _LETTER * _SLANT, 1)


def draw(chapter: Chapter) -> tuple[Band, ...]:
    """Lay out the drawing of a chapter, in as many bands as it needs; none without counters."""
    columns = list(columns_of(chapter))
    keys = dict.fromkeys(
        (column.device, role) for column in columns for role in _interesting(columns, column)
    )
    # Of some devices no counter was read.
    shown = [column for column in columns if column.device in {device for device, _ in keys}]
    scales = {key: scale(_numbers(shown, *key)) for key in keys}
    before: dict[tuple[str, str], int] = {}
    return tuple(_band(some, scales, before) for some in _bands(shown))


def _interesting(columns: Sequence[Column], of: Column) -> list[str]:
    """Return the roles of a column's device whose counter changed or was used."""
    here = [column for column in columns if column.device == of.device]
    used = {use.role for column in here for use in column.uses}
    roles = dict.fromkeys(role for read in of.readings.values() for role in read)
    return [
        role
        for role in roles
        if role in used or len(set().union(*(column.values(role) for column in here))) > 1
    ]


def _numbers(columns: Sequence[Column], device: str, role: str) -> Iterator[int]:
    for column in columns:
        if column.device == device:
            yield from column.values(role)
            yield from (use.counter for use in column.uses if use.role == role)


def _bands(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Cut the columns so that those of a band fit beside each other, all bands alike."""
    total = sum(column.weight for column in columns)
    bands = -(-total * _NARROW // _COLUMNS)
    most = total / bands if bands else total
    some: list[Column] = []
    for column in columns:
        if some and sum(c.weight for c in some) + column.weight / 2 > most:
            yield some
            some = []
        some.append(column)
    if some:
        yield some


def _band(
    columns: Sequence[Column],
    scales: Mapping[tuple[str, str], Scale],
    before: dict[tuple[str, str], int],
) -> Band:
    """Lay out a band; `before` has each counter at its beginning, and at its end afterwards."""
    unit = min(_WIDE, _COLUMNS / sum(column.weight for column in columns))
    starts, x = [], float(LEFT)
    for column in columns:
        starts.append(x)
        x += unit * column.weight
    placed = list(zip(starts, columns, strict=True))
    lanes, top = [], float(_TOP)
    for key, scaled in scales.items():
        lanes.append(_lane(placed, unit, key, scaled, top, before))
        top += scaled.height + 8
    return Band(
        tuple(lanes),
        tuple(
            (round(start + unit * column.weight / 2, 1), _short(column.name), column.name)
            for start, column in placed
        ),
        tuple(
            (round(start + unit * column.weight * column.place(at), 1), kind)
            for start, column in placed
            for at, kind in column.interruptions
        ),
        top,
    )


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1].rstrip()}…"


def _lane(
    placed: Sequence[tuple[float, Column]],
    unit: float,
    key: tuple[str, str],
    scaled: Scale,
    top: float,
    before: dict[tuple[str, str], int],
) -> Lane:
    device, role = key
    line, marks = [], []
    height = scaled.places
    value = before.get(key)
    if value is not None:
        line.append(f"M{LEFT},{height[value]}")
    for start, column in placed:
        width = unit * column.weight
        if column.device == device:
            marks += [
                Mark(
                    round(start + width * column.place(use.at), 1),
                    height[use.counter],
                    use.kind,
                    f"{column.name}: {use.kind}, {use.counter:,}",
                )
                for use in column.uses
                if use.role == role
            ]
        for events, read in column.readings.items() if column.device == device else ():
            after = read.get(role)
            if after is None or after == value:
                continue
            # The counter moves behind what moved it.
            turn = round(start + width * column.place(events - 0.5), 1)
            here = f"M{round(start + 6, 1)},{height[after]}"
            line.append(here if value is None else f"H{turn}V{height[after]}")
            value = after
        if value is not None:
            line.append(f"H{round(start + width, 1)}")
    if value is not None:
        before[key] = value
    ticks = tuple((y, f"{number:,}") for number, y in height.items())
    return Lane(device, role, top, scaled.height, ticks, scaled.leaps, "".join(line), tuple(marks))
