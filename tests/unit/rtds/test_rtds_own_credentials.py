"""CS02c, CS02d and CS02e vectors: what they presuppose, and what is a fault or chance."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from gbcs_hil.gbcs.certification_request import CertificationRequest
from gbcs_hil.gbcs.device_credentials import (
    IssueFailure,
    IssueResponse,
    ReadFailure,
    UpdateResult,
)
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import KeyUsage
from made_exchanges import Made, certification_request, issued
from made_families import certify, issue, read_certificate_of
from made_vectors import DEVICES, ESME, GPF, long_lengths, play, signed, write_world

SIGN, AGREE = KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT
NO_USAGE = KeyUsage.KEY_CERT_SIGN
OWN_KEY = "but for the key, which is the device's own new one"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A keystore, secrets and a provisioning file, without vectors."""
    write_world(tmp_path)
    return tmp_path


def line(folder: Path, made: Made, table: str = "") -> tuple[str, list[str], list[str]]:
    """Play a command; return its status, details and notes."""
    made.write(folder, "it")
    with (folder / "start.toml").open("a") as file:
        file.write(table)
    (said,) = json.loads(play(folder, "--json").stdout)["vectors"]
    return said["status"], said["details"], said["notes"]


def test_a_certification_request_matches_but_for_its_key(world: Path) -> None:
    made = issue(AGREE, certification_request())
    assert line(world, made) == ("match", [], [OWN_KEY])


def test_a_request_with_long_lengths_matches(world: Path) -> None:
    made = issue(SIGN, certification_request())
    payload = long_lengths(made.response.payload)
    assert payload != made.response.payload
    made = replace(made, response=signed(replace(made.response, payload=payload)))
    status, _, notes = line(world, made)
    assert (status, notes) == ("match", ["lengths normalised", OWN_KEY])


def test_a_request_for_another_subject_differs(world: Path) -> None:
    status, details, _ = line(world, issue(SIGN, certification_request("a meter")))
    assert status == "differs"
    assert details == [
        "payload octet 9, certificationRequestInfo.subject: expected 1, device says none"
    ] or "certificationRequestInfo.subject: expected 1, device says none" in str(details)


def test_a_request_that_its_key_did_not_sign_is_noted(world: Path) -> None:
    octets = certification_request()
    status, _, notes = line(world, issue(SIGN, octets[:-1] + bytes([octets[-1] ^ 1])))
    assert status == "match"
    assert "in the vector, the certification request is not signed by its own key" in notes


def test_the_mask_hides_the_key_and_the_signature_alone() -> None:
    request = CertificationRequest.decode(certification_request())
    masked = request.without_key()
    assert request.public_key not in masked
    assert masked.count(bytes(64)) == 2
    assert len(masked) <= len(request.octets)


def test_a_certificate_finds_its_key_pair_waiting(world: Path) -> None:
    made = certify(issued(AGREE).certificate, UpdateResult.SUCCESS)
    note = "the key pair that waits for a certificate is the command's"
    assert line(world, made) == ("match", [], [note])


@pytest.mark.parametrize(
    ("result", "note"),
    [
        (UpdateResult.NO_KEY_PAIR_GENERATED, "no key pair waits for a certificate"),
        (UpdateResult.WRONG_PUBLIC_KEY, "another key pair waits for a certificate"),
    ],
)
def test_a_certificate_of_no_waiting_key_is_played(
    world: Path, result: UpdateResult, note: str
) -> None:
    made = certify(issued(SIGN).certificate, result)
    assert line(world, made) == ("match", [], [f"{note}, as the response tells"])


ERRORS: list[tuple[bytes, UpdateResult]] = [
    (b"\x30\x03\x02\x01\x00", UpdateResult.INVALID_CERTIFICATE),
    (issued(SIGN, eui=GPF).certificate, UpdateResult.WRONG_DEVICE_IDENTITY),
]


@pytest.mark.parametrize(("certificate", "result"), ERRORS)
def test_a_certificate_that_is_wrong_in_itself_is_played(
    world: Path, certificate: bytes, result: UpdateResult
) -> None:
    status, details, _ = line(world, certify(certificate, result))
    assert (status, details) == ("match", [])


def test_the_certificate_in_use_is_that_of_the_keystore(world: Path) -> None:
    held = DEVICES[ESME][0]
    assert line(world, read_certificate_of(SIGN, held.certificate)) == ("match", [], [])


def test_another_certificate_in_use_is_taken_from_the_response(world: Path) -> None:
    made = read_certificate_of(AGREE, issued(AGREE).certificate)
    assert line(world, made) == ("match", [], ["own certificate taken from the response"])


