"""CS02c, CS02d and CS02e: the device's own keys and certificates (SRV 6.17, 6.15.2, 6.24.2).

    CS02c  SEQUENCE { keyUsage }  answers a PKCS#10 request for a key pair made for it
    CS02d  Certificate            takes that key pair into use under its certificate
    CS02e  SEQUENCE { keyUsage }  answers the certificate in use

An INTEGER in place of the answer says what was wrong; CS02d always answers one.
"""

from hashlib import sha256

from gbcs_device import der, key_generation, p256
from gbcs_device._compat import const
from gbcs_device.certificate import ECDSA_WITH_SHA256, P256_KEY, Certificate
from gbcs_device.device_types import DIGITAL_SIGNATURE, KEY_AGREEMENT
from gbcs_device.own_credentials import LONGEST
from gbcs_device.rejection import Rejected
from gbcs_device.security_log import (
    AGREEMENT_KEY_FAILED,
    AGREEMENT_KEY_REPLACED,
    SIGNING_KEY_FAILED,
    SIGNING_KEY_REPLACED,
)
from gbcs_device.use_case import UseCase

_USAGES = (DIGITAL_SIGNATURE, KEY_AGREEMENT)

_INVALID_KEY_USAGE = const(1)
_KEY_PAIR_FAILED = const(2)
_NO_CERTIFICATE_HELD = const(2)

_STORED = const(0)
_INVALID_CERTIFICATE = const(1)
_WRONG_DEVICE = const(2)
_WRONG_USAGE = const(3)
_NOTHING_REQUESTED = const(4)
_WRONG_PUBLIC_KEY = const(5)
_STORAGE_FAILED = const(6)

_REPLACED = {DIGITAL_SIGNATURE: SIGNING_KEY_REPLACED, KEY_AGREEMENT: AGREEMENT_KEY_REPLACED}
_FAILED = {DIGITAL_SIGNATURE: SIGNING_KEY_FAILED, KEY_AGREEMENT: AGREEMENT_KEY_FAILED}


class _UsageCommand(UseCase):
    """A command that names one of the device's keys by its usage."""

    dated_response = False

    def __init__(self, message, identity) -> None:
        super().__init__(message, identity)
        outer = der.payload_reader(message, identity)
        body = outer.enter()
        outer.finish()
        usage = body.content(der.BIT_STRING)
        body.finish()
        self._usage = int.from_bytes(usage, "big") if len(usage) == 2 else 0


class IssueCredentials(_UsageCommand):
    """A CS02c command: make a key pair and a certification request for it."""

    def execute(self, state, now: str, random) -> bytes:
        """Return the PKCS#10 request (RFC 2986), or why there is none."""
        if self._usage not in _USAGES:
            return der.integer(_INVALID_KEY_USAGE)
        try:
            private_key = key_generation.generate(random)
        except p256.CurveError:
            return der.integer(_KEY_PAIR_FAILED)
        public_key = p256.public_key(private_key)
        state.own = state.own.with_request(self._usage, private_key, public_key)
        return _certification_request(private_key, public_key)


class UpdateDeviceCertificate(UseCase):
    """A CS02d command: a certificate for the key pair of the last CS02c."""

    dated_response = False

    def __init__(self, message, identity) -> None:
        super().__init__(message, identity)
        start, stop = message.payload
        outer = der.Reader(message.octets, start, stop)
        outer.span(der.SEQUENCE)
        outer.finish()
        self._certificate = memoryview(message.octets)[start:stop]

    def execute(self, state, now: str, random) -> bytes:
        """Take the key pair into use if the certificate is for it; return what came of it."""
        try:
            certificate = Certificate(self._certificate)
        except Rejected:
            return der.integer(_INVALID_CERTIFICATE)
        usage = certificate.key_usage
        result = self._check(certificate, state.own)
        if result == _STORED:
            state.own = state.own.with_certificate(usage, bytes(self._certificate))
        if usage in _USAGES:
            self.events.append(_REPLACED[usage] if result == _STORED else _FAILED[usage])
        return der.integer(result)

    def _check(self, certificate: Certificate, own) -> int:
        if certificate.device_eui != self.identity.eui:
            return _WRONG_DEVICE
        if certificate.key_usage not in _USAGES:
            return _WRONG_USAGE
        requested = own.requested.get(certificate.key_usage)
        if requested is None:
            return _NOTHING_REQUESTED
        if requested[1] != certificate.public_key:
            return _WRONG_PUBLIC_KEY
        return _STORED if len(self._certificate) <= LONGEST else _STORAGE_FAILED


class ReadDeviceCertificate(_UsageCommand):
    """A CS02e command: which certificate stands for this use?"""

    read_only = True

    def __init__(self, message, identity) -> None:
        super().__init__(message, identity)
        if identity.settings["cs02e-replay-protection"] == "off":
            self.counter_role = None

    def execute(self, state, now: str, random) -> bytes:
        """Return the certificate, or why there is none."""
        if self._usage not in _USAGES:
            return der.integer(_INVALID_KEY_USAGE)
        return state.own.certificates.get(self._usage) or der.integer(_NO_CERTIFICATE_HELD)


def _certification_request(private_key: bytes, public_key: bytes) -> bytes:
    key = der.encode(der.SEQUENCE, P256_KEY, der.encode(der.BIT_STRING, b"\x00", public_key))
    information = der.encode(
        der.SEQUENCE, der.integer(0), der.encode(der.SEQUENCE), key, der.encode(0xA0)
    )
    signature = p256.sign(private_key, sha256(information).digest())
    numbers = [
        der.encode(der.INTEGER, _positive(signature[:32])),
        der.encode(der.INTEGER, _positive(signature[32:])),
    ]
    return der.encode(
        der.SEQUENCE,
        information,
        der.encode(der.SEQUENCE, der.encode(der.OBJECT_IDENTIFIER, ECDSA_WITH_SHA256)),
        der.encode(der.BIT_STRING, b"\x00", der.encode(der.SEQUENCE, *numbers)),
    )


def _positive(octets: bytes) -> bytes:
    """Return the shortest content of a DER INTEGER with this value."""
    first = 0
    while first < len(octets) - 1 and not octets[first]:
        first += 1
    octets = octets[first:]
    return b"\x00" + octets if octets[0] & 0x80 else octets


USE_CASES = {
    0x000A: IssueCredentials,
    0x000B: UpdateDeviceCertificate,
    0x000C: ReadDeviceCertificate,
}
