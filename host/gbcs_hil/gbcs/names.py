"""GBCS's own names and numbers: roles, usages, modes, status, message and alert codes.

Every member carries the spelling that GBCS gives it as `gbcs_name`.
"""

import re
from collections.abc import Callable
from enum import IntEnum
from typing import Self, TypeVar

from gbcs_hil.errors import GbcsError

_Number = TypeVar("_Number", bound="Named")


class Named(IntEnum):
    """A number with the name that GBCS gives it.

    Attributes:
        gbcs_name: the identifier exactly as GBCS spells it.
    """

    gbcs_name: str

    def __new__(cls, value: int, gbcs_name: str = "") -> Self:
        """Make a member of a number and its name."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.gbcs_name = gbcs_name
        return member

    @classmethod
    def require(cls, value: int) -> Self:
        """Return the member for a number.

        Raises:
            GbcsError: GBCS gives this number no meaning.
        """
        try:
            return cls(value)
        except ValueError:
            raise GbcsError(f"{value} is no {cls.__name__} that GBCS knows") from None


class Cra(Named):
    """CRA Flag: what a message is (GBCS 7.2.7)."""

    COMMAND = 1, "Command"
    RESPONSE = 2, "Response"
    ALERT = 3, "Alert"


class RemotePartyRole(Named):
    """The role of a party, and so of a trust anchor cell and of a counter."""

    ROOT = 0, "root"
    RECOVERY = 1, "recovery"
    SUPPLIER = 2, "supplier"
    NETWORK_OPERATOR = 3, "networkOperator"
    ACCESS_CONTROL_BROKER = 4, "accessControlBroker"
    TRANSITIONAL_COS = 5, "transitionalCoS"
    WAN_PROVIDER = 6, "wanProvider"
    ISSUING_AUTHORITY = 7, "issuingAuthority"
    LOAD_CONTROLLER = 8, "loadController"
    OTHER = 127, "other"


class KeyUsage(Named):
    """What a key may do; the number is its bit in X.509's KeyUsage."""

    DIGITAL_SIGNATURE = 0, "digitalSignature"
    KEY_AGREEMENT = 4, "keyAgreement"
    KEY_CERT_SIGN = 5, "keyCertSign"


class CellUsage(Named):
    """What a trust anchor cell's key is used for."""

    MANAGEMENT = 0, "management"
    PREPAYMENT_TOP_UP = 1, "prepaymentTopUp"


class CredentialsReplacementMode(Named):
    """Who replaces whose credentials (CS02b, CS02g)."""

    ROOT_BY_SUPPLIER = 0, "rootBySupplier"
    ROOT_BY_WAN_PROVIDER = 1, "rootByWanProvider"
    SUPPLIER_BY_SUPPLIER = 2, "supplierBySupplier"
    NETWORK_OPERATOR_BY_NETWORK_OPERATOR = 3, "networkOperatorByNetworkOperator"
    ACB_BY_ACB = 4, "accessControlBrokerByACB"
    WAN_PROVIDER_BY_WAN_PROVIDER = 5, "wanProviderByWanProvider"
    TRANS_COS_BY_TRANS_COS = 6, "transCoSByTransCoS"
    SUPPLIER_BY_TRANS_COS = 7, "supplierByTransCoS"
    ANY_EXCEPT_ABNORMAL_ROOT_BY_RECOVERY = 8, "anyExceptAbnormalRootByRecovery"
    ANY_BY_CONTINGENCY = 9, "anyByContingency"
    LOAD_CONTROLLER_BY_LOAD_CONTROLLER = 10, "loadControllerByLoadController"
    LOAD_CONTROLLER_BY_SUPPLIER = 11, "loadControllerBySupplier"


class StatusCode(Named):
    """What became of one trust anchor cell (CS02a, CS02b)."""

    SUCCESS = 0, "success"
    BAD_CERTIFICATE = 5, "badCertificate"
    NO_TRUST_ANCHOR = 10, "noTrustAnchor"
    INSUFFICIENT_MEMORY = 17, "insufficientMemory"
    TRUST_ANCHOR_NOT_FOUND = 25, "trustAnchorNotFound"
    RESOURCES_BUSY = 30, "resourcesBusy"
    OTHER = 127, "other"


class AlertCode(Named):
    """Alert and event codes (GBCS 16.2), the ones that this project meets."""

    IMMEDIATE_SUCCESS = 0x8154, "Immediate HAN interface command successfully actioned"
    IMMEDIATE_FAILURE = 0x8155, "Immediate HAN interface command not successfully actioned"
    INTEGRITY_CHECK_FAILED = 0x8F1E, "Integrity check of content or format of command failed"
    NO_AUTHORITY = 0x8F30, "Source does not have authority for command"
    AUTHENTICATION_FAILURE = 0x8F3D, "Trusted source authentication failure"
    UNAUTHORISED_ACCESS = 0x8F3E, "Unauthorised communication access attempted"
    OWN_DS_REPLACEMENT_FAILED = 0x8F4C, "Own digital signing certificate replacement failed"
    OWN_DS_REPLACED = 0x8F4D, "Own digital signing certificate replacement succeeded"
    OWN_KA_REPLACEMENT_FAILED = 0x8F4E, "Own key agreement certificate replacement failed"
    OWN_KA_REPLACED = 0x8F4F, "Own key agreement certificate replacement succeeded"
    UTRN_DUPLICATE = 0x8F51, "UTRN entered is a duplicate"
    EVENT_LOG_CLEARED = 0x8F52, "Event log cleared"
    OTHER_AUTHORISATION_FAILURE = (
        0x8F53,
        "Failed authentication or authorisation not covered by other codes",
    )
    UTRN_EXCEEDS_MAXIMUM_CREDIT = 0x8F5B, "UTRN would exceed the maximum credit"
    UNUSUAL_NUMBERS = (
        0x8F60,
        "Unusual numbers of malformed, out-of-order or unexpected commands received",
    )
    UTRN_NOT_AUTHENTIC = 0x8F63, "UTRN is not authentic"
    UTRN_FOR_ANOTHER_DEVICE = 0x8F64, "UTRN is not for this device"
    FUTURE_DATED_SUCCESS = 0x8F66, "Future-date HAN interface command successfully actioned"
    FUTURE_DATED_FAILURE = 0x8F67, "Future-date HAN interface command not successfully actioned"
    DEVICE_COMMISSIONED = 0x8F69, "Device commissioned"
    CREDENTIALS_UPDATED = 0x8F70, "Update Security Credentials"


def named(kind: type[_Number]) -> Callable[[int], str]:
    """Return a function that turns a number into `name (number)`, known to GBCS or not."""

    def text(value: int) -> str:
        try:
            return f"{kind(value).gbcs_name} ({value})"
        except ValueError:
            return f"unknown ({value})"

    return text


def alert_text(code: int) -> str:
    """Return an alert code with its name."""
    try:
        return f"0x{code:04X} {AlertCode(code).gbcs_name}"
    except ValueError:
        return f"0x{code:04X}"


def format_eui(eui: bytes) -> str:
    """Return an EUI-64 as DUIS writes it: 8 octets with hyphens."""
    return eui.hex("-").upper()


def parse_eui(text: str) -> bytes:
    """Read an EUI-64 written with or without hyphens, colons or spaces.

    Raises:
        GbcsError: the text is not 8 octets in hexadecimal.
    """
    digits = re.sub(r"[-:\s]", "", text)
    if not re.fullmatch(r"[0-9A-Fa-f]{16}", digits):
        raise GbcsError(f"{text!r} is no EUI-64: 16 hexadecimal digits are expected")
    return bytes.fromhex(digits)
