"""Keys, serial numbers and signed certificates, by chance or reproducibly from a seed."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding

from gbcs_hil.smki.credential import Credential

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Secrets:
    """Where keys and serial numbers come from: chance, or a seed and a label.

    Attributes:
        seed: any octets, or None for chance.
    """

    seed: bytes | None

    def _octets(self, label: str, count: int) -> bytes:
        if self.seed is None:
            return secrets.token_bytes(count)
        info = f"gbcs-hil test PKI {label}".encode()
        return HKDF(hashes.SHA256(), count, salt=None, info=info).derive(self.seed)

    def key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """Return a new P-256 key, or a seed's only one under this label."""
        # 48 octets leave a bias of 2**-128 after the reduction.
        number = int.from_bytes(self._octets(f"key {label}", 48), "big")
        return ec.derive_private_key(number % (_P256_ORDER - 1) + 1, ec.SECP256R1())

    def serial(self, label: str) -> int:
        """Return a positive serial number of 16 octets."""
        octets = self._octets(f"serial {label}", 16)
        # The first bits 01 make it positive and 16 octets long.
        return int.from_bytes(bytes([octets[0] & 0x3F | 0x40]) + octets[1:], "big")


@dataclass(frozen=True)
class Order:
    """A certificate to be issued; everything that differs between the profiles.

    Attributes:
        label: makes the serial number, and keys, of a seeded authority its own.
        subject: the subject's name.
        public_key: the subject's key.
        not_before: start of validity.
        not_after: end of validity.
        extensions: the extensions with their criticality, in order.
    """

    label: str
    subject: x509.Name
    public_key: ec.EllipticCurvePublicKey
    not_before: datetime
    not_after: datetime
    extensions: tuple[tuple[x509.ExtensionType, bool], ...]


def last_second(start: datetime, years: int) -> datetime:
    """Return the last second of a validity of so many years."""
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    return start.replace(year=start.year + years, day=day) - timedelta(seconds=1)


def issue(
    order: Order, issuer: Credential | ec.EllipticCurvePrivateKey, seed: bytes | None
) -> bytes:
    """Sign a certificate.

    Args:
        order: what is to be in it.
        issuer: who signs; a mere key signs its own certificate, which makes a root.
        seed: what the serial number is derived from, or None for chance.

    Returns:
        DER.
    """
    if isinstance(issuer, Credential):
        key = issuer.private_key
        name = x509.load_der_x509_certificate(issuer.certificate).subject
    else:
        key, name = issuer, order.subject
    builder = (
        x509.CertificateBuilder()
        .serial_number(Secrets(seed).serial(f"{order.label} {order.not_before:%Y%m%d%H%M%S}"))
        .issuer_name(name)
        .subject_name(order.subject)
        .public_key(order.public_key)
        .not_valid_before(order.not_before)
        .not_valid_after(order.not_after)
    )
    for extension, critical in order.extensions:
        builder = builder.add_extension(extension, critical)
    deterministic = None if seed is None else True
    certificate = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic)
    return certificate.public_bytes(Encoding.DER)
