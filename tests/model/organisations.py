"""The organisations of the model's world: two for each role, two generations of keys, bad ones."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import ACB, RECOVERY, SUPPLIER_A, SUPPLIER_B, TRANSITIONAL_COS
from gbcs_hil.smki.parties import GAS_NETWORK_A as NETWORK_A
from gbcs_hil.smki.parties import GAS_NETWORK_B as NETWORK_B
from model.messages import Certificate
from model.tables import SUPPLIER_DS

AUTHORITY = Authority.create(b"model")
_STRANGERS = Authority.create(b"strangers")
_LATER = datetime(2031, 1, 1, tzinfo=UTC)

STRANGER = b"stranger"
"""The name of a key that nobody knows."""

ROLES = {role.gbcs_name: role for role in RemotePartyRole}
CELLS: dict[str, TrustAnchorCell] = {
    cell_name(cell): cell for cells in CELLS_OF_ROLE.values() for cell in cells
}
EUIS = {
    "recovery": (RECOVERY.eui, b"\x02GBHIL\x10\x01"),
    "supplier": (SUPPLIER_A.eui, SUPPLIER_B.eui),
    "networkOperator": (NETWORK_A.eui, NETWORK_B.eui),
    "accessControlBroker": (ACB.eui, b"\x02GBHIL\x10\x02"),
    "transitionalCoS": (TRANSITIONAL_COS.eui, b"\x02GBHIL\x10\x04"),
}
CERTIFICATE_FAULTS = ("garbage", "altered", "unchained", "later", "usage")


@dataclass(frozen=True)
class Organisation:
    """Who may stand in a cell: a role, the number of one of its parties, its keys' generation."""

    role: str
    number: int = 0
    generation: int = 0


PRIVATE_KEYS = {STRANGER: ec.derive_private_key(0xBAD, ec.SECP256R1())}
OCTETS: dict[Certificate, bytes] = {}


@cache
def certificate_for(cell: str, organisation: Organisation, fault: str = "") -> Certificate:
    """Return an organisation's certificate for a cell of any role; only strangers forge a root.

    Args:
        cell: key usage and cell usage count.
        organisation: whose.
        fault: one of `CERTIFICATE_FAULTS`, or nothing.
    """
    authority = _STRANGERS if fault == "unchained" else AUTHORITY
    who = f"{organisation.role} {organisation.number}.{organisation.generation}"
    if organisation.role == "root":
        held = authority.root
    else:
        target = CELLS[cell]
        if fault == "usage":
            signs = target.key_usage is KeyUsage.DIGITAL_SIGNATURE
            target = CELLS["supplier/keyAgreement" if signs else SUPPLIER_DS]
        elif target.key_usage is KeyUsage.KEY_CERT_SIGN:
            target = CELLS[SUPPLIER_DS]
        (held,) = authority.organisation(
            ROLES[organisation.role],
            EUIS[organisation.role][organisation.number],
            cells=[target],
            generation=9 if fault == "later" else 1 + organisation.generation,
            not_before=_LATER if fault == "later" else None,
        )
    PRIVATE_KEYS[held.ski] = held.private_key
    parsed = x509.load_der_x509_certificate(held.certificate)
    octets = held.certificate
    if fault == "garbage":
        octets = b"\x30\x00"
    elif fault == "altered":
        octets = octets[:-1] + bytes([octets[-1] ^ 1])
    certificate = Certificate(
        f"{who} {fault}".rstrip(),
        organisation.role,
        held.eui,
        held.key_usage.gbcs_name,
        held.ski,
        f"{parsed.not_valid_before_utc:%Y%m%d%H%M%S}",
        f"{parsed.not_valid_after_utc:%Y%m%d%H%M%S}",
        well_formed=fault != "garbage",
        chains=fault not in ("altered", "unchained"),
    )
    OCTETS[certificate] = octets
    return certificate
