"""The certification request of a CS02c response: PKCS#10 (RFC 2986, GBCS 13.3)."""

from dataclasses import dataclass
from typing import Annotated, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1

from gbcs_hil.errors import AuthenticationError, GbcsError
from gbcs_hil.gbcs.der import decode

_NO_KEY = b"\x04" + bytes(64)


@asn1.sequence
class _PublicKeyInfo:
    """SubjectPublicKeyInfo."""

    algorithm: asn1.TLV
    key: asn1.BitString


@asn1.sequence
class _RequestInfo:
    """CertificationRequestInfo."""

    version: int
    subject: asn1.TLV
    public_key_info: _PublicKeyInfo
    attributes: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]


@asn1.sequence
class _Request:
    """CertificationRequest."""

    info: _RequestInfo
    algorithm: asn1.TLV
    signature: asn1.BitString


@dataclass(frozen=True, slots=True)
class CertificationRequest:
    """A certification request, DER."""

    octets: bytes
    _der: _Request

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a request; lengths need not be in their shortest form.

        Raises:
            GbcsError: it is none.
        """
        der = decode(_Request, octets, "certification request")
        return cls(asn1.encode_der(der), der)

    @property
    def public_key(self) -> bytes:
        """The key that it asks a certificate for; 65 octets if it is one of P-256."""
        return self._der.info.public_key_info.key.as_bytes()

    def without_key(self) -> bytes:
        """Return the request with zeros for the key and its signature: what is not chance."""
        info = self._der.info
        blank = _PublicKeyInfo(
            algorithm=info.public_key_info.algorithm, key=asn1.BitString(_NO_KEY, 0)
        )
        return asn1.encode_der(
            _Request(
                info=_RequestInfo(
                    version=info.version,
                    subject=info.subject,
                    public_key_info=blank,
                    attributes=info.attributes,
                ),
                algorithm=self._der.algorithm,
                signature=asn1.BitString(bytes(64), 0),
            )
        )

    def verify(self) -> None:
        """Check that the requester has the private key.

        Raises:
            AuthenticationError: the signature is not by the key that the request names.
            GbcsError: key or signature are malformed.
        """
        try:
            good = x509.load_der_x509_csr(self.octets).is_signature_valid
        except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
            raise GbcsError(f"not a certification request: {error}") from None
        if not good:
            raise AuthenticationError("the certification request is not signed by its own key")
