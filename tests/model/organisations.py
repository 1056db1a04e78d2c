"""The organisations of the model's world: two for each role, two generations of keys, bad ones."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import ACB, RECOVERY, SUPPLIER_A, SUPPLIER_B, TRANSITIONAL_COS
from gbcs_hil.smki.parties import GAS_NETWORK_A as NETWORK_A
from gbcs_hil.smki.parties import GAS_NETWORK_B as NETWORK_B
from model.messages import Certificate
from model.rules import USAGES

AUTHORITY = Authority.create(b"model")
_STRANGERS = Authority.create(b"strangers")
_LATER = datetime(2031, 1, 1, tzinfo=UTC)

STRANGER = b"stranger"
"""The name of a key that nobody knows."""

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
GENERATIONS = 2


@dataclass(frozen=True)
class Organisation:
    """Who may stand in a cell: a role, the number of one of its parties, its keys' generation."""

    role: str
    number: int = 0
    generation: int = 0


PRIVATE_KEYS: dict[bytes, ec.EllipticCurvePrivateKey] = {
    STRANGER: ec.derive_private_key(0xBAD, ec.SECP256R1())
}
OCTETS: dict[Certificate, bytes] = {}
_HELD: dict[tuple[Organisation, str], Certificate] = {}


def certificate_for(cell: str, organisation: Organisation, fault: str = "") -> Certificate:
    """Return an organisation's certificate for a cell of any role.

    Args:
        cell: key usage and cell usage count.
        organisation: whose.
        fault: "garbage", "altered", "unchained", "later" or "usage"; or nothing.
    """
    usage = cell.partition("/")[2]
    if organisation.role == "root":
        return ROOT if not fault else _issue(organisation, _STRANGERS.root, chains=False)
    if fault == "usage":
        usage = "keyAgreement" if usage == "digitalSignature" else "digitalSignature"
    elif (organisation, usage) not in _HELD:
        # One certificate serves for top-ups too, but for a supplier's; others sign nothing.
        usage = "digitalSignature" if usage == "keyCertSign" else usage.partition("/")[0]
    good = _HELD.get((organisation, usage)) or _HELD[organisation, "digitalSignature"]
    if fault in ("", "usage"):
        return good
    return _FAULTY[fault, good]


def _issue(organisation: Organisation, held: Credential, **differences: bool) -> Certificate:
    PRIVATE_KEYS[held.ski] = held.private_key
    parsed = x509.load_der_x509_certificate(held.certificate)
    validity = (parsed.not_valid_before_utc, parsed.not_valid_after_utc)
    start, end = (f"{time:%Y%m%d%H%M%S}" for time in validity)
    usage = held.key_usage.gbcs_name
    certificate = Certificate(
        organisation.role, held.eui, usage, held.ski, start, end, **differences
    )
    OCTETS[certificate] = held.certificate
    return certificate


def _spoilt(good: Certificate, octets: bytes, **differences: bool) -> Certificate:
    shown = (good.role, good.eui, good.usage, good.key, good.not_before, good.not_after)
    certificate = Certificate(*shown, **differences)
    OCTETS[certificate] = octets
    return certificate


_FAULTY: dict[tuple[str, Certificate], Certificate] = {}


def _establish(organisation: Organisation) -> None:
    """Issue all certificates of an organisation, good and bad."""
    role, eui = RemotePartyRole(ROLES.index(organisation.role)), EUIS[organisation.role]
    arguments = {"eui": eui[organisation.number], "generation": 1 + organisation.generation}
    issued = AUTHORITY.organisation(role, **arguments)
    strange = _STRANGERS.organisation(role, **arguments)
    late = AUTHORITY.organisation(role, **{**arguments, "generation": 9}, not_before=_LATER)
    for held, other, later in zip(issued, strange, late, strict=True):
        good = _issue(organisation, held)
        _HELD[organisation, cell_name(held.cell).partition("/")[2]] = good
        altered = held.certificate[:-1] + bytes([held.certificate[-1] ^ 1])
        _FAULTY["garbage", good] = _spoilt(good, b"\x30\x00", well_formed=False)
        _FAULTY["altered", good] = _spoilt(good, altered, chains=False)
        _FAULTY["unchained", good] = _issue(organisation, other, chains=False)
        _FAULTY["later", good] = _issue(organisation, later)


ROLES = list(USAGES)
ROOT = _issue(Organisation("root"), AUTHORITY.root)
for _role in EUIS:
    for _number in (0, 1):
        for _generation in range(GENERATIONS):
            _establish(Organisation(_role, _number, _generation))
