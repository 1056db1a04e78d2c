"""Reading a certificate of the SMKI profiles (GBCS section 12)."""

import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import public_octets

HARDWARE_MODULE_NAME = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4")
"""id-on-hardwareModuleName (RFC 4108): how a device certificate names its device."""


@asn1.sequence
class HardwareModuleName:
    """HardwareModuleName: hwType, and hwSerialNum, which is the device's EUI-64."""

    hardware_type: x509.ObjectIdentifier
    serial_number: bytes


_MALFORMED = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    CryptographyDeprecationWarning,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, kw_only=True, slots=True)
class SmkiCertificate:
    """What GBCS needs to know of a certificate.

    Attributes:
        role: the subject's role, from its OU; None in a device certificate.
        eui: the subject's EUI-64; None in a certificate of a root or issuing authority.
        name: the subject's common name, if it has one.
        issuer: the issuer's name as text, such as `CN=Z1,OU=07`.
        serial: the serial number.
        ski: subject key identifier.
        aki: authority key identifier; None if there is none, as in a root's.
        key_usages: every key usage that it names and GBCS knows; one in a good certificate.
        public_key: P-256, 65 octets uncompressed.
        not_before: start of validity, UTC.
        not_after: end of validity, UTC.
        authority: whether it may issue others.
    """

    role: RemotePartyRole | None
    eui: bytes | None
    name: str | None
    issuer: str
    serial: int
    ski: bytes
    aki: bytes | None
    key_usages: tuple[KeyUsage, ...]
    public_key: bytes
    not_before: datetime
    not_after: datetime
    authority: bool

    @property
    def key_usage(self) -> KeyUsage:
        """The first key usage; a certificate of the profiles has exactly one that counts."""
        return self.key_usages[0]


@lru_cache(maxsize=512)
def read_certificate(octets: bytes) -> SmkiCertificate:
    """Read an SMKI certificate. Neither its signature nor its validity is judged.

    Args:
        octets: DER.

    Raises:
        CredentialError: it is malformed, or lacks what every SMKI certificate has.
    """
    try:
        with warnings.catch_warnings():
            # What `cryptography` only warns of today, such as a negative serial, is no profile's.
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            return _read(x509.load_der_x509_certificate(octets))
    except CredentialError:
        raise
    except _MALFORMED as error:
        raise CredentialError(f"not a certificate: {' '.join(str(error).split())}") from None


def _read(certificate: x509.Certificate) -> SmkiCertificate:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CredentialError("the certificate's key is not one of P-256")
    ski = _extension(certificate, x509.SubjectKeyIdentifier)
    usage = _extension(certificate, x509.KeyUsage)
    if ski is None or usage is None:
        raise CredentialError("the certificate lacks its key identifier or key usage")
    aki = _extension(certificate, x509.AuthorityKeyIdentifier)
    basic = _extension(certificate, x509.BasicConstraints)
    return SmkiCertificate(
        role=_role(certificate),
        eui=_organisation_eui(certificate) or _device_eui(certificate),
        name=_text(certificate.subject, NameOID.COMMON_NAME),
        issuer=certificate.issuer.rfc4514_string(),
        serial=certificate.serial_number,
        ski=ski.digest,
        aki=None if aki is None else aki.key_identifier,
        key_usages=_usages(usage),
        public_key=public_octets(key),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        authority=basic is not None and basic.ca,
    )


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _usages(usage: x509.KeyUsage) -> tuple[KeyUsage, ...]:
    named = (
        (usage.digital_signature, KeyUsage.DIGITAL_SIGNATURE),
        (usage.key_agreement, KeyUsage.KEY_AGREEMENT),
        (usage.key_cert_sign, KeyUsage.KEY_CERT_SIGN),
    )
    usages = tuple(member for given, member in named if given)
    if not usages:
        raise CredentialError("the certificate's key usage is none that GBCS knows")
    return usages


def _role(certificate: x509.Certificate) -> RemotePartyRole | None:
    unit = _text(certificate.subject, NameOID.ORGANIZATIONAL_UNIT_NAME)
    if unit is None:
        return None
    try:
        if not re.fullmatch(r"[0-9A-Fa-f]{2}", unit):
            raise ValueError
        return RemotePartyRole(int(unit, 16))
    except ValueError:
        raise CredentialError(f"the certificate's OU {unit[:20]!r} is no role") from None


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    for attribute in name.get_attributes_for_oid(oid):
        return attribute.value if isinstance(attribute.value, str) else None
    return None


def _organisation_eui(certificate: x509.Certificate) -> bytes | None:
    for attribute in certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER):
        content = attribute.value
        # A BIT STRING's content: the number of unused bits, then the identifier.
        if not isinstance(content, bytes) or len(content) != 9 or content[0] != 0:
            raise CredentialError("the certificate's x500UniqueIdentifier is no EUI-64")
        return content[1:]
    return None


def _device_eui(certificate: x509.Certificate) -> bytes | None:
    names = _extension(certificate, x509.SubjectAlternativeName)
    for name in names or ():
        if isinstance(name, x509.OtherName) and name.type_id == HARDWARE_MODULE_NAME:
            return _hardware_serial(name.value)
    return None


def _hardware_serial(der: bytes) -> bytes:
    serial = asn1.decode_der(HardwareModuleName, der).serial_number
    if len(serial) != 8:
        raise CredentialError("the certificate's hwSerialNum is no EUI-64")
    return serial
