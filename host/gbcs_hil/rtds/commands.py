"""What a command says of its own start state, by message code.

A message code that is not in the table has no cell that it names; the role of its originator
then tells which cells it is authorised with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.credential_responses import UpdateAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MODE_OF_CODE, MessageCode, code_of_mode
from gbcs_hil.gbcs.security_credentials import CANCEL, ReadCredentials, UpdateCredentials
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, TrustAnchorCell


@dataclass(frozen=True, slots=True)
class Facts:
    """What a command says.

    Attributes:
        authorising_cell: the cell that proves it, or None if it names none.
        future_dated: whether it is to be executed at a later date.
    """

    authorising_cell: TrustAnchorCell | None = None
    future_dated: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """The command that an alert is about.

    Attributes:
        message_code: of the command.
        counter: its Originator Counter.
    """

    message_code: int
    counter: int


def _of_update(payload: bytes) -> Facts:
    command = UpdateCredentials.decode(payload)
    return Facts(
        # GBCS 13.3.5: only the ACB that replaces its own credentials leaves the cell out.
        command.authorising_cell or ACB_KEY_AGREEMENT,
        command.execution not in (None, CANCEL),
    )


def _of_read(payload: bytes) -> Facts:
    return Facts(ReadCredentials.decode(payload).authorising_cell)


def _cause_of_update(payload: bytes) -> Cause:
    outcome = UpdateAlert.decode(payload).outcome
    return Cause(code_of_mode(outcome.mode), outcome.sequence_number)


_FACTS: MappingProxyType[int, Callable[[bytes], Facts]] = MappingProxyType(
    {
        **dict.fromkeys(MODE_OF_CODE, _of_update),
        MessageCode.CS02A: _of_read,
        MessageCode.CS02F: _of_read,
    }
)

_CAUSES: MappingProxyType[int, Callable[[bytes], Cause]] = MappingProxyType(
    {
        MessageCode.CS02B_ALERT: _cause_of_update,
        MessageCode.CS02G_ALERT: _cause_of_update,
    }
)


def facts(command: Message) -> Facts:
    """Return what a command says; nothing if its payload is unknown or cannot be read."""
    read = _FACTS.get(command.header.message_code)
    try:
        return read(command.payload) if read else Facts()
    except GbcsError:
        return Facts()


def tells_of_a_command(alert: Message) -> bool:
    """Return whether alerts of this message code tell what came of a future-dated command."""
    return alert.header.message_code in _CAUSES


def cause(alert: Message) -> Cause | None:
    """Return the command that an alert is about, or None if that cannot be told."""
    read = _CAUSES.get(alert.header.message_code)
    try:
        return read(alert.payload) if read else None
    except GbcsError:
        return None
