"""Read the X.509 certificates of the SMKI profiles (GBCS 12, RFC 5280, RFC 5759).

Only what those profiles allow is accepted: version 3, P-256, ecdsa-with-SHA256, key
identifiers of eight octets, one key usage, a critical certificate policy. A certificate with
anything else is refused as malformed, an unknown critical extension included.
"""

from hashlib import sha256

from gbcs_device import der, p256
from gbcs_device._compat import const
from gbcs_device.rejection import malformed

DIGITAL_SIGNATURE = const(0x0780)
KEY_AGREEMENT = const(0x0308)
KEY_CERT_SIGN = const(0x0204)
_KEY_CERT_SIGN_AND_CRL_SIGN = const(0x0106)

NO_ROLE = const(-1)

ECDSA_WITH_SHA256 = b"\x2a\x86\x48\xce\x3d\x04\x03\x02"
P256_KEY = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
_ORGANISATIONAL_UNIT = b"\x55\x04\x0b"
_UNIQUE_IDENTIFIER = b"\x55\x04\x2d"
_PRINTABLE_STRING = const(0x13)
_UTF8_STRING = const(0x0C)
_VERSION_3 = b"\x02\x01\x02"

_HARDWARE_MODULE_NAME = b"\x2b\x06\x01\x05\x05\x07\x08\x04"

# The last octet of id-ce (2.5.29.n) for each extension that the profiles use.
_ID_CE = b"\x55\x1d"
_SUBJECT_KEY_IDENTIFIER = const(14)
_KEY_USAGE = const(15)
_SUBJECT_ALTERNATIVE_NAME = const(17)
_BASIC_CONSTRAINTS = const(19)
_CERTIFICATE_POLICIES = const(32)
_AUTHORITY_KEY_IDENTIFIER = const(35)

_KEY_IDENTIFIER_LENGTH = const(8)


class Certificate:
    """An SMKI certificate, parsed but not verified.

    Attributes:
        role: the RemotePartyRole in the subject's OU, or `NO_ROLE`.
        unique_id: the EUI-64 in the subject's x500UniqueIdentifier, or empty.
        key_usage: `DIGITAL_SIGNATURE`, `KEY_AGREEMENT` or `KEY_CERT_SIGN`.
        is_ca: whether basicConstraints names a CA.
        path_length: how many authorities may stand below it; -1 where it does not say.
        device_eui: the EUI-64 in a device certificate's subjectAltName, or empty.
        public_key: 65 octets, uncompressed.
        ski, aki: key identifiers of 8 octets; `aki` is empty where absent.
        not_before, not_after: YYYYMMDDhhmmss.
    """

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        outer = der.Reader(octets)
        body = outer.enter()
        outer.finish()
        start, stop = body.span(der.SEQUENCE)
        self._signed = (start, stop)
        self._algorithm(body)
        self._signature = _raw_signature(body.content(der.BIT_STRING))
        body.finish()
        self._to_be_signed(der.Reader(octets, start, stop).enter())

    def _algorithm(self, reader: der.Reader) -> None:
        algorithm = reader.enter()
        if algorithm.content(der.OBJECT_IDENTIFIER) != ECDSA_WITH_SHA256:
            raise malformed("a certificate not signed by ecdsa-with-SHA256")
        algorithm.finish()

    def _to_be_signed(self, tbs: der.Reader) -> None:
        if tbs.content(0xA0) != _VERSION_3:
            raise malformed("a certificate of another version than 3")
        serial = tbs.content(der.INTEGER)
        if not 1 <= len(serial) <= 20 or serial[0] & 0x80:
            raise malformed("an unusable certificate serial number")
        self._algorithm(tbs)
        tbs.span(der.SEQUENCE)  # The issuer's name: the key identifiers find the issuer.
        validity = tbs.enter()
        self.not_before = validity.time()
        self.not_after = validity.time()
        validity.finish()
        self._subject(tbs.enter())
        key = tbs.enter()
        start, stop = key.span(der.SEQUENCE)
        point = key.content(der.BIT_STRING)
        key.finish()
        if (
            bytes(self._octets[start:stop]) != P256_KEY
            or len(point) != 66
            or point[:2] != b"\x00\x04"
        ):
            raise malformed("a certificate without an uncompressed P-256 key")
        self.public_key = point[1:]
        try:
            p256.check_public_key(self.public_key)
        except p256.CurveError as error:
            raise malformed("a certificate whose key is no key: %s" % error.args[0])
        extensions = tbs.enter(0xA3)
        self._extensions(extensions.enter())
        extensions.finish()
        tbs.finish()

    def _subject(self, names: der.Reader) -> None:
        self.role = NO_ROLE
        self.unique_id = b""
        while names.more():
            relative = names.enter(der.SET)
            attribute = relative.enter()
            relative.finish()
            kind = attribute.content(der.OBJECT_IDENTIFIER)
            if kind == _ORGANISATIONAL_UNIT:
                text = attribute.content(
                    _UTF8_STRING if attribute.next_is(_UTF8_STRING) else _PRINTABLE_STRING
                )
                attribute.finish()
                self.role = _hexadecimal_role(text)
            elif kind == _UNIQUE_IDENTIFIER:
                value = attribute.content(der.BIT_STRING)
                if len(value) != 9 or value[0]:
                    raise malformed("an x500UniqueIdentifier that is no EUI-64")
                attribute.finish()
                self.unique_id = value[1:]

    def _extensions(self, extensions: der.Reader) -> None:
        self.ski = self.aki = b""
        self.key_usage = 0
        self.is_ca = False
        self.path_length = -1
        self.device_eui = b""
        self._has_policy = False
        seen = []
        while extensions.more():
            extension = extensions.enter()
            oid = extension.content(der.OBJECT_IDENTIFIER)
            critical = False
            if extension.next_is(der.BOOLEAN):
                critical = extension.content(der.BOOLEAN) == b"\xff"
            value = der.Reader(extension.content(der.OCTET_STRING))
            extension.finish()
            kind = oid[2] if len(oid) == 3 and oid[:2] == _ID_CE else -1
            if oid in seen:
                raise malformed("a certificate extension that stands twice")
            seen.append(oid)
            if self._extension(kind, critical, value):
                value.finish()
            elif critical:
                raise malformed("an unknown critical certificate extension")
        if len(self.ski) != _KEY_IDENTIFIER_LENGTH or len(self.aki) not in (
            0,
            _KEY_IDENTIFIER_LENGTH,
        ):
            raise malformed("a certificate without key identifiers of eight octets")
        if not self.key_usage or not self._has_policy:
            raise malformed("a certificate without critical keyUsage and certificatePolicies")

    def _extension(self, kind: int, critical: bool, value: der.Reader) -> bool:
        """Take an extension's value if it is one that the profiles use; return whether it is."""
        if kind == _KEY_USAGE and critical:
            self.key_usage = _key_usage(value.content(der.BIT_STRING))
        elif kind == _SUBJECT_KEY_IDENTIFIER:
            self.ski = value.content(der.OCTET_STRING)
        elif kind == _AUTHORITY_KEY_IDENTIFIER:
            self.aki = value.enter().content(0x80)
        elif kind == _CERTIFICATE_POLICIES and critical:
            self._has_policy = value.enter().more()
        elif kind == _BASIC_CONSTRAINTS:
            constraints = value.enter()
            if constraints.next_is(der.BOOLEAN):
                self.is_ca = constraints.content(der.BOOLEAN) == b"\xff"
            if constraints.more():
                self.path_length = constraints.integer()
            constraints.finish()
        elif kind == _SUBJECT_ALTERNATIVE_NAME:
            self.device_eui = _hardware_serial(value.enter())
        else:
            return False
        return True

    def verify(self, issuer_public_key: bytes) -> None:
        """Check the signature on this certificate.

        Raises:
            p256.CurveError: it does not verify under that key.
        """
        start, stop = self._signed
        digest = sha256(memoryview(self._octets)[start:stop]).digest()
        p256.verify(issuer_public_key, digest, self._signature)


