"""Certificates beyond the bench's PKI: renewed ones, odd ones, links between roots."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.bench.start_state import HOLDERS, cells_of
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell, digital_signing
from gbcs_hil.smki import profile
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.issuing import Order, Secrets, issue
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_B, Party
from head_end import AUTHORITY

_NETWORK_DS = digital_signing(Role.NETWORK_OPERATOR)

SEED = b"made certificates"
START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2054, 1, 1, tzinfo=UTC)


def authority(
    name: str,
    issuer: Credential | None,
    *,
    role: Role = Role.ISSUING_AUTHORITY,
    key: ec.EllipticCurvePrivateKey | None = None,
    path_length: int | None = None,
    is_ca: bool = True,
    start: datetime = START,
    end: datetime = END,
) -> Credential:
    """Return an authority: by an issuer, or by itself where there is none."""
    key = key or Secrets(SEED).key(name)
    public = key.public_key()
    ski = profile.key_identifier(public_octets(public))
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (profile.key_usage_extension(KeyUsage.KEY_CERT_SIGN), True),
        (x509.BasicConstraints(ca=is_ca, path_length=path_length), True),
        (profile.policies(device=False), True),
        (x509.SubjectKeyIdentifier(ski), False),
    ]
    if issuer is not None:
        extensions.append((profile.authority_key_identifier(issuer.ski), False))
    subject = profile.authority_name(name, role)
    order = Order(name, subject, public, start, end, tuple(extensions))
    return Credential.of(issue(order, issuer or key, SEED), key)


def link(old: Credential, new: Credential, **changes: Any) -> bytes:
    """Return the certificate by which an old root vouches for a new root's key."""
    made = authority("a link", old, role=Role.ROOT, key=new.private_key, **changes)
    assert made.ski == new.ski
    return made.certificate


def organisation(issuer: Credential, role: Role, eui: bytes, cell: TrustAnchorCell) -> Credential:
    """Return an organisation's credential for a cell, by any issuer."""
    maker = Authority.create(SEED)
    changed = Authority(
        root=maker.root,
        issuing=issuer,
        device_root=maker.device_root,
        device_issuing=maker.device_issuing,
        seed=SEED,
    )
    return changed.organisation(role, eui, cells=[cell], not_before=START)[0]


def renewed(party: Party, cells: Sequence[TrustAnchorCell] | None = None) -> list[Credential]:
    """Return new credentials of a party, for all the cells of its role or for some."""
    issued = AUTHORITY.organisation(
        party.role, party.eui, party.name, CELLS_OF_ROLE[party.role], generation=2
    )
    return [held for held in issued if cells is None or held.cell in cells]


def operator(
    cell: TrustAnchorCell = _NETWORK_DS,
    *,
    not_before: datetime | None = None,
) -> Credential:
    """Return a credential of Gas Network B that stands in no cell from the start."""
    role, eui = Role.NETWORK_OPERATOR, GAS_NETWORK_B.eui
    return AUTHORITY.organisation(role, eui, cells=[cell], generation=3, not_before=not_before)[0]


def recovered(device_type: str) -> list[Credential]:
    """Return new credentials for every cell of a device but the root's.

    Supplier B and Gas Network B get in; the other cells keep their organisations.
    """
    parties = {
        Role.SUPPLIER: SUPPLIER_B,
        Role.NETWORK_OPERATOR: GAS_NETWORK_B,
    }
    made: list[Credential] = []
    for cell in cells_of(device_type):
        if cell.role is not Role.ROOT:
            eui = parties.get(cell.role, HOLDERS[cell.role]).eui
            made += AUTHORITY.organisation(cell.role, eui, cells=[cell], generation=5)
    return made


def with_changed_body(
    certificate: bytes, change: Callable[[bytes], bytes], issuer: Credential = AUTHORITY.issuing
) -> bytes:
    """Return a certificate whose signed part was changed and signed again."""
    parsed = x509.load_der_x509_certificate(certificate)
    body = parsed.tbs_certificate_bytes
    start = certificate.index(body)
    algorithm = certificate[start + len(body) :][:12]
    changed = change(body)
    ecdsa = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    signature = b"\0" + issuer.private_key.sign(changed, ecdsa)
    return tlv(0x30, changed + algorithm + tlv(0x03, signature))


def of_a_device(eui: bytes, key: bytes, usage: KeyUsage, length: int) -> bytes:
    """Return a device's certificate of about so many octets, for what it says besides."""
    content = bytes(length - len(AUTHORITY.device_certificate(eui, key, usage)) - 17)
    issuer = AUTHORITY.device_issuing
    extensions = (
        *profile.leaf_extensions(usage, key, issuer.ski, eui),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.840.113556"), content), False),
    )
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    return issue(Order("long", x509.Name([]), public, START, END, extensions), issuer, SEED)


def off_the_curve(certificate: bytes) -> bytes:
    """Return a certificate, well signed, whose public key is no point."""
    key = certificate[certificate.index(b"\x03\x42\x00\x04") + 3 :][:65]
    return with_changed_body(certificate, lambda body: body.replace(key, _spoilt(key)))


def _spoilt(key: bytes) -> bytes:
    return key[:-1] + bytes([key[-1] ^ 1])


def tlv(tag: int, content: bytes) -> bytes:
    """Return one element of DER."""
    count = len(content)
    size = b"" if count < 0x80 else count.to_bytes(1 if count < 0x100 else 2, "big")
    head = bytes([0x80 | len(size)]) + size if size else bytes([count])
    return bytes([tag]) + head + content
