"""Which table explains which DER payload: message code and CRA Flag choose (GBCS 13.3)."""

from types import MappingProxyType

from gbcs_hil.gbcs.device_credentials import IssueFailure, ReadFailure, UpdateResult
from gbcs_hil.gbcs.explain_credentials import (
    KEY_USAGE,
    READ,
    READ_RESPONSE,
    UPDATE,
    UPDATE_ALERT,
    UPDATE_RESPONSE,
)
from gbcs_hil.gbcs.explain_der import (
    INTEGER,
    SEQUENCE,
    Field,
    Shape,
    certificate,
    number,
    sequence,
)
from gbcs_hil.gbcs.explain_request import CERTIFICATION_REQUEST
from gbcs_hil.gbcs.message_codes import MODE_OF_CODE, MessageCode
from gbcs_hil.gbcs.names import Cra, Named, named

_Choices = tuple[Field, ...]


def _payload(shape: Shape) -> _Choices:
    return (Field("Payload", SEQUENCE, shape),)


def _number(names: type[Named]) -> Field:
    """Return a payload that is an INTEGER with a meaning."""
    return Field("Payload", INTEGER, number(named(names)))


_KEY_USAGE_ONLY = _payload(sequence(KEY_USAGE, summary=lambda values: values["keyUsage"]))

DER_PAYLOADS: MappingProxyType[tuple[int, Cra], _Choices] = MappingProxyType(
    {
        **{(code, Cra.COMMAND): _payload(UPDATE) for code in MODE_OF_CODE},
        **{(code, Cra.RESPONSE): _payload(UPDATE_RESPONSE) for code in MODE_OF_CODE},
        (MessageCode.CS02B_ALERT, Cra.ALERT): _payload(UPDATE_ALERT),
        (MessageCode.CS02G_ALERT, Cra.ALERT): _payload(UPDATE_ALERT),
        (MessageCode.CS02A, Cra.COMMAND): _payload(READ),
        (MessageCode.CS02A, Cra.RESPONSE): _payload(READ_RESPONSE),
        (MessageCode.CS02F, Cra.COMMAND): _payload(READ),
        (MessageCode.CS02F, Cra.RESPONSE): _payload(READ_RESPONSE),
        (MessageCode.CS02C, Cra.COMMAND): _KEY_USAGE_ONLY,
        (MessageCode.CS02C, Cra.RESPONSE): (
            *_payload(CERTIFICATION_REQUEST),
            _number(IssueFailure),
        ),
        (MessageCode.CS02D, Cra.COMMAND): _payload(certificate),
        (MessageCode.CS02D, Cra.RESPONSE): (_number(UpdateResult),),
        (MessageCode.CS02E, Cra.COMMAND): _KEY_USAGE_ONLY,
        (MessageCode.CS02E, Cra.RESPONSE): (*_payload(certificate), _number(ReadFailure)),
    }
)
"""The values that a payload may be, by message code and CRA Flag."""
