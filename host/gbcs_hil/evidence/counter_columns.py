"""What a report's drawing of the counters is made of: commands, floors and cuts by scene."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gbcs_hil.errors import GbcsError
from gbcs_hil.evidence import frames
from gbcs_hil.evidence.chapters import Chapter
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.security_credentials import UpdateCredentials

_EVENTS = 3
"""So many commands and cuts fit into a column of usual width."""

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


@dataclass
class Use:
    """A counter or floor that a command brought: "discarded" until there is an answer."""

    role: str
    counter: int
    kind: str
    at: int


@dataclass
class Column:
    """One scene on one device: what was used in it, and what stood in the store meanwhile.

    Attributes:
        readings: the counters as they were read, by how many events had been before.
    """

    name: str
    device: str
    uses: list[Use] = field(default_factory=list)
    readings: dict[int, Mapping[str, int]] = field(default_factory=dict)
    interruptions: list[tuple[int, str]] = field(default_factory=list)
    events: int = 0

    def values(self, role: str) -> set[int]:
        """Return where a role's counter stood."""
        return {read[role] for read in self.readings.values() if role in read}

    @property
    def weight(self) -> float:
        """How much wider than usual it has to be."""
        return max(1.0, self.events / _EVENTS)

    def place(self, at: float) -> float:
        """Return where in it an event stands, 0 to 1; half an event before it is a reading."""
        return (at + 1) / (self.events + 1)


def columns_of(chapter: Chapter) -> Iterator[Column]:
    """Yield a column for each scene and device of which there is something to draw."""
    for scene in chapter.scenes:
        found: dict[str, Column] = {}
        silent: Use | None = None
        for frame in scene.record:
            match frame:
                case frames.Started() | frames.Observed():
                    column = found.setdefault(frame.device, Column(scene.heading, frame.device))
                    column.readings[column.events] = frame.counters
                case frames.Interrupted():
                    column = found.setdefault(frame.device, Column(scene.heading, frame.device))
                    column.interruptions.append((column.events, frame.kind.replace("-", " ")))
                    column.events += 1
                case frames.MessageSent(kind="command"):
                    device = frame.recipient
                    column = found.setdefault(device, Column(scene.heading, device))
                    uses = [Use(*use, column.events) for use in _uses(frame.message)]
                    column.uses += uses
                    column.events += bool(uses)
                    silent = uses[0] if uses else None
                case frames.MessageSent(kind="response") if silent is not None:
                    silent.kind = "taken"
                    silent = None
        yield from (column for column in found.values() if column.readings or column.uses)


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
