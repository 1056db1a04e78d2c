"""What the SMKI certificate profiles fix: identifiers, names, extensions (GBCS section 12)."""

import hashlib

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import HARDWARE_MODULE_NAME, HardwareModuleName
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole

_HARDWARE_TYPE = x509.ObjectIdentifier("1.2.826.0.1.8641679.1.2.2.1")
_ORGANISATION_POLICY = x509.ObjectIdentifier("1.2.826.0.1.8641679.1.2.1.4")
_DEVICE_POLICY = x509.ObjectIdentifier("1.2.826.0.1.1800000.1.2.1.4")


def authority_name(common_name: str, role: RemotePartyRole | None) -> x509.Name:
    """Return a certificate authority's name; a device authority has no role."""
    printable = _ASN1Type.PrintableString
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name, printable)]
    if role is not None:
        unit = NameOID.ORGANIZATIONAL_UNIT_NAME
        parts.insert(0, x509.NameAttribute(unit, f"{role:02X}", printable))
    return x509.Name(parts)


def organisation_name(role: int, eui: bytes, name: str | None) -> x509.Name:
    """Return an organisation's name: its own if it has one, role or other unit, EUI-64."""
    parts: list[x509.NameAttribute[str | bytes]] = []
    if name is not None:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, name, _ASN1Type.UTF8String))
    unit = NameOID.ORGANIZATIONAL_UNIT_NAME
    parts.append(x509.NameAttribute(unit, f"{role:02X}", _ASN1Type.UTF8String))
    # The content of a BIT STRING starts with the number of unused bits.
    identifier = b"\x00" + eui
    parts.append(
        x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, identifier, _ASN1Type.BitString)
    )
    return x509.Name(parts)


def device_alternative_name(eui: bytes) -> x509.SubjectAlternativeName:
    """Return the only name that a device certificate has for its subject."""
    value = asn1.encode_der(HardwareModuleName(hardware_type=_HARDWARE_TYPE, serial_number=eui))
    return x509.SubjectAlternativeName([x509.OtherName(HARDWARE_MODULE_NAME, value)])


def key_identifier(public_key: bytes) -> bytes:
    """Return the key identifier of method 2 of RFC 5280, 4.2.1.2.

    Args:
        public_key: 65 octets, uncompressed.

    Returns:
        8 octets: the nibble 4 and the low 60 bits of the key's SHA-1.
    """
    # The profile names SHA-1; here it identifies and protects nothing.
    low = bytearray(hashlib.sha1(public_key, usedforsecurity=False).digest()[-8:])
    low[0] = 0x40 | low[0] & 0x0F
    return bytes(low)


def key_usage_extension(usage: KeyUsage) -> x509.KeyUsage:
    """Return the keyUsage of a certificate; whoever signs certificates signs CRLs too."""
    issues = usage is KeyUsage.KEY_CERT_SIGN
    return x509.KeyUsage(
        digital_signature=usage is KeyUsage.DIGITAL_SIGNATURE,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=usage is KeyUsage.KEY_AGREEMENT,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def policies(device: bool) -> x509.CertificatePolicies:
    """Return the one policy of a device's certificates, or of all others."""
    oid = _DEVICE_POLICY if device else _ORGANISATION_POLICY
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None)])


def authority_key_identifier(identifier: bytes) -> x509.AuthorityKeyIdentifier:
    """Return the extension in its keyIdentifier form."""
    return x509.AuthorityKeyIdentifier(identifier, None, None)


def leaf_extensions(
    usage: KeyUsage, public_key: bytes, issuer: bytes, device: bytes | None = None
) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """Return the extensions of a certificate that issues no others, with their criticality.

    Args:
        usage: what its key is for.
        public_key: 65 octets, uncompressed.
        issuer: the issuer's key identifier.
        device: the EUI-64 of the device that it is for; None for an organisation.
    """
    named = () if device is None else ((device_alternative_name(device), True),)
    identifier = x509.SubjectKeyIdentifier(key_identifier(public_key))
    return (
        (key_usage_extension(usage), True),
        (identifier, False),
        *named,
        (policies(device=device is not None), True),
        (authority_key_identifier(issuer), False),
    )


def check_eui(eui: bytes) -> bytes:
    """Return an EUI-64 that has 8 octets.

    Raises:
        CredentialError: it has not.
    """
    if len(eui) != 8:
        raise CredentialError(f"an EUI-64 has 8 octets, not {len(eui)}")
    return eui
