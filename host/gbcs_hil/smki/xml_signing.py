"""XML signing credentials: another certificate than the one that signs GBCS (OU 87)."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.smki import profile
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.issuing import Order, Secrets, issue, last_second

USER = 0x87
"""The organisational unit of a user's XML signing certificates; the DSP's have 0x89."""

_YEARS = 10


@dataclass(frozen=True)
class XmlSigningCredential:
    """What a user signs DUIS XML with; no trust anchor cell takes it.

    Attributes:
        eui: the user's EUI-64.
        certificate: DER.
        private_key: a P-256 test key.
    """

    eui: bytes
    certificate: bytes
    private_key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)


def xml_signing_credential(
    authority: Authority, eui: bytes, name: str, unit: int = USER
) -> XmlSigningCredential:
    """Issue an XML signing credential.

    Raises:
        CredentialError: the EUI-64 is malformed.
    """
    label = f"xml {unit:02X} {eui.hex()}"
    key = Secrets(authority.seed).key(label)
    start = authority.not_before
    order = Order(
        label,
        profile.organisation_name(unit, profile.check_eui(eui), name),
        key.public_key(),
        start,
        last_second(start, _YEARS),
        profile.leaf_extensions(
            KeyUsage.DIGITAL_SIGNATURE, public_octets(key.public_key()), authority.issuing.ski
        ),
    )
    return XmlSigningCredential(eui, issue(order, authority.issuing, authority.seed), key)
