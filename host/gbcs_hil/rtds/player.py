"""Playing commands to a device that is fresh from provisioning for each of them."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from gbcs_hil.bench.board import Board, Delivery, DeviceKeys
from gbcs_hil.errors import BadInput, CredentialError, DeviceError
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import USE_CASES
from gbcs_hil.gbcs.names import format_eui
from gbcs_hil.rtds.comparison import Comparison, Keys, compare
from gbcs_hil.rtds.pairing import Exchange
from gbcs_hil.rtds.results import Result, Status
from gbcs_hil.rtds.start_state import StartState, World
from gbcs_hil.rtds.vectors import Vector

_UNKNOWN_CODE = "unknown-message-code"
_MALFORMED = "malformed"
_TOO_LONG = "too-long"
_UNSUPPORTED = (_UNKNOWN_CODE, "unsupported")
_BAD_PROVISIONING = "bad-provisioning"


@dataclass(frozen=True)
class _Played:
    """What a device did.

    Attributes:
        delivery: its answer to the command.
        alerts: what it sent when execution dates came.
        waited: whether a command waited for its date.
        keys: what the device made for itself.
    """

    delivery: Delivery
    alerts: tuple[bytes, ...]
    waited: bool
    keys: DeviceKeys


class Player:
    """Plays exchanges to one board.

    Args:
        board: its device is erased before each command.
        world: what start states are made of.
    """

    def __init__(self, board: Board, world: World) -> None:
        self._board = board
        self._world = world
        self._unknown: set[tuple[str, int]] = set()

    def play(self, exchange: Exchange) -> list[Result]:
        """Play a command; return what came of it and of each of its alerts.

        Raises:
            LinkError: the board cannot be reached any more.
        """
        header = exchange.command.message.header
        device_type = self._world.device_type(header.recipient)
        if device_type is None:
            eui = format_eui(header.recipient)
            return _unplayed(exchange, f"no device {eui} in the provisioning file")
        if (device_type, header.message_code) in self._unknown:
            return _unplayed(exchange, _unknown(header.message_code))
        try:
            start = self._world.start_state(exchange)
        except CredentialError as error:
            return _unplayed(exchange, str(error), Status.NOT_STARTED)
        try:
            played = self._carry_out(exchange, start)
        except BadInput as error:
            return _unplayed(exchange, str(error), Status.NOT_STARTED)
        except DeviceError as error:
            if error.code == _BAD_PROVISIONING:
                return _unplayed(exchange, str(error), Status.NOT_STARTED)
            return _unplayed(exchange, f"the device fails: {error}", Status.DIFFERS)
        if played.delivery.verdict == _UNKNOWN_CODE:
            self._unknown.add((device_type, header.message_code))
        results = self._judge(exchange, played)
        if start.own_counter_from_alert:
            own = start.provisioning.originator_counter
            note = f"own counter {own} to start with, taken from the alert"
            results[1:] = [_noted(result, (note,)) for result in results[1:]]
        if results[0].status is not Status.UNSUPPORTED:
            results[0] = _noted(results[0], start.notes)
        return [
            replace(result, verdict=played.delivery.verdict, start=start) for result in results
        ]

    def _carry_out(self, exchange: Exchange, start: StartState) -> _Played:
        board = self._board
        if board.hello()["condition"] != "virgin":
            board.erase()
        keys = board.provision(start.provisioning)
        board.set_clock(start.clock)
        delivery = self._deliver(exchange.command)
        if not delivery.accepted:
            return _Played(delivery, (), False, keys)
        dates = sorted({date for _, date in board.state().pending})
        alerts: list[bytes] = []
        for date in dates if exchange.alerts else ():
            moment = datetime.datetime.strptime(f"{date}+0000", "%Y%m%d%H%M%S%z")
            alerts += board.set_clock(moment).outputs
        return _Played(delivery, tuple(alerts), bool(dates), keys)

    def _deliver(self, command: Vector) -> Delivery:
        """Deliver a command; where its form is refused, tell whether its code is known at all."""
        try:
            delivery = self._board.deliver(command.octets)
        except BadInput as error:
            delivery = Delivery((), _TOO_LONG, str(error))
        if delivery.verdict in (_TOO_LONG, _MALFORMED):
            # The device looks at the form first, so a command that is longer than it takes may
            # still be one that it does not know. Nothing of it but the header tells.
            probe = replace(command.message, payload=b"").protected(b"", None)
            answer = self._board.deliver(probe.encode())
            if answer.verdict in _UNSUPPORTED:
                return answer
        return delivery

    def _judge(self, exchange: Exchange, played: _Played) -> list[Result]:
        delivery = played.delivery
        if delivery.verdict in _UNSUPPORTED:
            code = exchange.command.message.header.message_code
            known = delivery.verdict != _UNKNOWN_CODE
            return _unplayed(exchange, delivery.detail if known else _unknown(code))
        keys = self._keys(exchange, played)
        command = _judge_response(exchange, played, keys)
        return [command, *_judge_alerts(exchange, played, keys)]

    def _keys(self, exchange: Exchange, played: _Played) -> Keys:
        header = exchange.command.message.header
        return Keys(
            device=played.keys.signing,
            reference=self._world.device_signing_key(header.recipient),
            secret=self._world.secret(header.recipient, header.originator),
        )


def _judge_response(exchange: Exchange, played: _Played, keys: Keys) -> Result:
    command, response, delivery = exchange.command, exchange.response, played.delivery
    result = Result(command.name, Status.MATCH, vector=command)
    discarded: tuple[str, ...] = ()
    if not delivery.accepted:
        because = f"{delivery.verdict}: {delivery.detail}"
        discarded = (f"the device discards the command as {because}",)
    if exchange.rivals:
        fit = f"these fit equally well: {', '.join(exchange.rivals)}"
        return replace(result, status=Status.AMBIGUOUS, details=(fit,))
    if response is None:
        return replace(result, status=Status.NOT_COMPARED, details=discarded)
    result = replace(result, compared_with=response.name)
    if discarded:
        return replace(result, status=Status.DIFFERS, details=discarded)
    compared = _compare_all([response.message], delivery.outputs, keys)[0]
    notes = compared.notes
    if played.waited and not exchange.alerts:
        notes = (*notes, "no alert to compare")
    return _judged(replace(result, notes=notes), compared)


def _unknown(message_code: int) -> str:
    use_case = USE_CASES.get(message_code)
    name = f" ({use_case.name})" if use_case else ""
    return f"message code {message_code:04X}{name}"


def _unplayed(
    exchange: Exchange, reason: str, status: Status = Status.UNSUPPORTED
) -> list[Result]:
    """Return that neither a command nor its alerts could be compared."""
    command = exchange.command
    response = exchange.response.name if exchange.response else None
    results = [Result(command.name, status, (reason,), (), command, response)]
    for alert in exchange.alerts:
        because = f"its command is {command.name}"
        results.append(Result(alert.name, status, (because,), (), alert, command.name))
    return results


def _judge_alerts(exchange: Exchange, played: _Played, keys: Keys) -> Iterator[Result]:
    messages = [alert.message for alert in exchange.alerts]
    if not messages:
        return
    if played.delivery.accepted:
        compared = _compare_all(messages, played.alerts, keys)
    else:
        discarded = f"the device discards its command as {played.delivery.verdict}"
        compared = [Comparison((discarded,)) for _ in messages]
    for alert, comparison in zip(exchange.alerts, compared, strict=True):
        result = Result(
            alert.name,
            Status.MATCH,
            notes=comparison.notes,
            vector=alert,
            compared_with=exchange.command.name,
        )
        yield _judged(result, comparison)


def _noted(result: Result, notes: tuple[str, ...]) -> Result:
    return replace(result, notes=(*result.notes, *notes))


def _judged(result: Result, compared: Comparison) -> Result:
    if not compared.differences:
        return result
    return replace(result, status=Status.DIFFERS, details=compared.differences)


def _compare_all(
    expected: list[Message], outputs: tuple[bytes, ...], keys: Keys
) -> list[Comparison]:
    """Compare messages in order; what the device sends beyond them is the last one's fault."""
    compared = []
    for message, octets in zip_longest(expected, outputs[: len(expected)]):
        if octets is None:
            compared.append(Comparison(("the device sends nothing",)))
        else:
            compared.append(compare(message, octets, keys))
    beyond = len(outputs) - len(expected)
    if beyond > 0:
        more = f"the device sends {beyond} more than expected"
        last = compared[-1]
        compared[-1] = replace(last, differences=(*last.differences, more))
    return compared
