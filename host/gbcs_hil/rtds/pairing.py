"""Which response and which alerts belong to which command."""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from gbcs_hil.gbcs.message import Message
from gbcs_hil.rtds.commands import cause, facts, tells_of_a_command
from gbcs_hil.rtds.vectors import Kind, Vector

_COMMAND_IN_NAME = re.compile(r"(?<!pre)command")


@dataclass(frozen=True)
class Exchange:
    """A command and what the reference data says that a device answers.

    Attributes:
        command: what the device receives.
        response: what it sends at once, or None.
        alerts: what it sends when the execution date comes, by ascending counter; several
            of one counter are copies of each other.
        rivals: names of responses that fit equally well, so that none could be chosen.
    """

    command: Vector
    response: Vector | None
    alerts: tuple[Vector, ...] = ()
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pairing:
    """Every command, and the answers that belong to none.

    Attributes:
        exchanges: by ascending Originator Counter.
        left_over: responses and alerts.
    """

    exchanges: tuple[Exchange, ...]
    left_over: tuple[Vector, ...]


def pair(vectors: Iterable[Vector]) -> Pairing:
    """Find the response and the alerts of each command."""
    by_kind = defaultdict(list)
    for vector in vectors:
        by_kind[vector.kind].append(vector)
    responses = _Responses(by_kind[Kind.RESPONSE])
    alerts = _Alerts(by_kind[Kind.ALERT], by_kind[Kind.COMMAND])
    commands = sorted(
        by_kind[Kind.COMMAND], key=lambda vector: (vector.message.header.counter, vector.path)
    )
    exchanges = []
    for command in commands:
        response, rivals = responses.to(command)
        exchanges.append(Exchange(command, response, alerts.after(command), rivals))
    used = {item.path for exchange in exchanges for item in _answers(exchange)}
    answers = (*by_kind[Kind.RESPONSE], *by_kind[Kind.ALERT])
    return Pairing(tuple(exchanges), tuple(item for item in answers if item.path not in used))


def _answers(exchange: Exchange) -> tuple[Vector, ...]:
    response = () if exchange.response is None else (exchange.response,)
    return response + exchange.alerts


class _Responses:
    """The responses of a folder, found by header and by name."""

    def __init__(self, responses: list[Vector]) -> None:
        self._by_header = _index(responses, lambda item: _exchange_key(item.message, 1))
        self._by_name = _index(
            responses, lambda item: (item.path.parent, item.path.name.casefold())
        )

    def to(self, command: Vector) -> tuple[Vector | None, tuple[str, ...]]:
        """Return the response to a command, or None and the names of those that fit alike."""
        named = [item for key in _names(command) for item in self._by_name.get(key, ())]
        fitting = self._by_header.get(_exchange_key(command.message, 0), [])
        for candidates in (
            [item for item in named if item in fitting],
            [item for item in fitting if item.path.parent == command.path.parent],
            fitting,
            # A header that fits no command is a difference to tell, not one to hide.
            named,
        ):
            if len({item.octets for item in candidates}) == 1:
                return candidates[0], ()
            if candidates:
                return None, tuple(item.name for item in candidates)
        return None, ()


class _Alerts:
    """The alerts of a folder that tell what came of a future-dated command."""

    def __init__(self, alerts: list[Vector], commands: list[Vector]) -> None:
        self._by_cause = _index(
            (item for item in alerts if tells_of_a_command(item.message)), _alert_key
        )
        self._rivals = _index(commands, _command_key)
        strays = [
            item
            for key, items in self._by_cause.items()
            if key not in self._rivals
            for item in items
        ]
        self._strays = _index(strays, _route_of_alert)

    def after(self, command: Vector) -> tuple[Vector, ...]:
        """Return the alerts that a command leads to, by ascending counter."""
        key = _command_key(command)
        found = self._by_cause.get(key, [])
        rivals = self._rivals.get(key, [])
        waiting = [item for item in rivals if _waits(item)] or rivals
        if command not in waiting:
            return ()
        if not found and _waits(command):
            # An alert beside the command that names no such one is taken for this command's:
            # what it names is then the difference.
            strays = self._strays.get(_route_of_command(command), [])
            found = strays if len(strays) == 1 else []
        near = [item for item in found if item.path.parent == command.path.parent] or found
        own = [item for item in near if command in _nearest(item, waiting)]
        return tuple(
            sorted(own or near, key=lambda item: (item.message.header.counter, item.name))
        )


def _waits(command: Vector) -> bool:
    return facts(command.message).alert_code is not None


def _nearest(alert: Vector, commands: list[Vector]) -> list[Vector]:
    """Return those of some commands whose names have the most words in common with an alert's.

    Variants of a command may share their counter, and with it all that an alert tells.
    """
    words = _words(alert)
    common = [len(words & _words(command)) for command in commands]
    most = max(common, default=0)
    return [item for item, number in zip(commands, common, strict=True) if number == most]


def _words(vector: Vector) -> set[str]:
    return set(re.split(r"[\W_]+", vector.path.stem.casefold()))


def _index(
    vectors: Iterable[Vector], key: Callable[[Vector], Hashable]
) -> dict[Hashable, list[Vector]]:
    index: dict[Hashable, list[Vector]] = defaultdict(list)
    for vector in vectors:
        index[key(vector)].append(vector)
    return dict(index)


def _exchange_key(message: Message, swapped: int) -> Hashable:
    """Return what a command and its response have in common."""
    header = message.header
    ends = (header.originator, header.recipient)
    return (header.counter, header.message_code, ends[swapped], ends[1 - swapped])


def _names(command: Vector) -> list[Hashable]:
    """Return the names of files that differ from a command's only in that word."""
    name = command.path.name.casefold()
    return [
        (command.path.parent, name[: match.start()] + "response" + name[match.end() :])
        for match in _COMMAND_IN_NAME.finditer(name)
    ]


def _alert_key(alert: Vector) -> Hashable:
    header = alert.message.header
    about = cause(alert.message)
    counter = (about.message_code, about.counter) if about else None
    return (header.originator, header.recipient, counter)


def _command_key(command: Vector) -> Hashable:
    header = command.message.header
    return (header.recipient, header.originator, (header.message_code, header.counter))


def _route_of_alert(alert: Vector) -> Hashable:
    header = alert.message.header
    return (alert.path.parent, header.message_code, header.originator, header.recipient)


def _route_of_command(command: Vector) -> Hashable:
    header = command.message.header
    alert_code = facts(command.message).alert_code
    return (command.path.parent, alert_code, header.recipient, header.originator)
