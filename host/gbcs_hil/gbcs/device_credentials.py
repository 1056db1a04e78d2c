"""CS02c, CS02d and CS02e: a Device's own keys and certificates (SRV 6.17, 6.15.2, 6.24.2).

CS02c has a Device make a key pair and answer a certification request for it, CS02d gives it
the certificate of that key pair, CS02e reads the certificate in use. Where something is wrong
a Device answers an INTEGER instead.
"""

from dataclasses import dataclass
from typing import Self, TypeVar

from cryptography.hazmat import asn1

from gbcs_hil.gbcs import security_credentials_asn1 as der_of
from gbcs_hil.gbcs.der import SEQUENCE, decode, normalise_lengths, raw
from gbcs_hil.gbcs.message import Message, pre_command
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import KeyUsage, Named

DEVICE_KEY_USAGES = (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT)
"""What a Device has a key pair for."""

_Result = TypeVar("_Result", bound=Named)


class IssueFailure(Named):
    """Why CS02c brings no certification request."""

    INVALID_KEY_USAGE = 1, "invalidKeyUsage"
    KEY_PAIR_GENERATION_FAILED = 2, "keyPairGenerationFailed"
    REQUEST_PRODUCTION_FAILED = 3, "cRProductionFailed"


class UpdateResult(Named):
    """What became of the certificate that CS02d brings."""

    SUCCESS = 0, "success"
    INVALID_CERTIFICATE = 1, "invalidCertificate"
    WRONG_DEVICE_IDENTITY = 2, "wrongDeviceIdentity"
    INVALID_KEY_USAGE = 3, "invalidKeyUsage"
    NO_KEY_PAIR_GENERATED = 4, "noCorrespondingKeyPairGenerated"
    WRONG_PUBLIC_KEY = 5, "wrongPublicKey"
    CERTIFICATE_STORAGE_FAILED = 6, "certificateStorageFailed"
    PRIVATE_KEY_CHANGE_FAILED = 7, "privateKeyChangeFailed"


class ReadFailure(Named):
    """Why CS02e brings no certificate."""

    INVALID_KEY_USAGE = 1, "invalidKeyUsage"
    NO_CERTIFICATE_HELD = 2, "noCertificateHeld"
    CERTIFICATE_RETRIEVAL_FAILURE = 3, "certificateRetrievalFailure"


@asn1.sequence
class _KeyUsageDer:
    """All that CS02c and CS02e commands say."""

    key_usage: asn1.BitString


@dataclass(frozen=True, slots=True)
class KeyUsageCommand:
    """The payload of a CS02c or CS02e command: for which use is the key?"""

    key_usage: KeyUsage

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a command's payload.

        Raises:
            GbcsError: it is not one, or names no use that GBCS knows.
        """
        der = decode(_KeyUsageDer, payload, "CS02c or CS02e command")
        return cls(der_of.key_usage_from(der.key_usage))

    def encode(self) -> bytes:
        """Return the payload's DER."""
        return asn1.encode_der(_KeyUsageDer(key_usage=der_of.key_usage_to(self.key_usage)))


@dataclass(frozen=True, slots=True)
class CertificateCommand:
    """The payload of a CS02d command: a Device's certificate, DER, and nothing round it."""

    certificate: bytes

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a command's payload; the certificate's octets stay as they are.

        Raises:
            GbcsError: it is no SEQUENCE.
        """
        return cls(der_of.certificate_from(raw(payload, "CS02d command")))

    def encode(self) -> bytes:
        """Return the payload.

        Raises:
            GbcsError: the certificate is not even one DER value.
        """
        raw(self.certificate, "certificate")
        return self.certificate


@dataclass(frozen=True, slots=True)
class IssueResponse:
    """The payload of a CS02c response.

    Attributes:
        outcome: a PKCS#10 certification request, DER, or why there is none.
    """

    outcome: bytes | IssueFailure

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is neither a SEQUENCE nor a number that GBCS knows.
        """
        return cls(_object_or(IssueFailure, payload, "CS02c response"))

    def encode(self) -> bytes:
        """Return the payload's DER."""
        return _encoded(self.outcome)


@dataclass(frozen=True, slots=True)
class CertificateResponse:
    """The payload of a CS02d response."""

    result: UpdateResult

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is no number that GBCS knows.
        """
        return cls(UpdateResult.require(decode(int, payload, "CS02d response")))

    def encode(self) -> bytes:
        """Return the payload's DER."""
        return _encoded(self.result)


@dataclass(frozen=True, slots=True)
class ReadCertificateResponse:
    """The payload of a CS02e response.

    Attributes:
        outcome: the certificate in use, DER, or why there is none.
    """

    outcome: bytes | ReadFailure

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a response's payload.

        Raises:
            GbcsError: it is neither a SEQUENCE nor a number that GBCS knows.
        """
        return cls(_object_or(ReadFailure, payload, "CS02e response"))

    def encode(self) -> bytes:
        """Return the payload's DER."""
        return _encoded(self.outcome)


def issue_security_credentials(
    originator: bytes, recipient: bytes, counter: int, key_usage: KeyUsage
) -> Message:
    """Build a CS02c pre-command: make a key pair and ask for its certificate.

    Args:
        originator: the Supplier's EUI-64.
        recipient: the Device's EUI-64.
        counter: Originator Counter.
        key_usage: what the key pair is for; a Device refuses other ones than its two.

    Raises:
        GbcsError: an identifier or the counter is out of range.
    """
    payload = KeyUsageCommand(key_usage).encode()
    return pre_command(MessageCode.CS02C, originator, recipient, counter, payload)


def update_device_certificate(
    originator: bytes, recipient: bytes, counter: int, certificate: bytes
) -> Message:
    """Build a CS02d pre-command: here is the certificate of the key pair that you made.

    Args:
        originator: the Supplier's EUI-64.
        recipient: the Device's EUI-64.
        counter: Originator Counter.
        certificate: DER.

    Raises:
        GbcsError: an identifier or the counter is out of range, or the certificate is no DER.
    """
    payload = CertificateCommand(certificate).encode()
    return pre_command(MessageCode.CS02D, originator, recipient, counter, payload)


def read_device_certificate(
    originator: bytes, recipient: bytes, counter: int, key_usage: KeyUsage
) -> Message:
    """Build a CS02e pre-command: which certificate do you hold for this use?

    Args:
        originator: the Supplier's EUI-64.
        recipient: the Device's EUI-64.
        counter: Originator Counter.
        key_usage: digitalSignature or keyAgreement.

    Raises:
        GbcsError: an identifier or the counter is out of range.
    """
    payload = KeyUsageCommand(key_usage).encode()
    return pre_command(MessageCode.CS02E, originator, recipient, counter, payload)


def _object_or(failures: type[_Result], payload: bytes, what: str) -> bytes | _Result:
    """Return the SEQUENCE that a payload is, in DER, or the failure that it names."""
    octets = normalise_lengths(payload).octets
    if octets[0] == SEQUENCE:
        return octets
    return failures.require(decode(int, octets, what))


def _encoded(outcome: bytes | Named) -> bytes:
    return outcome if isinstance(outcome, bytes) else asn1.encode_der(int(outcome))
