"""The extensions of the SMKI profiles' certificates (GBCS 12, RFC 5280 4.2)."""

from gbcs_device import der
from gbcs_device._compat import const
from gbcs_device.device_types import DIGITAL_SIGNATURE, KEY_AGREEMENT, KEY_CERT_SIGN
from gbcs_device.rejection import malformed

_KEY_CERT_SIGN_AND_CRL_SIGN = const(0x0106)

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


class Extensions:
    """What a certificate's extensions say.

    Attributes:
        key_usage: `DIGITAL_SIGNATURE`, `KEY_AGREEMENT` or `KEY_CERT_SIGN`.
        is_ca: whether basicConstraints names a CA.
        path_length: how many authorities may stand below it; -1 where it does not say.
        device_eui: the EUI-64 in a device certificate's subjectAltName, or empty.
        ski, aki: key identifiers of 8 octets; `aki` is empty where absent.
    """

    def __init__(self, extensions: der.Reader) -> None:
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
            value = extension.enter(der.OCTET_STRING)
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


def _hardware_serial(names: der.Reader) -> bytes:
    """Return the serial number of a hardwareModuleName, a device's EUI-64 (GBCS 12)."""
    other = names.enter(0xA0)
    names.finish()
    if other.content(der.OBJECT_IDENTIFIER) != _HARDWARE_MODULE_NAME:
        return b""
    module = other.enter(0xA0).enter()
    module.content(der.OBJECT_IDENTIFIER)
    return module.content(der.OCTET_STRING)


def _key_usage(bits: bytes) -> int:
    usage = int.from_bytes(bits, "big") if len(bits) == 2 else 0
    if usage == _KEY_CERT_SIGN_AND_CRL_SIGN:
        return KEY_CERT_SIGN
    if usage not in (DIGITAL_SIGNATURE, KEY_AGREEMENT, KEY_CERT_SIGN):
        raise malformed("a certificate for another use than one of GBCS's")
    return usage
