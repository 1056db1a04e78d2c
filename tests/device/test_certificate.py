"""The device reads certificates as the host does, and only those that the profiles allow."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from gbcs_device import p256
from gbcs_device.certificate import Certificate
from gbcs_device.rejection import MALFORMED, Rejected
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.smki import profile
from gbcs_hil.smki.parties import GAS_NETWORK_A
from head_end import (
    AUTHORITY,
    PKI,
    signing,
)
from made_certificates import (
    off_the_curve,
    tlv,
    with_changed_body,
)

_BITS = {
    0x0780: KeyUsage.DIGITAL_SIGNATURE,
    0x0308: KeyUsage.KEY_AGREEMENT,
    0x0204: KeyUsage.KEY_CERT_SIGN,
}
DEVICE_EUI = bytes.fromhex("00DB1234567890A0")
ISSUED = {
    f"{held.role!r}-{held.key_usage!r}-{number}": (held.certificate, AUTHORITY.issuing.public_key)
    for number, held in enumerate(PKI.credentials)
} | {
    "root": (AUTHORITY.root.certificate, AUTHORITY.root.public_key),
    "issuing": (AUTHORITY.issuing.certificate, AUTHORITY.root.public_key),
    "device-ds": (
        AUTHORITY.device(DEVICE_EUI)[0].certificate,
        AUTHORITY.device_issuing.public_key,
    ),
    "device-ka": (
        AUTHORITY.device(DEVICE_EUI)[1].certificate,
        AUTHORITY.device_issuing.public_key,
    ),
}
CERTIFICATE = signing(GAS_NETWORK_A).certificate


def refusal(octets: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        Certificate(octets)
    assert caught.value.reason == MALFORMED
    return str(caught.value.detail)


def assert_read_as_the_host_does(octets: bytes, *, device: bool = False) -> None:
    ours, theirs = Certificate(octets), read_certificate(octets)
    assert ours.public_key == theirs.public_key
    assert (ours.ski, ours.aki or None) == (theirs.ski, theirs.aki)
    assert ours.role == (-1 if theirs.role is None else theirs.role)
    # A device is named in its alternative name, which no trust anchor cell needs.
    assert (ours.unique_id or None) == (None if device else theirs.eui)
    assert _BITS[ours.key_usage] is theirs.key_usage
    assert ours.is_ca is theirs.authority
    for our_time, their_time in (
        (ours.not_before, theirs.not_before),
        (ours.not_after, theirs.not_after),
    ):
        assert our_time == their_time.strftime("%Y%m%d%H%M%S")


@pytest.mark.parametrize("name", ISSUED)
def test_every_field_is_what_the_host_reads(name: str) -> None:
    octets, _ = ISSUED[name]
    assert_read_as_the_host_does(octets, device=name.startswith("device"))


@pytest.mark.parametrize("name", ISSUED)
def test_a_certificate_verifies_under_its_issuer_and_under_no_other_key(name: str) -> None:
    octets, issuer = ISSUED[name]
    Certificate(octets).verify(issuer)
    with pytest.raises(p256.CurveError):
        Certificate(octets).verify(signing(GAS_NETWORK_A).public_key)


def test_reference_certificates_are_read_as_the_host_does(rtds: Path) -> None:
    read = 0
    for file in sorted((rtds / "keystore").glob("*.pem")):
        octets = x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)
        assert_read_as_the_host_does(octets, device=file.name.startswith("00db"))
        read += 1
    assert read


def test_times_beyond_2049_are_read() -> None:
    octets = AUTHORITY.device(DEVICE_EUI)[0].certificate
    assert Certificate(octets).not_after == "99991231235959"


def test_every_truncation_is_malformed() -> None:
    for size in range(len(CERTIFICATE)):
        refusal(CERTIFICATE[:size])


def test_octets_behind_a_certificate_are_malformed() -> None:
    for tail in (b"\0", b"\x05\0", CERTIFICATE):
        refusal(CERTIFICATE + tail)


def elements(octets: bytes, start: int = 0, stop: int = -1) -> list[int]:
    """Return where the length octets of every element stand, however deep."""
    found: list[int] = []
    stop = len(octets) if stop < 0 else stop
    while start < stop:
        tag, first = octets[start], octets[start + 1]
        count = first & 0x7F if first & 0x80 else 0
        content = start + 2 + count
        end = content + (int.from_bytes(octets[start + 2 : content]) if count else first)
        found += range(start + 1, content)
        if tag & 0x20:
            found += elements(octets, content, end)
        start = end
    return found


def names_in(octets: bytes) -> list[range]:
    """Return where issuer and subject lie: the device reads of them what it needs."""
    parsed = x509.load_der_x509_certificate(octets)
    found = []
    for name in (parsed.issuer.public_bytes(), parsed.subject.public_bytes()):
        start = octets.index(name)
        found.append(range(start + 2, start + len(name)))
    return found


def test_every_other_length_is_malformed() -> None:
    names = names_in(CERTIFICATE)
    lengths = [at for at in elements(CERTIFICATE) if not any(at in name for name in names)]
    assert len(lengths) > 30
    for at in lengths:
        for octet in set(range(256)) - {CERTIFICATE[at]}:
            refusal(CERTIFICATE[:at] + bytes([octet]) + CERTIFICATE[at + 1 :])


@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_no_octet_can_be_changed(bit: int) -> None:
    for at in range(len(CERTIFICATE)):
        octets = bytearray(CERTIFICATE)
        octets[at] ^= bit
        try:
            changed = Certificate(bytes(octets))
        except Rejected as rejected:
            assert rejected.reason == MALFORMED
            continue
        with pytest.raises(p256.CurveError):
            changed.verify(AUTHORITY.issuing.public_key)


@given(st.integers(0, len(CERTIFICATE)), st.binary(max_size=8), st.integers(0, 8))
def test_a_certificate_with_a_hole_or_a_graft_is_malformed_or_reads(
    at: int, graft: bytes, hole: int
) -> None:
    try:
        Certificate(CERTIFICATE[:at] + graft + CERTIFICATE[at + hole :])
    except Rejected as rejected:
        assert rejected.reason == MALFORMED


KEY = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
POINT = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
RSA_KEY = rsa.RSAPublicNumbers(65537, 0xC5 << 1016 | 1).public_key()
SUBJECT = profile.organisation_name(Role.NETWORK_OPERATOR, GAS_NETWORK_A.eui, "Somebody")
USAGE = profile.key_usage_extension
SECOND_KEY_IDENTIFIER = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("2.5.29.99"), b"\x04\x08" + bytes(8)
)
Extension = tuple[x509.ExtensionType, bool]
EXTENSIONS: dict[str, Extension] = {
    "usage": (USAGE(KeyUsage.DIGITAL_SIGNATURE), True),
    "ski": (x509.SubjectKeyIdentifier(profile.key_identifier(POINT)), False),
    "policies": (profile.policies(device=False), True),
    "aki": (profile.authority_key_identifier(AUTHORITY.issuing.ski), False),
}


def made(
    subject: x509.Name = SUBJECT,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | None = None,
    algorithm: hashes.SHA256 | hashes.SHA384 | None = None,
    **changes: Extension | None,
) -> bytes:
    """Return a certificate to the profile but for what is named."""
    builder = (
        x509.CertificateBuilder()
        .serial_number(0x40 << 120)
        .issuer_name(profile.authority_name("HIL TEST ISSUER", Role.ISSUING_AUTHORITY))
        .subject_name(subject)
        .public_key(key or KEY.public_key())
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2033, 12, 31, 23, 59, 59, tzinfo=UTC))
    )
    for extension in (EXTENSIONS | changes).values():
        if extension is not None:
            builder = builder.add_extension(extension[0], extension[1])
    issuer = AUTHORITY.issuing.private_key
    return builder.sign(issuer, algorithm or hashes.SHA256()).public_bytes(Encoding.DER)


def two_usages() -> x509.KeyUsage:
    return x509.KeyUsage(True, False, False, False, True, False, False, False, False)


def named(attribute: str | bytes, oid: x509.ObjectIdentifier, kind: _ASN1Type) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, attribute, kind)])


BREACHES: dict[str, Callable[[], bytes]] = {
    "no key usage": lambda: made(usage=None),
    "key usage not critical": lambda: made(usage=(USAGE(KeyUsage.DIGITAL_SIGNATURE), False)),
    "two key usages": lambda: made(usage=(two_usages(), True)),
    "no policy": lambda: made(policies=None),
    "policy not critical": lambda: made(policies=(profile.policies(device=False), False)),
    "no key identifier": lambda: made(ski=None),
    "a key identifier of 20 octets": lambda: made(
        ski=(x509.SubjectKeyIdentifier(bytes(20)), False)
    ),
    "an issuer's key identifier of 20 octets": lambda: made(
        aki=(profile.authority_key_identifier(bytes(20)), False)
    ),
    "an unknown critical extension": lambda: made(
        more=(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), True)
    ),
    "an extension that stands twice": lambda: patched(
        b"\x55\x1d\x63", b"\x55\x1d\x0e", made(more=(SECOND_KEY_IDENTIFIER, False))
    ),
    "another curve": lambda: made(key=ec.derive_private_key(7, ec.SECP384R1()).public_key()),
    "another curve of 256 bits": lambda: made(
        key=ec.derive_private_key(7, ec.SECP256K1()).public_key()
    ),
    "an RSA key": lambda: made(key=RSA_KEY),
    "another hash": lambda: made(algorithm=hashes.SHA384()),
    "version 1": lambda: patched(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x00"),
    "version 2": lambda: patched(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01"),
    "a negative serial number": lambda: patched(b"\x02\x10\x40", b"\x02\x10\xc0"),
    "the thirteenth month": lambda: patched(b"240101000000Z", b"241301000000Z"),
    "a time without zone": lambda: patched(b"240101000000Z", b"2401010000000"),
    "a point off the curve": lambda: off_the_curve(made()),
    "a point at the origin": lambda: patched(POINT, b"\x04" + bytes(64)),
    "coordinates above the field": lambda: patched(POINT, b"\x04" + b"\xff" * 64),
    "a hybrid point": lambda: patched(POINT, bytes([6 | POINT[-1] & 1]) + POINT[1:]),
    "a compressed point's tag": lambda: patched(POINT, b"\x02" + POINT[1:]),
    "a public key with unused bits": lambda: patched(
        b"\x03\x42\x00" + POINT, b"\x03\x42\x01" + POINT
    ),
    "a unique identifier of 7 octets": lambda: made(
        named(b"\0" + bytes(7), NameOID.X500_UNIQUE_IDENTIFIER, _ASN1Type.BitString)
    ),
    "a unique identifier with unused bits": lambda: made(
        named(b"\1" + bytes(8), NameOID.X500_UNIQUE_IDENTIFIER, _ASN1Type.BitString)
    ),
}
LEFT_OVER: dict[str, Callable[[], bytes]] = {
    "a role": lambda: patched(b"\x0c\x0203", b"\x0c\x0103"),
    "a unique identifier": lambda: patched(
        b"\x03\x09\x00" + GAS_NETWORK_A.eui, b"\x03\x08\x00" + GAS_NETWORK_A.eui
    ),
    "key usage": lambda: made(usage=left_over("usage")),
    "key identifier": lambda: made(ski=left_over("ski")),
    "policies": lambda: made(policies=left_over("policies")),
    "issuer's key identifier": lambda: made(aki=left_over("aki")),
}


def left_over(name: str) -> Extension:
    extension, critical = EXTENSIONS[name]
    value = extension.public_bytes() + b"\x05\x00"
    return x509.UnrecognizedExtension(extension.oid, value), critical


def patched(old: bytes, new: bytes, certificate: bytes | None = None) -> bytes:
    def change(body: bytes) -> bytes:
        assert body.count(old) == 1
        return body.replace(old, new)

    return with_changed_body(certificate or made(), change)


@pytest.mark.parametrize("breach", BREACHES)
def test_what_the_profiles_do_not_allow_is_malformed(breach: str) -> None:
    assert_read_as_the_host_does(made())
    refusal(BREACHES[breach]())


@pytest.mark.parametrize("place", LEFT_OVER)
def test_octets_left_over_anywhere_are_malformed(place: str) -> None:
    refusal(LEFT_OVER[place]())


def test_an_unknown_extension_that_is_not_critical_does_no_harm() -> None:
    extension = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    assert_read_as_the_host_does(made(more=(extension, False)))


@pytest.mark.parametrize(
    ("unit", "role"),
    [("03", 3), ("7F", 127), ("7f", 127), ("3", -1), ("003", -1), ("XY", -1), ("é", -1)]
    + [(text, -1) for text in ("+3", "-3", " 3", "3 ", "3_")],
)
def test_a_role_is_two_hexadecimal_digits(unit: str, role: int) -> None:
    name = named(unit, NameOID.ORGANIZATIONAL_UNIT_NAME, _ASN1Type.UTF8String)
    assert Certificate(made(name)).role == role


def with_signature(r: bytes, s: bytes) -> bytes:
    parsed = x509.load_der_x509_certificate(CERTIFICATE)
    head = CERTIFICATE[4 : CERTIFICATE.rindex(parsed.signature) - 3]
    value = b"\0" + tlv(0x30, tlv(0x02, r) + tlv(0x02, s))
    return tlv(0x30, head + tlv(0x03, value))


@pytest.mark.parametrize(
    "number",
    [b"", b"\x80", b"\xff" * 32, b"\x00\x01", b"\x00" * 33, b"\x01" + bytes(32), bytes(40)],
)
def test_a_signature_that_is_not_two_short_positive_numbers_is_malformed(number: bytes) -> None:
    Certificate(with_signature(b"\1", b"\1"))
    refusal(with_signature(number, b"\1"))
    refusal(with_signature(b"\1", number))


@pytest.mark.parametrize("number", [b"\0", b"\0" + b"\xff" * 32])
def test_a_signature_out_of_range_does_not_verify(number: bytes) -> None:
    for octets in (with_signature(number, b"\1"), with_signature(b"\1", number)):
        with pytest.raises(p256.CurveError):
            Certificate(octets).verify(AUTHORITY.issuing.public_key)
