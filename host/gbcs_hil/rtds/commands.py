"""What a command says of its own start state and of its alerts, by message code.

A message code that is not in the table has no cell that it names; the role of its originator
then tells which cells it is authorised with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.credential_responses import UpdateAlert
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MODE_OF_CODE, USE_CASES, MessageCode, code_of_mode
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.payment_mode import execution_of
from gbcs_hil.gbcs.security_credentials import CANCEL, ReadCredentials, UpdateCredentials
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, TrustAnchorCell, digital_signing

_SUPPLIER = digital_signing(RemotePartyRole.SUPPLIER)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a command says.

    Attributes:
        authorising_cell: the cell that proves it, or None if it names none.
        alert_code: the message code of the alert that tells what came of it at a later date;
            None if it is to be executed at once.
    """

    authorising_cell: TrustAnchorCell | None = None
    alert_code: int | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """The command that an alert is about.

    Attributes:
        message_code: of the command.
        counter: its Originator Counter.
    """

    message_code: int
    counter: int


def _of_update(command: Message) -> Facts:
    update = UpdateCredentials.decode(command.payload)
    later = update.execution not in (None, CANCEL)
    load_control = command.header.message_code > MessageCode.CS02F
    alert = MessageCode.CS02G_ALERT if load_control else MessageCode.CS02B_ALERT
    # GBCS 13.3.5: only the ACB that replaces its own credentials leaves the cell out.
    return Facts(update.authorising_cell or ACB_KEY_AGREEMENT, alert if later else None)


def _of_read(command: Message) -> Facts:
    return Facts(ReadCredentials.decode(command.payload).authorising_cell)


def _of_own_credentials(command: Message) -> Facts:
    return Facts(_SUPPLIER)


def _paying(alert: MessageCode) -> Callable[[Message], Facts]:
    def of_payment_mode(command: Message) -> Facts:
        later = execution_of(command) not in (None, CANCEL)
        return Facts(_SUPPLIER, alert if later else None)

    return of_payment_mode


def _cause_of_update(payload: bytes) -> Cause:
    outcome = UpdateAlert.decode(payload).outcome
    return Cause(code_of_mode(outcome.mode), outcome.sequence_number)


def _cause_of_other(payload: bytes) -> Cause:
    alert = FutureDatedAlert.decode(payload)
    return Cause(alert.message_code, alert.counter)


_FACTS: MappingProxyType[int, Callable[[Message], Facts]] = MappingProxyType(
    {
        **dict.fromkeys(MODE_OF_CODE, _of_update),
        MessageCode.CS02A: _of_read,
        MessageCode.CS02F: _of_read,
        MessageCode.CS02C: _of_own_credentials,
        MessageCode.CS02D: _of_own_credentials,
        MessageCode.CS02E: _of_own_credentials,
        MessageCode.ECS02: _paying(MessageCode.DLMS_ALERT),
        MessageCode.ECS03: _paying(MessageCode.DLMS_ALERT),
        MessageCode.GCS02: _paying(MessageCode.GBZ_ALERT),
        MessageCode.GCS03: _paying(MessageCode.GBZ_ALERT),
    }
)

_CAUSES: MappingProxyType[int, Callable[[bytes], Cause]] = MappingProxyType(
    {
        MessageCode.CS02B_ALERT: _cause_of_update,
        MessageCode.CS02G_ALERT: _cause_of_update,
        MessageCode.DLMS_ALERT: _cause_of_other,
        MessageCode.GBZ_ALERT: _cause_of_other,
    }
)


def facts(command: Message) -> Facts:
    """Return what a command says; nothing if its payload is unknown or cannot be read."""
    read = _FACTS.get(command.header.message_code)
    try:
        return read(command) if read else Facts()
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


def in_words(message_code: int) -> str:
    """Return a message code with the name of its use case."""
    use_case = USE_CASES.get(message_code)
    name = f" ({use_case.name})" if use_case and use_case.name != "-" else ""
    return f"message code {message_code:04X}{name}"