def _hardware_serial(names: der.Reader) -> bytes:
    """Return the serial number of a hardwareModuleName, a device's EUI-64 (GBCS 12)."""
    other = names.enter(0xA0)
    names.finish()
    if other.content(der.OBJECT_IDENTIFIER) != _HARDWARE_MODULE_NAME:
        return b""
    module = other.enter(0xA0).enter()
    module.content(der.OBJECT_IDENTIFIER)
    return module.content(der.OCTET_STRING)


def _hexadecimal_role(text: bytes) -> int:
    # int() alone would take signs and spaces for digits.
    for octet in text:
        if octet not in b"0123456789ABCDEFabcdef":
            return NO_ROLE
    return int(text.decode(), 16) if len(text) == 2 else NO_ROLE


def _key_usage(bits: bytes) -> int:
    usage = int.from_bytes(bits, "big") if len(bits) == 2 else 0
    if usage == _KEY_CERT_SIGN_AND_CRL_SIGN:
        return KEY_CERT_SIGN
    if usage not in (DIGITAL_SIGNATURE, KEY_AGREEMENT, KEY_CERT_SIGN):
        raise malformed("a certificate for another use than one of GBCS's")
    return usage


def _raw_signature(bits: bytes) -> bytes:
    """Return r and s of a DER ECDSA signature, 32 octets each."""
    outer = der.Reader(bits, 1)
    if bits[:1] != b"\x00":
        raise malformed("an unusable certificate signature")
    both = outer.enter()
    outer.finish()
    raw = b""
    for _ in range(2):
        value = both.content(der.INTEGER)
        if not value or value[0] & 0x80 or (len(value) > 1 and not value[0] and value[1] < 0x80):
            raise malformed("an unusable certificate signature")
        if value[0] == 0:
            value = value[1:]
        if len(value) > 32:
            raise malformed("an unusable certificate signature")
        raw += bytes(32 - len(value)) + value
    both.finish()
    return raw
