"""Does a 1.6 set credit mode, and nothing else? (M134-6)"""

from types import MappingProxyType

from gbcs_hil.dcc.requests import ServiceRequest, UpdatePaymentMode
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs import gbz_names
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.payment_mode import (
    esme_payment_mode,
    execution_of,
    gsme_payment_mode,
    issued_at,
)

CREDIT_CODES = MappingProxyType({"esme": MessageCode.ECS02, "gsme": MessageCode.GCS02})
"""The message codes that set credit mode, by device type."""


def request_sets_credit(request: ServiceRequest) -> bool:
    """Return whether a Service Request's choice is Credit: all that SMETS1 has to look at."""
    return isinstance(request, UpdatePaymentMode) and request.prepayment is None


def why_not_credit(command: Message, device_type: str) -> str | None:
    """Return why a Signed Pre-Command is not one to set credit mode; None if it is.

    The message code alone proves nothing, so the payload is compared with the one that credit
    mode has, octet for octet: only its counter and times are its own.

    Args:
        command: the Signed Pre-Command.
        device_type: of the device that it is for.
    """
    code = command.header.message_code
    if code != CREDIT_CODES.get(device_type):
        return f"message code {code:04X} is not {device_type.upper()}s' for credit mode"
    try:
        wanted = _credit_payload(command, device_type)
    except (GbcsError, OverflowError) as error:
        return f"message code {code:04X} with another use case's body: {error}"
    if command.payload != wanted:
        return f"message code {code:04X} with another use case's body"
    return None


def _credit_payload(command: Message, device_type: str) -> bytes:
    header = command.header
    addressed = (header.originator, header.recipient, header.counter)
    execution = execution_of(command)
    if device_type == "esme":
        return esme_payment_mode(*addressed, None, execution).payload
    issued = issued_at(command) or gbz_names.EPOCH
    return gsme_payment_mode(*addressed, None, issued, execution).payload
