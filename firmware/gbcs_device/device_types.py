"""What differs between an ESME, a GPF and a GSME: tables, not classes.

The cells are those that the reference vectors show or imply for each device type. A trust
anchor cell is named by {RemotePartyRole, key usage, cell usage}; here as a tuple whose key
usage is the content of its BIT STRING, so that a cell is written to a message as it stands.
"""

from gbcs_device._compat import const

DIGITAL_SIGNATURE = const(0x0780)
KEY_AGREEMENT = const(0x0308)
KEY_CERT_SIGN = const(0x0204)

NO_ROLE = const(-1)
ROOT = 0
RECOVERY = 1
SUPPLIER = 2
NETWORK_OPERATOR = 3
ACCESS_CONTROL_BROKER = 4
TRANSITIONAL_COS = 5

ROLE_NAMES = {
    ROOT: "root",
    RECOVERY: "recovery",
    SUPPLIER: "supplier",
    NETWORK_OPERATOR: "networkOperator",
    ACCESS_CONTROL_BROKER: "accessControlBroker",
    TRANSITIONAL_COS: "transitionalCoS",
}

MANAGEMENT = 0
PREPAYMENT_TOP_UP = 1

ROOT_CELL = (ROOT, KEY_CERT_SIGN, MANAGEMENT)
RECOVERY_CELL = (RECOVERY, DIGITAL_SIGNATURE, MANAGEMENT)
SUPPLIER_DS = (SUPPLIER, DIGITAL_SIGNATURE, MANAGEMENT)
SUPPLIER_KA = (SUPPLIER, KEY_AGREEMENT, MANAGEMENT)
SUPPLIER_KA_PREPAYMENT = (SUPPLIER, KEY_AGREEMENT, PREPAYMENT_TOP_UP)
NETWORK_OPERATOR_DS = (NETWORK_OPERATOR, DIGITAL_SIGNATURE, MANAGEMENT)
NETWORK_OPERATOR_KA = (NETWORK_OPERATOR, KEY_AGREEMENT, MANAGEMENT)
ACB_KA = (ACCESS_CONTROL_BROKER, KEY_AGREEMENT, MANAGEMENT)
TRANSITIONAL_COS_DS = (TRANSITIONAL_COS, DIGITAL_SIGNATURE, MANAGEMENT)

_COMMON = (
    ROOT_CELL,
    RECOVERY_CELL,
    SUPPLIER_DS,
    SUPPLIER_KA,
    SUPPLIER_KA_PREPAYMENT,
    ACB_KA,
    TRANSITIONAL_COS_DS,
)
_NETWORK_OPERATOR_CELLS = (NETWORK_OPERATOR_DS, NETWORK_OPERATOR_KA)

# The order within a role (DS, KA, KA for prepayment) is the one that CS02a answers in.
CELLS = {
    "esme": _COMMON + _NETWORK_OPERATOR_CELLS,
    "gpf": _COMMON + _NETWORK_OPERATOR_CELLS,
    "gsme": _COMMON,
}

_KEY_USAGE_NAMES = {
    DIGITAL_SIGNATURE: "digitalSignature",
    KEY_AGREEMENT: "keyAgreement",
    KEY_CERT_SIGN: "keyCertSign",
}


def cell_name(cell: tuple) -> str:
    """Return the name that the bench uses, such as "supplier/keyAgreement/prepaymentTopUp"."""
    role, usage, cell_usage = cell
    name = ROLE_NAMES[role] + "/" + _KEY_USAGE_NAMES[usage]
    return name + "/prepaymentTopUp" if cell_usage else name


def key_usage_name(usage: int) -> str:
    """Return the name of a key usage, such as "digitalSignature"."""
    return _KEY_USAGE_NAMES[usage]


def cells_of(identity) -> tuple:
    """Return the cells of a device under its profile."""
    cells = CELLS[identity.device_type]
    if identity.device_type == "gpf" and identity.settings["gpf-prepayment-cell"] == "absent":
        return tuple([cell for cell in cells if cell != SUPPLIER_KA_PREPAYMENT])
    return cells


def counter_roles(device_type: str) -> list:
    """Return the roles that have an execution counter on this device type, ascending."""
    roles = []
    for role, _, _ in CELLS[device_type]:
        if role not in roles:
            roles.append(role)
    return sorted(roles)
