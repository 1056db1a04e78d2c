"""Where things stand in the drawing of the counters of a report.

One lane for each role whose counter moved or was used: its execution counter as a line over
the steps, the Originator Counter of each command as a dot or, where the device kept silent, a
cross, each floor as a triangle, each loss of power as a line across all lanes. Only geometry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gbcs_hil.errors import GbcsError
from gbcs_hil.evidence import frames
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.security_credentials import UpdateCredentials

COLUMN = 128
LANE_HEIGHT = 104
LEFT = 150
_TOP, _BOTTOM = 26, 22

_ROLE = RemotePartyRole
ROLE_OF_CODE: Mapping[int, RemotePartyRole] = {
    MessageCode.CS02B_SUPPLIER_BY_SUPPLIER: _ROLE.SUPPLIER,
    MessageCode.CS02B_NETWORK_OPERATOR_BY_NETWORK_OPERATOR: _ROLE.NETWORK_OPERATOR,
    MessageCode.CS02B_ACB_BY_ACB: _ROLE.ACCESS_CONTROL_BROKER,
    MessageCode.CS02B_TRANS_COS_BY_TRANS_COS: _ROLE.TRANSITIONAL_COS,
    MessageCode.CS02B_SUPPLIER_BY_TRANS_COS: _ROLE.TRANSITIONAL_COS,
    MessageCode.CS02B_ANY_EXCEPT_ABNORMAL_ROOT_BY_RECOVERY: _ROLE.RECOVERY,
    MessageCode.CS02C: _ROLE.SUPPLIER,
    MessageCode.CS02D: _ROLE.SUPPLIER,
    MessageCode.CS02E: _ROLE.SUPPLIER,
    MessageCode.ECS02: _ROLE.SUPPLIER,
    MessageCode.ECS03: _ROLE.SUPPLIER,
    MessageCode.GCS02: _ROLE.SUPPLIER,
    MessageCode.GCS03: _ROLE.SUPPLIER,
}
"""Whose execution counter the commands of a message code must exceed."""


@dataclass(frozen=True)
class Mark:
    """Something at a counter: "taken", "discarded" or "floor"."""

    x: float
    y: float
    kind: str
    label: str


@dataclass
class Lane:
    """The execution counter of one role of one device, and the commands against it."""

    device: str
    role: str
    line: str = ""
    values: list[tuple[float, float, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Drawing:
    """All lanes, over the same columns."""

    lanes: tuple[Lane, ...]
    columns: tuple[tuple[float, str], ...]
    interruptions: tuple[tuple[float, str], ...]
    width: int
    lane_height: int = LANE_HEIGHT

    @property
    def height(self) -> int:
        """Of everything, the names of the columns included."""
        return self.lane_height * len(self.lanes) + 120


@dataclass
class _Column:
    """One step on one device: what was used in it, and what stood in the store at its end."""

    step: str
    device: str
    used: list[tuple[str, int, str]] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    interruption: str = ""


def draw(record: Sequence[frames.Frame]) -> Drawing:
    """Lay out the drawing of a record."""
    columns = _columns(record)
    x = [LEFT + COLUMN * at + COLUMN / 2 for at in range(len(columns))]
    lanes = [
        _lane(columns, x, device, role)
        for device, role in dict.fromkeys(
            (column.device, role) for column in columns for role in _interesting(columns, column)
        )
    ]
    return Drawing(
        tuple(lanes),
        tuple((at, column.step) for at, column in zip(x, columns, strict=True)),
        tuple(
            (at - COLUMN / 4, column.interruption)
            for at, column in zip(x, columns, strict=True)
            if column.interruption
        ),
        LEFT + COLUMN * len(columns) + 20,
    )


def _columns(record: Sequence[frames.Frame]) -> list[_Column]:
    columns: list[_Column] = []
    silent: tuple[_Column, int] | None = None

    def at(step: str, device: str) -> _Column:
        if not columns or (columns[-1].step, columns[-1].device) != (step, device):
            columns.append(_Column(step, device))
        return columns[-1]

    for frame in record:
        match frame:
            case frames.Started() | frames.Observed():
                at(frame.step, frame.device).counters = dict(frame.counters)
            case frames.Interrupted():
                at(frame.step, frame.device).interruption = frame.kind.replace("-", " ")
            case frames.MessageSent(kind="command"):
                column = at(frame.step, frame.recipient)
                first = len(column.used)
                column.used += _uses(frame.message)
                silent = (column, first) if len(column.used) > first else None
            case frames.MessageSent() if silent is not None:
                column, first = silent
                role, counter, _ = column.used[first]
                column.used[first] = (role, counter, "taken")
                silent = None
    return columns


def _uses(octets: bytes) -> list[tuple[str, int, str]]:
    """Return (role, counter, "discarded" or "floor") of what a command brings."""
    try:
        message = parse(octets)
    except GbcsError:
        return []
    role = ROLE_OF_CODE.get(message.header.message_code)
    if role is None:
        return []
    return [(role.gbcs_name, message.header.counter, "discarded"), *_floors(message, role)]


def _floors(message: Message, role: RemotePartyRole) -> list[tuple[str, int, str]]:
    try:
        command = UpdateCredentials.decode(message.payload)
    except GbcsError:
        return []
    own = [] if command.floor is None else [(role.gbcs_name, command.floor, "floor")]
    return own + [(other.role.gbcs_name, other.floor, "floor") for other in command.other_floors]


def _interesting(columns: Sequence[_Column], of: _Column) -> list[str]:
    """Return the roles of a column's device whose counter changed or was used."""
    here = [column for column in columns if column.device == of.device]
    used = [role for column in here for role, _, _ in column.used]
    return [
        role
        for role in of.counters
        if role in used or len({c.counters[role] for c in here if role in c.counters}) > 1
    ]


def _lane(columns: Sequence[_Column], x: Sequence[float], device: str, role: str) -> Lane:
    here = [(at, column) for at, column in zip(x, columns, strict=True) if column.device == device]
    height = _scale(
        [column.counters[role] for _, column in here if role in column.counters]
        + [counter for _, column in here for used, counter, _ in column.used if used == role]
    )
    lane = Lane(device, role)
    seen = [(at, column.counters[role]) for at, column in here if role in column.counters]
    corners = [f"M{seen[0][0]:.1f},{height[seen[0][1]]:.1f}"] if seen else []
    for (_, before), (at, value) in pairwise(seen):
        corners.append(f"H{at:.1f}" + (f"V{height[value]:.1f}" if value != before else ""))
    lane.line = "".join(corners)
    previous = None
    for at, value in seen:
        if value != previous:
            lane.values.append((at, height[value], f"{value:,}"))
        previous = value
    for at, column in here:
        for offset, (used, counter, kind) in enumerate(column.used):
            if used == role:
                mark = Mark(at - 30 + 10 * offset, height[counter], kind, f"{kind}: {counter:,}")
                lane.marks.append(mark)
    return lane


def _scale(values: Sequence[int]) -> dict[int, float]:
    """Return how far from the top of its lane each value stands.

    By rank: 1,200 and 1,700,000,000,123 have to be told apart from their neighbours alike, which
    no linear or logarithmic scale does. The numbers themselves stand beside the line.
    """
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    step = (LANE_HEIGHT - _TOP - _BOTTOM) / max(len(ranks) - 1, 1)
    return {value: LANE_HEIGHT - _BOTTOM - rank * step for value, rank in ranks.items()}
