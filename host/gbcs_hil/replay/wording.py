"""GBCS messages and acts in a few words, for one line of a table."""

from collections.abc import Mapping, Sequence

from gbcs_hil.diagnosis.record import Event, Kind
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.credential_responses import (
    ReadResponse,
    RoleCredentials,
    UpdateAlert,
    UpdateResponse,
)
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.message_codes import USE_CASES, MessageCode
from gbcs_hil.gbcs.names import Cra, format_eui
from gbcs_hil.smki.parties import EVERYBODY, directory

_ACTS = {
    Kind.POWER_CUT: "the power is cut",
    Kind.RESTART: "restart",
    Kind.HUB_EXCHANGE: "another communications hub",
}
_NAMES = directory(EVERYBODY)
SILENCE = "silence"


def act(event: Event) -> str:
    """Say what was done."""
    if event.act.kind is Kind.CLOCK:
        now = event.act.now
        return f"clock {now[:4]}-{now[4:6]}-{now[6:8]} {now[8:10]}:{now[10:12]}:{now[12:]}"
    if not event.act.is_command:
        return _ACTS[event.act.kind]
    try:
        header = parse(event.act.octets).header
    except GbcsError:
        return f"{len(event.act.octets)} octets that are no GBCS message"
    sender = _NAMES.get(header.originator, format_eui(header.originator))
    return f"{_use_case(header.message_code)} of {sender}, counter {header.counter:,}"


def answers(messages: Sequence[bytes]) -> str:
    """Say what a device sent."""
    return "; ".join(map(_answer, messages)) or SILENCE


def counters(held: Mapping[str, int]) -> str:
    """Say at which counter each role stands; those that were never used are left out."""
    return ", ".join(f"{role} {count:,}" for role, count in held.items() if count) or "all 0"


def _answer(octets: bytes) -> str:
    try:
        message = parse(octets)
    except GbcsError:
        return f"{len(octets)} octets"
    kind = "alert" if message.header.cra is Cra.ALERT else "response"
    try:
        return f"{kind}{_content(message)}"
    except GbcsError:
        return kind


def _content(message: Message) -> str:
    code = message.header.message_code
    if code == MessageCode.CS02A:
        roles = ReadResponse.decode(message.payload).roles
        return ": " + ", ".join(f"{role.role.gbcs_name} {_counter(role)}" for role in roles)
    if code == MessageCode.CS02B_ALERT:
        alert = UpdateAlert.decode(message.payload)
        return f" {alert.alert_code:04X}: {_statuses(alert.outcome)}"
    if MessageCode.CS02B_ROOT_BY_SUPPLIER <= code <= MessageCode.CS02B_ANY_BY_CONTINGENCY:
        outcome = UpdateResponse.decode(message.payload).outcome
        return f": {_statuses(outcome)}" if outcome else ": accepted"
    return ""


def _counter(role: RoleCredentials) -> str:
    counter = role.sequence_number
    return role.status.gbcs_name if counter is None else f"{counter:,}"


def _statuses(outcome: ExecutionOutcome) -> str:
    names = [each.status.gbcs_name for each in outcome.outcomes]
    counted = [f"{names.count(name)} {name}" for name in dict.fromkeys(names)]
    floors = [f"{c.role.gbcs_name} floor {c.floor:,}" for c in outcome.changes]
    return ", ".join((*counted, *floors))


def _use_case(code: int) -> str:
    known = USE_CASES.get(code)
    return known.name if known else f"message code {code:04X}"
