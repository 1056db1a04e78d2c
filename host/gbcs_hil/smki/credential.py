"""A certificate with its private key. All keys here are test keys."""

from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell

NO_EUI = bytes(8)
"""How GBCS reports the subject of a root certificate, which has no EUI-64."""


@dataclass(frozen=True)
class Credential:
    """What its owner needs to act: a certificate and the private key to it.

    Attributes:
        certificate: DER.
        private_key: a P-256 test key.
        eui: the subject's EUI-64; `NO_EUI` for a root or issuing authority.
        role: the subject's role; None for a device and its authorities.
        key_usage: what the key may do.
        cell_usage: which of a supplier's key agreement keys it is; no certificate tells.
        ski: subject key identifier, 8 octets.
        public_key: 65 octets, uncompressed.
    """

    certificate: bytes
    private_key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)
    eui: bytes
    role: RemotePartyRole | None
    key_usage: KeyUsage
    cell_usage: CellUsage
    ski: bytes
    public_key: bytes

    @classmethod
    def of(
        cls,
        certificate: bytes,
        private_key: ec.EllipticCurvePrivateKey,
        cell_usage: CellUsage = CellUsage.MANAGEMENT,
    ) -> Self:
        """Join a certificate, DER, and its private key.

        Raises:
            CredentialError: the certificate is malformed, or the key is another one's.
        """
        read = read_certificate(certificate)
        if public_octets(private_key.public_key()) != read.public_key:
            raise CredentialError("the private key does not belong to the certificate")
        return cls(
            certificate,
            private_key,
            read.eui or NO_EUI,
            read.role,
            read.key_usage,
            cell_usage,
            read.ski,
            read.public_key,
        )

    @property
    def cell(self) -> TrustAnchorCell:
        """The trust anchor cell that this credential is made for.

        Raises:
            CredentialError: it is a device's, and goes to no cell.
        """
        if self.role is None:
            raise CredentialError("a device's credential goes to no trust anchor cell")
        return TrustAnchorCell(self.role, self.key_usage, self.cell_usage)
