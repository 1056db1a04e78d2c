"""The test PKI's certificates: the reference ones' structure, and chains that openssl accepts."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gbcs_hil.errors import CredentialError
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.der import Tlv, children, read_only
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import NO_EUI
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A, Pki

DEVICE = b"\x02GBHIL\xff\x01"
DEVICE_OF_REFERENCE = bytes.fromhex("00DB1234567890A0")
UTF8_STRING, PRINTABLE_STRING = 0x0C, 0x13
# What a certificate says of its own subject and issuer; the rest has to be the reference's.
VARYING = {0x02, 0x03, 0x17, UTF8_STRING, PRINTABLE_STRING}
# Key identifiers, by how the value of their extension starts, and where they start in it.
IDENTIFIERS_START = {bytes.fromhex("0408"): 2, bytes.fromhex("300A"): 4}
AUTHORITY = Authority.create(seed=b"authority")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.issue(AUTHORITY)


@pytest.fixture(scope="module")
def openssl() -> str:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not on the path")
    return program


def pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


def structure(certificate: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield depth, tag, and the content of whatever does not vary from subject to subject."""

    def walk(tlv: Tlv, depth: int) -> Iterator[tuple[int, int, bytes]]:
        if tlv.constructed:
            yield depth, tlv.tag, b""
            for child in children(certificate, tlv):
                yield from walk(child, depth + 1)
        else:
            content = certificate[tlv.content : tlv.end]
            if tlv.tag == 0x04:
                # An extension's value: identifiers vary, key usage and policies do not.
                content = content[: IDENTIFIERS_START.get(content[:2])]
                content = content.split(DEVICE_OF_REFERENCE)[0].split(DEVICE)[0]
            yield depth, tlv.tag, b"" if tlv.tag in VARYING else content

    return walk(read_only(certificate, 0, len(certificate)), 0)


def reference(rtds: Path, name: str) -> bytes:
    octets = (rtds / "keystore" / f"{name}.pem").read_bytes()
    return x509.load_pem_x509_certificate(octets).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("usage", "name", "file"),
    [
        (0, None, "90b3d51f30020000-ds"),
        (1, None, "90b3d51f30020000-ka"),
        (0, "GITTESTSUPPLIER", "90b3d51f30010000-ds"),
    ],
)
def test_an_organisation_certificate_has_the_reference_structure(
    rtds: Path, usage: int, name: str | None, file: str
) -> None:
    role = RemotePartyRole.NETWORK_OPERATOR
    ours = AUTHORITY.organisation(role, GAS_NETWORK_A.eui, name)[usage].certificate
    assert list(structure(ours)) == list(structure(reference(rtds, file)))


@pytest.mark.parametrize(("usage", "file"), [(0, "ds"), (1, "ka")])
def test_a_device_certificate_has_the_reference_structure(
    rtds: Path, usage: int, file: str
) -> None:
    ours = AUTHORITY.device(DEVICE)[usage].certificate
    theirs = reference(rtds, f"00db1234567890a0-{file}")
    assert list(structure(ours)) == list(structure(theirs))


def test_string_types_are_those_of_the_profile() -> None:
    held = AUTHORITY.organisation(RemotePartyRole.SUPPLIER, SUPPLIER_A.eui, "Somebody")[0]
    assert bytes.fromhex("0603550403 0C08") + b"Somebody" in held.certificate
    assert bytes.fromhex("060355040B 0C02") + b"02" in held.certificate
    assert bytes.fromhex("060355042D 0309 00") + SUPPLIER_A.eui in held.certificate
    assert bytes.fromhex("060355040B 1302") + b"07" in held.certificate


def test_a_serial_number_has_16_octets_and_is_positive(pki: Pki) -> None:
    serials = [read_certificate(held.certificate).serial for held in pki.credentials]
    assert all(120 < serial.bit_length() <= 127 for serial in serials)
    assert len(set(serials)) == len(serials)


