"""Acts and answers in a few words, for one line of a table."""

from collections.abc import Mapping, Sequence

from gbcs_hil.diagnosis.record import Event, Kind
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.in_short import answer, use_case
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import format_eui
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
    return f"{use_case(header.message_code)} of {sender}, counter {header.counter:,}"


def answers(messages: Sequence[bytes]) -> str:
    """Say what a device sent."""
    return "; ".join(map(answer, messages)) or SILENCE


def counters(held: Mapping[str, int]) -> str:
    """Say at which counter each role stands; those that were never used are left out."""
    if len(held) > 1 and len(set(held.values())) == 1:
        return f"all {next(iter(held.values())):,}"
    return ", ".join(f"{role} {count:,}" for role, count in held.items() if count) or "all 0"
