"""What came of an exchange: what the device sent, held against the reference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest

from gbcs_hil.bench.board import Delivery, DeviceKeys
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.rtds.commands import in_words
from gbcs_hil.rtds.comparison import Comparison, Keys, compare
from gbcs_hil.rtds.normalisation import Asked
from gbcs_hil.rtds.pairing import Exchange
from gbcs_hil.rtds.results import Result, Status
from gbcs_hil.rtds.start_state import StartState
from gbcs_hil.rtds.vectors import Vector

UNKNOWN_CODE = "unknown-message-code"
UNSUPPORTED = (UNKNOWN_CODE, "unsupported")


@dataclass(frozen=True)
class Played:
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


def judge(exchange: Exchange, played: Played, start: StartState, keys: Keys) -> list[Result]:
    """Return what came of a command, and of each of its alerts.

    Args:
        exchange: the reference.
        played: what the device did.
        start: what it started from.
        keys: verify signatures and MACs.
    """
    delivery = played.delivery
    if delivery.verdict in UNSUPPORTED:
        code = exchange.command.message.header.message_code
        results = unplayed(exchange, in_words(code))
    else:
        asked = Asked(exchange.command.message, start.clock)
        results = [_judge_response(exchange, played, keys, asked)]
        results[0] = _noted(results[0], start.notes)
        alerts = _judge_alerts(exchange, played, keys, asked)
        if start.own_counter_from_alert:
            own = start.provisioning.originator_counter
            note = f"own counter {own} to start with, taken from the alert"
            alerts = (_noted(result, (note,)) for result in alerts)
        results += alerts
    return [replace(result, verdict=delivery.verdict, start=start) for result in results]


def unplayed(exchange: Exchange, reason: str, status: Status = Status.UNSUPPORTED) -> list[Result]:
    """Return that neither a command nor its alerts could be compared."""
    command = exchange.command
    response = exchange.response.name if exchange.response else None
    results = [Result(command.name, status, (reason,), (), command, response)]
    for alert in exchange.alerts:
        because = f"its command is {command.name}"
        results.append(Result(alert.name, status, (because,), (), alert, command.name))
    return results


def _judge_response(exchange: Exchange, played: Played, keys: Keys, asked: Asked) -> Result:
    command, response, delivery = exchange.command, exchange.response, played.delivery
    result = Result(command.name, Status.MATCH, vector=command)
    discarded: tuple[str, ...] = ()
    if not delivery.accepted:
        because = f"{delivery.verdict}: {delivery.detail}"
        discarded = (f"the device discards the command as {because}",)
    if exchange.rivals:
        fit = f"these fit equally well: {', '.join(exchange.rivals)}"
        return replace(result, status=Status.AMBIGUOUS, details=(fit,))
    if response is not None:
        result = replace(result, compared_with=response.name)
    if discarded:
        return replace(result, status=Status.DIFFERS, details=discarded)
    if response is None:
        return replace(result, status=Status.NOT_COMPARED)
    compared = _compare_all([response.message], delivery.outputs, keys, asked)[0]
    notes = compared.notes
    if played.waited and not exchange.alerts:
        notes = (*notes, "no alert to compare")
    return _judged(replace(result, notes=notes), compared)


def _judge_alerts(
    exchange: Exchange, played: Played, keys: Keys, asked: Asked
) -> Iterator[Result]:
    groups = [list(group) for _, group in groupby(exchange.alerts, key=_own_counter)]
    if not groups:
        return
    first = [group[0].message for group in groups]
    outputs = _in_order(first, played.alerts)
    asked = replace(asked, any_own_counter=outputs != played.alerts)
    # Copies of an alert are compared with the same output.
    copies = max(map(len, groups))
    rounds = []
    for number in range(copies if played.delivery.accepted else 0):
        expected = [group[min(number, len(group) - 1)].message for group in groups]
        rounds.append(_compare_all(expected, outputs, keys, asked))
    for at, group in enumerate(groups):
        for number, alert in enumerate(group):
            if played.delivery.accepted:
                comparison = rounds[number][at]
            else:
                discarded = f"the device discards its command as {played.delivery.verdict}"
                comparison = Comparison((discarded,))
            result = Result(
                alert.name,
                Status.MATCH,
                notes=comparison.notes,
                vector=alert,
                compared_with=exchange.command.name,
            )
            yield _judged(result, comparison)


def _own_counter(alert: Vector) -> int:
    return alert.message.header.counter


def _in_order(expected: Sequence[Message], outputs: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return alerts in the reference's order if they are the same ones in another order."""
    wanted = [_activated(message) for message in expected]
    try:
        sent = [_activated(parse(octets)) for octets in outputs]
    except GbcsError:
        return outputs
    once = None not in wanted and len(set(wanted)) == len(wanted) == len(sent)
    if not once or set(wanted) != set(sent):
        return outputs
    return tuple(outputs[sent.index(item)] for item in wanted)


def _activated(alert: Message) -> bytes | None:
    """Return what of a command an alert is about; None if it does not tell."""
    try:
        return FutureDatedAlert.decode(alert.payload).activated
    except GbcsError:
        return None


def _noted(result: Result, notes: tuple[str, ...]) -> Result:
    return replace(result, notes=(*result.notes, *notes))


def _judged(result: Result, compared: Comparison) -> Result:
    if compared.differences:
        return replace(result, status=Status.DIFFERS, details=compared.differences)
    if compared.fault is not None:
        return replace(result, status=Status.FAULT, details=(compared.fault,))
    return result


def _compare_all(
    expected: list[Message], outputs: tuple[bytes, ...], keys: Keys, asked: Asked
) -> list[Comparison]:
    """Compare messages in order; what the device sends beyond them is the last one's fault."""
    compared = []
    for message, octets in zip_longest(expected, outputs[: len(expected)]):
        if octets is None:
            compared.append(Comparison(("the device sends nothing",)))
        else:
            compared.append(compare(message, octets, keys, asked))
    beyond = len(outputs) - len(expected)
    if beyond > 0:
        more = f"the device sends {beyond} more than expected"
        last = compared[-1]
        compared[-1] = replace(last, differences=(*last.differences, more))
    return compared