def test_openssl_verifies_every_organisation(pki: Pki, openssl: str, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(pem(AUTHORITY.root.certificate))
    (tmp_path / "issuing.pem").write_bytes(pem(AUTHORITY.issuing.certificate))
    files = []
    for number, held in enumerate(pki.credentials):
        files.append(f"{number}.pem")
        (tmp_path / files[-1]).write_bytes(pem(held.certificate))
    options = ["-x509_strict", "-attime", "1750000000", "-CAfile", "root.pem"]
    done = subprocess.run(
        [openssl, "verify", *options, "-untrusted", "issuing.pem", *files],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_openssl_verifies_a_device(openssl: str, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(pem(AUTHORITY.device_root.certificate))
    (tmp_path / "issuing.pem").write_bytes(pem(AUTHORITY.device_issuing.certificate))
    (tmp_path / "device.pem").write_bytes(pem(AUTHORITY.device(DEVICE)[0].certificate))
    # openssl knows no hardware module name, but the critical extension that holds it.
    options = ["-attime", "1750000000", "-CAfile", "root.pem", "-untrusted", "issuing.pem"]
    done = subprocess.run(
        [openssl, "verify", *options, "device.pem"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_openssl_prints_what_the_profile_asks_of_an_issuing_authority(openssl: str) -> None:
    text = subprocess.run(
        [openssl, "x509", "-noout", "-text"],
        input=pem(AUTHORITY.issuing.certificate),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "Subject: OU = 07, CN = HIL TEST ISSUER" in text
    assert "CA:TRUE, pathlen:0" in text
    assert "Certificate Sign, CRL Sign" in text
    assert "Policy: 1.2.826.0.1.8641679.1.2.1.4" in text


def test_a_chain_leads_from_the_root_to_an_organisation(pki: Pki) -> None:
    issuing = read_certificate(AUTHORITY.issuing.certificate)
    assert issuing.aki == AUTHORITY.root.ski
    assert read_certificate(AUTHORITY.root.certificate).aki is None
    assert {read_certificate(held.certificate).aki for held in pki.credentials} == {issuing.ski}
    assert AUTHORITY.root.eui == NO_EUI


def test_every_role_gets_the_credentials_of_its_cells(pki: Pki) -> None:
    cells = [str(held.cell) for held in pki.credentials if held.eui == SUPPLIER_A.eui]
    assert cells == [
        "supplier digitalSignature",
        "supplier keyAgreement",
        "supplier keyAgreement prepaymentTopUp",
    ]
    assert len({held.ski for held in pki.credentials}) == len(pki.credentials)


def test_the_same_seed_gives_the_same_octets() -> None:
    first, second = (Pki.issue(Authority.create(seed=b"same")) for _ in range(2))
    assert first.credentials == second.credentials
    assert first.authority.root == second.authority.root


def test_another_seed_or_none_gives_other_keys() -> None:
    skis = {Authority.create(seed).root.ski for seed in (b"one", b"two", None, None)}
    assert len(skis) == 4


def test_another_generation_has_another_key() -> None:
    first = AUTHORITY.organisation(RemotePartyRole.SUPPLIER, SUPPLIER_A.eui)
    second = AUTHORITY.organisation(RemotePartyRole.SUPPLIER, SUPPLIER_A.eui, generation=2)
    assert not {held.ski for held in first} & {held.ski for held in second}


def test_validity_is_the_profiles(pki: Pki) -> None:
    read = read_certificate(pki.credentials[0].certificate)
    assert read.not_before == datetime(2024, 1, 1, tzinfo=UTC)
    assert read.not_after == datetime(2033, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_validity_may_start_on_a_leap_day() -> None:
    start = datetime(2024, 2, 29, tzinfo=UTC)
    held = AUTHORITY.organisation(RemotePartyRole.SUPPLIER, SUPPLIER_A.eui, not_before=start)[0]
    assert read_certificate(held.certificate).not_after.date().isoformat() == "2034-02-27"


def test_a_device_key_is_certified_without_its_private_half() -> None:
    key = ec.derive_private_key(77, ec.SECP256R1())
    octets = public_octets(key.public_key())
    read = read_certificate(AUTHORITY.device_certificate(DEVICE, octets, KeyUsage.KEY_AGREEMENT))
    assert (read.eui, read.public_key) == (DEVICE, octets)
    assert read.key_usage is KeyUsage.KEY_AGREEMENT


def test_a_credential_is_found_by_who_and_what_for(pki: Pki) -> None:
    top_up = CellUsage.PREPAYMENT_TOP_UP
    held = pki.credential(SUPPLIER_A.eui, KeyUsage.KEY_AGREEMENT, top_up)
    assert held.cell_usage is top_up
    with pytest.raises(CredentialError, match="02-47-42-48-49-4C-02-01"):
        pki.credential(GAS_NETWORK_B.eui, KeyUsage.KEY_AGREEMENT, top_up)


def test_the_newest_credential_is_found(pki: Pki) -> None:
    newer = AUTHORITY.organisation(ACB.role, ACB.eui, generation=2)
    found = pki.with_credentials(newer).credential(ACB.eui, KeyUsage.DIGITAL_SIGNATURE)
    assert found == newer[0]


@pytest.mark.parametrize("role", [RemotePartyRole.ROOT, RemotePartyRole.ISSUING_AUTHORITY])
def test_authorities_are_no_organisations(role: RemotePartyRole) -> None:
    with pytest.raises(CredentialError, match="no organisation certificates"):
        AUTHORITY.organisation(role, SUPPLIER_A.eui)


def test_malformed_requests_are_refused() -> None:
    with pytest.raises(CredentialError, match="8 octets"):
        AUTHORITY.organisation(RemotePartyRole.SUPPLIER, bytes(7))
    with pytest.raises(CredentialError, match="65 octets"):
        AUTHORITY.device_certificate(DEVICE, bytes(64), KeyUsage.KEY_AGREEMENT)
    with pytest.raises(CredentialError, match="no time zone"):
        Authority.create(not_before=datetime(2024, 1, 1))
