"""What the DSP tells a Service User, as far as public sources give the codes' meaning."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResponseCode:
    """A DUIS response code, or one that only this bench uses.

    Attributes:
        code: as the Service User sees it.
        meaning: for a person.
        of_the_bench: true where DUIS has no code that public sources explain; such a code
            starts with B, so that nobody takes it for DUIS.
    """

    code: str
    meaning: str
    of_the_bench: bool = False

    def __str__(self) -> str:
        return self.code


SUCCESS = ResponseCode("I0", "success")
ACCEPTED = ResponseCode("I99", "accepted, to be carried out later")
UNKNOWN_USER = ResponseCode("E1", "the user is not known")
ROLE_NOT_ALLOWED = ResponseCode("E2", "the user's role may not send this Service Request")
USER_STATUS = ResponseCode("E3", "the user's status does not allow it")
NOT_ELIGIBLE = ResponseCode("E4", "the user is not the device's at that time")
DEVICE_STATUS = ResponseCode("E5", "the device's status does not allow it")
DEVICE_TYPE = ResponseCode("E11", "the Service Request is not for this device type")
COMMAND_VARIANT = ResponseCode("E12", "the Service Request is not for this command variant")
WRONG_URL = ResponseCode("E13", "the Service Request is not for this address of the DSP")
UNKNOWN_DEVICE = ResponseCode("E19", "unknown device")
S1_NOT_ELIGIBLE = ResponseCode("S1VE4", "S1SP: the user is not the device's at that time")
QUARANTINED = ResponseCode("AD1", "quarantined by anomaly detection")
NO_RESPONSE = ResponseCode("E21", "no response received from the device")


BY_CODE = {code.code: code for code in (USER_STATUS, NOT_ELIGIBLE)}
"""Those that a policy chooses from."""


def s1sp_holder(code: str) -> ResponseCode:
    """Return what an S1SP says to a sender whose certificate it does not hold, under a policy."""
    return ResponseCode(code, "S1SP: the user's certificate is not on the device")


def _of_the_bench(code: str, meaning: str) -> ResponseCode:
    return ResponseCode(code, meaning, of_the_bench=True)


NOT_AS_TRANSFORMED = _of_the_bench(
    "B-PRECOMMAND", "the signed pre-command is not the one that was asked for"
)
USER_SIGNATURE = _of_the_bench("B-SIGNATURE", "the user's signature does not verify")
DEVICE_RESPONSE = _of_the_bench("B-RESPONSE", "the device's response cannot be trusted")
ROLE_NOT_REPLACEABLE = _of_the_bench(
    "B-ROLE", "the certificates of that role cannot be replaced by this Service Request"
)
SEQUENCE_NUMBER = _of_the_bench(
    "B-SEQUENCE", "a floor or counter is beyond what a CS02b can carry, 2^63-1"
)
USED_REQUEST_ID = _of_the_bench("B-REQUEST-ID", "the RequestID names another Service Request")
XML_SIGNATURE = _of_the_bench("B-XML-SIGNATURE", "the document's XML signature does not verify")
EXECUTION_TIME = _of_the_bench("B-TIME", "the time of execution cannot be used")
OPERATOR_6_15_1 = _of_the_bench(
    "B0615NO", "the certificate is not of the registered network operator"
)
OPERATOR_6_21 = _of_the_bench(
    "B0621NO", "the certificate is not of the registered network operator"
)
S1_ENROLMENT = _of_the_bench("B-S1-DEVICE", "S1SP: the device is not one of its own")
S1_SLOTS = _of_the_bench("B-S1-SLOTS", "S1SP: the slots hold a certificate that is not the ACB's")
S1_CERTIFICATES = _of_the_bench("B-S1-CERT", "S1SP: the certificates do not fit the slots")
CREDIT_ONLY = _of_the_bench("B-CREDIT", "the SoLR contingency role sets credit mode alone")
NO_THRESHOLD = _of_the_bench("B-ADT", "there is no Anomaly Detection Threshold for it")
