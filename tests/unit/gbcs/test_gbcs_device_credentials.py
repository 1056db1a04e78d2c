"""CS02c, CS02d and CS02e: payloads as GBCS describes them, and what is none."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import AuthenticationError, GbcsError
from gbcs_hil.gbcs.certification_request import CertificationRequest
from gbcs_hil.gbcs.der import tlv
from gbcs_hil.gbcs.device_credentials import (
    CertificateCommand,
    CertificateResponse,
    IssueFailure,
    IssueResponse,
    KeyUsageCommand,
    ReadCertificateResponse,
    ReadFailure,
    UpdateResult,
    issue_security_credentials,
    read_device_certificate,
    update_device_certificate,
)
from gbcs_hil.gbcs.explain import explain
from gbcs_hil.gbcs.message import Cra, GroupingHeader, Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.smki.authority import Authority
from made_exchanges import certification_request

ESME = bytes.fromhex("00DB1234567890A0")
SUPPLIER = bytes.fromhex("90B3D51F30010000")
KEY = ec.derive_private_key(0x5EED, ec.SECP256R1())
AUTHORITY = Authority.create(b"device credentials", datetime(2025, 1, 1, tzinfo=UTC))
REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([]))
    .sign(KEY, hashes.SHA256())
    .public_bytes(Encoding.DER)
)
SIGN, AGREE = KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT


@pytest.mark.parametrize(
    ("usage", "octets"),
    [(SIGN, "3004 03020780"), (AGREE, "3004 03020308"), (KeyUsage.KEY_CERT_SIGN, "300403020204")],
)
def test_a_command_names_the_use_of_the_key(usage: KeyUsage, octets: str) -> None:
    for build, code in (
        (issue_security_credentials, MessageCode.CS02C),
        (read_device_certificate, MessageCode.CS02E),
    ):
        command = build(SUPPLIER, ESME, 1000, usage)
        assert command.payload == bytes.fromhex(octets)
        assert command.header == GroupingHeader(Cra.COMMAND, 1000, SUPPLIER, ESME, code)
    assert KeyUsageCommand.decode(bytes.fromhex(octets)).key_usage is usage


@pytest.mark.parametrize("octets", ["", "3000", "3003020100", "300403020640", "30040302078005"])
def test_what_names_no_use_is_refused(octets: str) -> None:
    with pytest.raises(GbcsError):
        KeyUsageCommand.decode(bytes.fromhex(octets))


def test_a_certificate_is_the_whole_payload() -> None:
    signing, _ = AUTHORITY.device(ESME)
    command = update_device_certificate(SUPPLIER, ESME, 1000, signing.certificate)
    assert command.payload == signing.certificate
    assert CertificateCommand.decode(command.payload).certificate == signing.certificate
    assert command.header.message_code == MessageCode.CS02D


@pytest.mark.parametrize("octets", [b"", b"\x30", b"\x02\x01\x00", b"\x30\x00\x00"])
def test_what_is_no_certificate_is_refused(octets: bytes) -> None:
    with pytest.raises(GbcsError):
        CertificateCommand.decode(octets)


@pytest.mark.parametrize("result", UpdateResult)
def test_every_result_is_one_integer(result: UpdateResult) -> None:
    octets = CertificateResponse(result).encode()
    assert octets == bytes([2, 1, result])
    assert CertificateResponse.decode(octets).result is result


@pytest.mark.parametrize("failure", IssueFailure)
def test_a_request_may_fail(failure: IssueFailure) -> None:
    octets = IssueResponse(failure).encode()
    assert octets == bytes([2, 1, failure])
    assert IssueResponse.decode(octets).outcome is failure


@pytest.mark.parametrize("failure", ReadFailure)
def test_a_read_may_fail(failure: ReadFailure) -> None:
    octets = ReadCertificateResponse(failure).encode()
    assert ReadCertificateResponse.decode(octets).outcome is failure


@pytest.mark.parametrize("octets", ["0201 00", "0201 04", "0500", "", "0201"])
def test_a_number_that_gbcs_does_not_know_is_refused(octets: str) -> None:
    with pytest.raises(GbcsError):
        IssueResponse.decode(bytes.fromhex(octets))
    with pytest.raises(GbcsError):
        ReadCertificateResponse.decode(bytes.fromhex(octets))


def test_a_request_is_kept_as_it_came() -> None:
    assert IssueResponse.decode(IssueResponse(REQUEST).encode()).outcome == REQUEST


def test_the_request_is_that_of_its_key() -> None:
    request = CertificationRequest.decode(REQUEST)
    request.verify()
    assert request.public_key == public_octets(KEY.public_key())


@given(st.integers(0, 63))
def test_a_request_with_another_key_is_not_signed_by_it(at: int) -> None:
    start = REQUEST.index(public_octets(KEY.public_key())) + 1
    octets = bytearray(REQUEST)
    octets[start + at] ^= 1
    with pytest.raises((AuthenticationError, GbcsError)):
        CertificationRequest.decode(bytes(octets)).verify()


def test_requests_of_two_keys_are_alike_without_them() -> None:
    other = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(ec.derive_private_key(7, ec.SECP256R1()), hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    first, second = (CertificationRequest.decode(octets) for octets in (REQUEST, other))
    assert first.without_key() == second.without_key()


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", REQUEST[:-1], b"\x02\x01\x01"])
def test_what_is_no_request_is_refused(octets: bytes) -> None:
    with pytest.raises(GbcsError):
        CertificationRequest.decode(octets)


def explained(code: int, payload: bytes) -> dict[str, str]:
    header = GroupingHeader(Cra.RESPONSE, 1000, ESME, SUPPLIER, code)
    node = explain(Message(header, payload, bytes(64)).encode())
    payload_node = next(part for part in node.children if part.name == "Payload")
    parts = [payload_node, *payload_node.children]
    parts += [inner for part in payload_node.children for inner in part.children]
    return {part.name: part.value for part in parts}


def test_a_request_is_explained_part_by_part() -> None:
    said = explained(MessageCode.CS02C, REQUEST)
    assert said["Payload"] == "certification request"
    assert (said["version"], said["subject"], said["attributes"]) == ("v1", "none", "none")


@pytest.mark.parametrize(
    ("code", "number", "name"),
    [
        (MessageCode.CS02C, 3, "cRProductionFailed (3)"),
        (MessageCode.CS02D, 0, "success (0)"),
        (MessageCode.CS02D, 4, "noCorrespondingKeyPairGenerated (4)"),
        (MessageCode.CS02E, 2, "noCertificateHeld (2)"),
        (MessageCode.CS02E, 9, "unknown (9)"),
    ],
)
def test_a_number_is_explained_by_its_name(code: int, number: int, name: str) -> None:
    assert explained(code, bytes([2, 1, number]))["Payload"] == name


def test_a_request_with_a_strange_key_is_still_explained() -> None:
    key = tlv(3, b"\x00\x02" + bytes(32))
    info = tlv(0x30, b"\x02\x01\x00\x30\x00" + tlv(0x30, b"\x30\x00" + key))
    said = explain(
        Message(
            GroupingHeader(Cra.RESPONSE, 1, ESME, SUPPLIER, MessageCode.CS02C),
            tlv(0x30, info + b"\x30\x00\x03\x01\x00"),
            b"",
        ).encode()
    )
    assert "no key of P-256" in str(said)


def test_a_request_of_another_version_is_malformed() -> None:
    octets = certification_request()
    version = octets.index(b"\x02\x01\x00") + 2
    other = CertificationRequest.decode(octets[:version] + b"\x01" + octets[version + 1 :])
    with pytest.raises(GbcsError, match="not a certification request"):
        other.verify()