def test_no_certificate_is_held_where_the_response_tells_so(world: Path) -> None:
    status, details, notes = line(
        world, read_certificate_of(SIGN, ReadFailure.NO_CERTIFICATE_HELD)
    )
    assert (status, details) == ("match", [])
    assert notes == ["no own certificate to start with, as the response tells"]


@pytest.mark.parametrize(
    "made", [issue(NO_USAGE, IssueFailure(1)), read_certificate_of(NO_USAGE, ReadFailure(1))]
)
def test_a_use_that_no_device_has_is_played(world: Path, made: Made) -> None:
    assert line(world, made) == ("match", [], [])


FAULTS: dict[str, Made] = {
    "keyPairGenerationFailed (2)": issue(SIGN, IssueFailure(2)),
    "cRProductionFailed (3)": issue(SIGN, IssueFailure(3)),
    "certificateStorageFailed (6)": certify(issued(SIGN).certificate, UpdateResult(6)),
    "privateKeyChangeFailed (7)": certify(issued(SIGN).certificate, UpdateResult(7)),
    "certificateRetrievalFailure (3)": read_certificate_of(AGREE, ReadFailure(3)),
    "invalidKeyUsage (1), for which the command gives no cause": issue(SIGN, IssueFailure(1)),
    "invalidCertificate (1), for which the command gives no cause": certify(
        issued(SIGN).certificate, UpdateResult(1)
    ),
    "wrongDeviceIdentity (2), for which the command gives no cause": certify(
        issued(SIGN).certificate, UpdateResult(2)
    ),
}


def test_a_fault_that_the_device_does_not_have_is_marked(world: Path) -> None:
    for number, made in enumerate(FAULTS.values()):
        made.write(world, f"{number}")
    said = {i["file"]: i for i in json.loads(play(world, "--json").stdout)["vectors"]}
    for number, fault in enumerate(FAULTS):
        item = said[f"{number}_COMMAND.HEX"]
        assert (item["status"], item["details"]) == ("fault", [fault])


def test_a_fault_from_a_device_that_answers_another_error_differs(world: Path) -> None:
    certificate = issued(SIGN, eui=GPF).certificate
    status, _, _ = line(world, certify(certificate, UpdateResult.CERTIFICATE_STORAGE_FAILED))
    assert status == "differs"


def test_a_success_that_the_device_does_not_report_differs(world: Path) -> None:
    certificate = issued(SIGN, eui=GPF).certificate
    status, details, _ = line(world, certify(certificate, UpdateResult.SUCCESS))
    assert status == "differs"
    assert "expected success (0), device says wrongDeviceIdentity (2)" in str(details)


def stated(kind: str, value: str) -> str:
    return f'[devices.{ESME.hex()}.{kind}]\ndigitalSignature = "{value}"\n'


def test_own_certificates_may_be_stated(world: Path) -> None:
    other = issued(SIGN)
    pem = load_der_x509_certificate(other.certificate).public_bytes(Encoding.PEM)
    (world / "keystore" / "newer.pem").write_bytes(pem)
    made = read_certificate_of(SIGN, other.certificate)
    assert line(world, made, stated("certificates", "newer")) == ("match", [], [])


def test_a_key_pair_that_waits_may_be_stated(world: Path) -> None:
    other = issued(SIGN)
    pem = load_der_x509_certificate(other.certificate).public_bytes(Encoding.PEM)
    (world / "keystore" / "newer.pem").write_bytes(pem)
    made = certify(other.certificate, UpdateResult.SUCCESS)
    assert line(world, made, stated("requested-keys", "newer.pem")) == ("match", [], [])


def test_nothing_may_be_stated(world: Path) -> None:
    made = certify(issued(SIGN).certificate, UpdateResult.NO_KEY_PAIR_GENERATED)
    assert line(world, made, stated("requested-keys", "")) == ("match", [], [])


def test_a_file_that_is_not_there_is_named(world: Path) -> None:
    made = read_certificate_of(SIGN, ReadFailure.NO_CERTIFICATE_HELD)
    status, details, _ = line(world, made, stated("certificates", "newer"))
    assert status == "not-started"
    assert details == ["the keystore holds no certificate in a file 'newer'"]


def test_the_device_signs_with_the_key_that_it_has(world: Path) -> None:
    """A certificate for a key whose private half nobody has changes no signature."""
    first = certify(issued(SIGN).certificate, UpdateResult.SUCCESS)
    first.write(world, "a")
    second: Any = read_certificate_of(SIGN, DEVICES[ESME][0].certificate)
    second.write(world, "b")
    result = play(world)
    assert result.exit_code == 0, result.output


def test_only_a_message_of_the_kind_is_a_request() -> None:
    made = issue(SIGN, certification_request())
    message: Message = made.response
    assert IssueResponse.decode(message.payload).outcome == message.payload
