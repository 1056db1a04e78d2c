"""What a GBCS message says in a few words, for a line of a table or a drawing."""

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
from gbcs_hil.gbcs.names import Cra
from gbcs_hil.gbcs.security_credentials import UpdateCredentials


def use_case(code: int) -> str:
    """Return the name of a message code's use case."""
    known = USE_CASES.get(code)
    return known.name if known else f"message code {code:04X}"


def in_short(octets: bytes) -> str:
    """Say what a message is: a command's use case, counter and floors; what an answer tells."""
    try:
        message = parse(octets)
    except GbcsError:
        return f"{len(octets)} octets that are no GBCS message"
    return _command(message) if message.header.cra is Cra.COMMAND else answer(octets)


def answer(octets: bytes) -> str:
    """Say what a response or an alert tells."""
    try:
        message = parse(octets)
    except GbcsError:
        return f"{len(octets)} octets"
    kind = "alert" if message.header.cra is Cra.ALERT else "response"
    try:
        return f"{kind}{_content(message)}"
    except GbcsError:
        return kind


def _command(message: Message) -> str:
    header = message.header
    # The mode of a CS02b is told by its code, in less room than by its name.
    name = use_case(header.message_code).partition(" ")[0]
    told = f"{name} {header.message_code:04X} · counter {header.counter:,}"
    try:
        command = UpdateCredentials.decode(message.payload)
    except GbcsError:
        return told
    own = [] if command.floor is None else [f"floor {command.floor:,}"]
    others = [f"{other.role.gbcs_name} floor {other.floor:,}" for other in command.other_floors]
    return " · ".join((told, *own, *others))


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
