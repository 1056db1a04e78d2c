"""The tables of GBCS that the model's rules stand on: codes, cells, and modes of CS02b (13.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from model.messages import Command, Payment, Read, Update

CANCEL = "99991231235959"
LARGEST_SEQUENCE_NUMBER = 2**63 - 1
READ, UPDATE, UPDATE_ALERT, CRITICAL_ALERT = 0x0008, 0x0100, 0x00CB, 0x1000
SUCCEEDED, FAILED, CREDENTIALS_UPDATED = 0x8F66, 0x8F67, 0x8F70
# The setting that names the event of a refusal, and what it is by default.
EVENTS = {
    **dict.fromkeys(("malformed", "unsupported"), ("format-event", "8F1E")),
    **dict.fromkeys(
        ("wrong-target", "bad-mac", "bad-signature"), ("authentication-event", "8F3E")
    ),
    "not-authorised": ("authorisation-event", "8F53"),
    "replay": ("replay-event", "8F53"),
}
LOG_ENTRIES = 32
# Octets of the commands that may wait, the ones that a new one replaces among them.
ROOM = 12_288
# The codes for credit and for prepayment, and the alerts that their execution raises.
PAYMENTS = {"esme": (0x001A, 0x001B), "gsme": (0x006C, 0x006D), "gpf": ()}
PAYMENT_ALERTS = {0x001A: (0x00CC,), 0x001B: (0x00CC,) * 2, 0x006C: (0x00CD,), 0x006D: (0x00CD,)}

USAGES = {
    "root": ("keyCertSign",),
    "recovery": ("digitalSignature",),
    "supplier": ("digitalSignature", "keyAgreement", "keyAgreement/prepaymentTopUp"),
    "networkOperator": ("digitalSignature", "keyAgreement"),
    "accessControlBroker": ("keyAgreement",),
    "transitionalCoS": ("digitalSignature",),
}
ACB_KA = "accessControlBroker/keyAgreement"
SUPPLIER_DS = "supplier/digitalSignature"
COS_DS = "transitionalCoS/digitalSignature"


@dataclass(frozen=True)
class Mode:
    """Which cell authorises a credentials replacement mode, how, and whose cells it is for."""

    cell: str
    roles: tuple[str, ...]
    mac: bool = True
    signed: bool = True

    @property
    def role(self) -> str:
        """The authorising cell's."""
        return role_of(self.cell)


MODES = {
    2: Mode(SUPPLIER_DS, ("supplier",)),
    3: Mode("networkOperator/digitalSignature", ("networkOperator",)),
    4: Mode(ACB_KA, ("accessControlBroker",), signed=False),
    6: Mode(COS_DS, ("transitionalCoS",)),
    7: Mode(COS_DS, ("supplier",)),
    8: Mode("recovery/digitalSignature", tuple(USAGES), mac=False),
}


def mode_of(command: Command) -> Mode:
    """Return who authorises a command; who changes the payment mode is the supplier."""
    if isinstance(command.body, Read):
        by_mac = command.body.cell == ACB_KA
        return Mode(command.body.cell, (), mac=by_mac, signed=not by_mac)
    return MODES.get(command.code - UPDATE, MODES[2])


def cells_of(device_type: str, settings: Mapping[str, str]) -> list[str]:
    """Return the names of a device's cells; a GSME has none for a network operator."""
    lacks = "networkOperator" if device_type == "gsme" else ""
    cells = [f"{role}/{usage}" for role in USAGES if role != lacks for usage in USAGES[role]]
    if device_type == "gpf" and settings.get("gpf-prepayment-cell") == "absent":
        cells.remove("supplier/keyAgreement/prepaymentTopUp")
    return cells


def role_of(cell: str) -> str:
    """Return the role that a cell is for."""
    return cell.partition("/")[0]


def date_of(command: Command) -> str:
    """Return when a command that may wait is to be executed."""
    assert isinstance(command.body, Update | Payment)
    return command.body.execution
