"""Reading certificates: the reference ones, ours, and what is none."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.profile import key_identifier

EUI = b"\x02GBHIL\x01\x00"
AUTHORITY = Authority.create(seed=b"certificates")
OURS = AUTHORITY.organisation(RemotePartyRole.SUPPLIER, EUI, "Somebody")[0].certificate


def reference(rtds: Path, name: str) -> bytes:
    pem = (rtds / "keystore" / f"{name}.pem").read_bytes()
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def test_a_reference_organisation_is_read(rtds: Path) -> None:
    read = read_certificate(reference(rtds, "90b3d51f30020000-ds"))
    assert read.role is RemotePartyRole.NETWORK_OPERATOR
    assert read.eui == bytes.fromhex("90B3D51F30020000")
    assert read.ski == bytes.fromhex("48CF97FA9F827FB5")
    assert read.aki == bytes.fromhex("4F5688D7EC933BE2")
    assert read.key_usages == (KeyUsage.DIGITAL_SIGNATURE,)
    assert read.issuer == "CN=Z1,OU=07"
    assert (read.not_before.year, read.not_after.year) == (2015, 2025)


def test_a_reference_device_is_read(rtds: Path) -> None:
    read = read_certificate(reference(rtds, "00db1234567890a3-ka"))
    assert read.role is None
    assert read.eui == bytes.fromhex("00DB1234567890A3")
    assert read.key_usage is KeyUsage.KEY_AGREEMENT
    assert read.not_after.year == 9999


def test_reference_key_identifiers_are_of_method_2(rtds: Path) -> None:
    for file in (rtds / "keystore").glob("*.pem"):
        read = read_certificate(reference(rtds, file.stem))
        assert key_identifier(read.public_key) == read.ski, file.name


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"\x0c\x0202", b"\x0c\x0255", "no role"),
        (b"\x0c\x0202", b"\x0c\x02+2", "no role"),
        (b"\x09\x00\x02GBHIL", b"\x09\x01\x02GBHIL", "no EUI-64|not a certificate"),
        (b"\x55\x1d\x0e", b"\x55\x1d\x7f", "lacks its key identifier"),
        (b"\x03\x02\x07\x80", b"\x03\x02\x05\x20", "key usage is none"),
        (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2a\x86\x48\xce\x3d\x03\x01\x06", "certificate"),
    ],
)
def test_what_the_profile_does_not_have_is_refused(old: bytes, new: bytes, says: str) -> None:
    assert old in OURS
    with pytest.raises(CredentialError, match=says):
        read_certificate(OURS.replace(old, new))


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", OURS[:-1], OURS + b"\x00"])
def test_what_is_no_certificate_is_refused(octets: bytes) -> None:
    with pytest.raises(CredentialError, match="not a certificate"):
        read_certificate(octets)


@given(st.integers(0, len(OURS) - 1), st.integers(0, 255))
def test_a_changed_octet_has_no_other_error(place: int, octet: int) -> None:
    changed = OURS[:place] + bytes([octet]) + OURS[place + 1 :]
    try:
        read_certificate(changed)
    except CredentialError as error:
        assert "\n" not in str(error)
