"""Read the X.509 certificates of the SMKI profiles (GBCS 12, RFC 5280, RFC 5759).

Only what those profiles allow is accepted: version 3, P-256, ecdsa-with-SHA256, key
identifiers of eight octets, one key usage, a critical certificate policy. A certificate with
anything else is refused as malformed, an unknown critical extension included.
"""

from hashlib import sha256

from gbcs_device import der, p256
from gbcs_device._compat import const
from gbcs_device.certificate_extensions import Extensions
from gbcs_device.device_types import NO_ROLE
from gbcs_device.rejection import malformed

ECDSA_WITH_SHA256 = b"\x2a\x86\x48\xce\x3d\x04\x03\x02"
P256_KEY = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
_ORGANISATIONAL_UNIT = b"\x55\x04\x0b"
_UNIQUE_IDENTIFIER = b"\x55\x04\x2d"
_PRINTABLE_STRING = const(0x13)
_UTF8_STRING = const(0x0C)
_VERSION_3 = b"\x02\x01\x02"


class Certificate(Extensions):
    """An SMKI certificate, parsed but not verified; its extensions' attributes are its own.

    Attributes:
        octets: the whole certificate.
        role: the RemotePartyRole in the subject's OU, or `NO_ROLE`.
        unique_id: the EUI-64 in the subject's x500UniqueIdentifier, or empty.
        public_key: 65 octets, uncompressed.
        not_before, not_after: YYYYMMDDhhmmss.
    """

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
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
            bytes(self.octets[start:stop]) != P256_KEY
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
        super().__init__(extensions.enter())
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

    def verify(self, issuer_public_key: bytes, comb=None) -> None:
        """Check the signature on this certificate.

        Args:
            issuer_public_key: 65 octets.
            comb: that key's, if there is one (`combs`).

        Raises:
            p256.CurveError: it does not verify under that key.
        """
        start, stop = self._signed
        digest = sha256(memoryview(self.octets)[start:stop]).digest()
        p256.verify(issuer_public_key, digest, self._signature, comb)


def _hexadecimal_role(text: bytes) -> int:
    # int() alone would take signs and spaces for digits.
    for octet in text:
        if octet not in b"0123456789ABCDEFabcdef":
            return NO_ROLE
    return int(text.decode(), 16) if len(text) == 2 else NO_ROLE


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
