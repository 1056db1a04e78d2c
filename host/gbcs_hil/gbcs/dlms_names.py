"""The DLMS COSEM attributes that GBCS's payment mode commands set (ECS02, ECS03)."""

from dataclasses import dataclass
from types import MappingProxyType

from gbcs_hil.gbcs.message_codes import MessageCode

ACCOUNT_CLASS, ACCOUNT = 0x006F, bytes.fromhex("0001130000FF")
EXTENDED_DATA_CLASS, DISABLEMENT_THRESHOLD = 0x2328, bytes.fromhex("00005E2C8016")


@dataclass(frozen=True, order=True, slots=True)
class Attribute:
    """One attribute of one object.

    Attributes:
        class_id: the COSEM interface class.
        instance: the logical name, 6 octets.
        number: which attribute.
    """

    class_id: int
    instance: bytes
    number: int

    def encode(self) -> bytes:
        """Return the 9 octets that address it."""
        return self.class_id.to_bytes(2, "big") + self.instance + bytes([self.number])


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an attribute is for.

    Attributes:
        name: its name.
        members: the names of the members of its structure, or of its rows' structures.
    """

    name: str
    members: tuple[str, ...] = ()


MODE_AND_STATUS = Attribute(ACCOUNT_CLASS, ACCOUNT, 2)
CREDIT_CHARGE_CONFIGURATION = Attribute(ACCOUNT_CLASS, ACCOUNT, 11)
ACCOUNT_ACTIVATION_TIME = Attribute(ACCOUNT_CLASS, ACCOUNT, 13)
THRESHOLD = Attribute(EXTENDED_DATA_CLASS, DISABLEMENT_THRESHOLD, 4)
THRESHOLD_ACTIVATION_TIME = Attribute(EXTENDED_DATA_CLASS, DISABLEMENT_THRESHOLD, 6)

MEANINGS: MappingProxyType[Attribute, Meaning] = MappingProxyType(
    {
        MODE_AND_STATUS: Meaning("Account mode and status", ("payment mode", "account status")),
        CREDIT_CHARGE_CONFIGURATION: Meaning(
            "Account credit charge configuration",
            ("credit", "charge", "collection configuration"),
        ),
        ACCOUNT_ACTIVATION_TIME: Meaning("Account activation time"),
        THRESHOLD: Meaning("disablement threshold"),
        THRESHOLD_ACTIVATION_TIME: Meaning("disablement threshold activation time"),
    }
)

TARGETS: MappingProxyType[int, tuple[Attribute, ...]] = MappingProxyType(
    {
        MessageCode.ECS02: (MODE_AND_STATUS, CREDIT_CHARGE_CONFIGURATION, ACCOUNT_ACTIVATION_TIME),
        MessageCode.ECS03: (
            MODE_AND_STATUS,
            THRESHOLD,
            CREDIT_CHARGE_CONFIGURATION,
            THRESHOLD_ACTIVATION_TIME,
            ACCOUNT_ACTIVATION_TIME,
        ),
    }
)
"""What a use case sets, in order; a response has one result for each."""

PAYMENT_MODES = MappingProxyType({1: "credit", 2: "prepayment"})
DATA_ACCESS_RESULTS = MappingProxyType(
    {
        0: "success",
        1: "hardware-fault",
        2: "temporary-failure",
        3: "read-write-denied",
        4: "object-undefined",
        9: "object-class-inconsistent",
        11: "object-unavailable",
        12: "type-unmatched",
        13: "scope-of-access-violated",
        14: "data-block-unavailable",
        250: "other-reason",
    }
)
REQUESTS = MappingProxyType({1: "get", 2: "set", 3: "action"})
