"""GBCS message codes: the use case that each stands for (mapping table, column by column)."""

from dataclasses import dataclass
from enum import Enum, IntEnum
from types import MappingProxyType

from gbcs_hil.gbcs.names import CredentialsReplacementMode


class Protocol(Enum):
    """How a payload is coded."""

    ASN1 = "ASN.1 (DER)"
    DLMS = "DLMS COSEM"
    GBZ = "GBZ (ZigBee)"
    DEVICE = "the device's own"


class MessageCode(IntEnum):
    """The message codes that this project knows."""

    CS02A = 0x0008
    CS02C = 0x000A
    CS02D = 0x000B
    CS02E = 0x000C
    ECS02 = 0x001A
    ECS03 = 0x001B
    GCS02 = 0x006C
    GCS03 = 0x006D
    CS06_ALERT = 0x00CA
    CS02B_ALERT = 0x00CB
    DLMS_ALERT = 0x00CC
    GBZ_ALERT = 0x00CD
    CS02B_ROOT_BY_SUPPLIER = 0x0100
    CS02B_ROOT_BY_WAN_PROVIDER = 0x0101
    CS02B_SUPPLIER_BY_SUPPLIER = 0x0102
    CS02B_NETWORK_OPERATOR_BY_NETWORK_OPERATOR = 0x0103
    CS02B_ACB_BY_ACB = 0x0104
    CS02B_WAN_PROVIDER_BY_WAN_PROVIDER = 0x0105
    CS02B_TRANS_COS_BY_TRANS_COS = 0x0106
    CS02B_SUPPLIER_BY_TRANS_COS = 0x0107
    CS02B_ANY_EXCEPT_ABNORMAL_ROOT_BY_RECOVERY = 0x0108
    CS02B_ANY_BY_CONTINGENCY = 0x0109
    CS02F = 0x011B
    CS02G_ALERT = 0x0124
    CS02G_LOAD_CONTROLLER_BY_LOAD_CONTROLLER = 0x0125
    CS02G_LOAD_CONTROLLER_BY_SUPPLIER = 0x0126
    CRITICAL_ALERT = 0x1000
    NON_CRITICAL_ALERT = 0x1001


@dataclass(frozen=True, slots=True)
class UseCase:
    """One row of the GBCS mapping table.

    Attributes:
        name: the use case as GBCS numbers it, such as `CS02b networkOperatorByNetworkOperator`.
        title: what it does, for a person.
        protocol: how its payload is coded.
    """

    name: str
    title: str
    protocol: Protocol


def code_of_mode(mode: CredentialsReplacementMode) -> MessageCode:
    """Return the message code of a replacement mode: CS02b's, or CS02g's for modes 10 and 11."""
    first_of_cs02g = CredentialsReplacementMode.LOAD_CONTROLLER_BY_LOAD_CONTROLLER
    if mode < first_of_cs02g:
        return MessageCode(MessageCode.CS02B_ROOT_BY_SUPPLIER + mode)
    first = MessageCode.CS02G_LOAD_CONTROLLER_BY_LOAD_CONTROLLER
    return MessageCode(first + mode - first_of_cs02g)


MODE_OF_CODE = MappingProxyType({code_of_mode(mode): mode for mode in CredentialsReplacementMode})


def _updates() -> dict[int, UseCase]:
    return {
        code: UseCase(
            f"{'CS02b' if code < MessageCode.CS02F else 'CS02g'} {mode.gbcs_name}",
            "Update Security Credentials",
            Protocol.ASN1,
        )
        for code, mode in MODE_OF_CODE.items()
    }


USE_CASES: MappingProxyType[int, UseCase] = MappingProxyType(
    {
        MessageCode.CS02A: UseCase("CS02a", "Provide Security Credential Details", Protocol.ASN1),
        MessageCode.CS02C: UseCase("CS02c", "Issue Security Credentials", Protocol.ASN1),
        MessageCode.CS02D: UseCase("CS02d", "Update Device Certificates on Device", Protocol.ASN1),
        MessageCode.CS02E: UseCase(
            "CS02e", "Provide Device Certificates from Device", Protocol.ASN1
        ),
        MessageCode.ECS02: UseCase("ECS02", "Set ESME Payment Mode to Credit", Protocol.DLMS),
        MessageCode.ECS03: UseCase("ECS03", "Set ESME Payment Mode to Prepayment", Protocol.DLMS),
        MessageCode.GCS02: UseCase("GCS02", "Set GSME Payment Mode to Credit", Protocol.GBZ),
        MessageCode.GCS03: UseCase("GCS03", "Set GSME Payment Mode to Prepayment", Protocol.GBZ),
        MessageCode.CS06_ALERT: UseCase(
            "CS06", "Future-dated Activate Firmware alert", Protocol.ASN1
        ),
        MessageCode.CS02B_ALERT: UseCase(
            "CS02b", "Future-dated Update Security Credentials alert", Protocol.ASN1
        ),
        MessageCode.DLMS_ALERT: UseCase("-", "Future-dated command alert", Protocol.DLMS),
        MessageCode.GBZ_ALERT: UseCase("-", "Future-dated command alert", Protocol.GBZ),
        MessageCode.CS02F: UseCase(
            "CS02f", "Provide Security Credential Details 2", Protocol.ASN1
        ),
        MessageCode.CS02G_ALERT: UseCase(
            "CS02g", "Future-dated Update Security Credentials alert", Protocol.ASN1
        ),
        MessageCode.CRITICAL_ALERT: UseCase("-", "Generic critical alert", Protocol.DEVICE),
        MessageCode.NON_CRITICAL_ALERT: UseCase(
            "-", "Generic non-critical alert", Protocol.DEVICE
        ),
        **_updates(),
    }
)
