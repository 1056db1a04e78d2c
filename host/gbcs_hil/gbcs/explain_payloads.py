"""Which table explains which DER payload: message code and CRA Flag choose (GBCS 13.3)."""

from types import MappingProxyType

from gbcs_hil.gbcs.explain_credentials import (
    KEY_USAGE,
    READ,
    READ_RESPONSE,
    UPDATE,
    UPDATE_ALERT,
    UPDATE_RESPONSE,
    one_of,
)
from gbcs_hil.gbcs.explain_der import (
    INTEGER,
    SEQUENCE,
    Field,
    Shape,
    certificate,
    opaque,
    sequence,
)
from gbcs_hil.gbcs.message_codes import MODE_OF_CODE, MessageCode
from gbcs_hil.gbcs.names import Cra

_Choices = tuple[Field, ...]


def _payload(shape: Shape) -> _Choices:
    return (Field("Payload", SEQUENCE, shape),)


def _result(*names: str) -> _Choices:
    """Return a payload that is an INTEGER; its values are named from 0, or not at all."""
    results = {number: name for number, name in enumerate(names) if name}
    return (Field("Payload", INTEGER, one_of(results)),)


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
            *_payload(opaque("certification request")),
            *_result("", "invalidKeyUsage", "keyPairGenerationFailed", "cRProductionFailed"),
        ),
        (MessageCode.CS02D, Cra.COMMAND): _payload(certificate),
        (MessageCode.CS02D, Cra.RESPONSE): _result(
            "success",
            "invalidCertificate",
            "wrongDeviceIdentity",
            "invalidKeyUsage",
            "noCorrespondingKeyPairGenerated",
            "wrongPublicKey",
            "certificateStorageFailed",
            "privateKeyChangeFailed",
        ),
        (MessageCode.CS02E, Cra.COMMAND): _KEY_USAGE_ONLY,
        (MessageCode.CS02E, Cra.RESPONSE): (
            *_payload(certificate),
            *_result("", "invalidKeyUsage", "noCertificateHeld", "certificateRetrievalFailure"),
        ),
    }
)
"""The values that a payload may be, by message code and CRA Flag."""
