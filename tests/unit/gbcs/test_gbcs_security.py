"""Signatures and MACs: as the reference messages have them, and nothing else passes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gbcs_hil.errors import AuthenticationError, CredentialError
from gbcs_hil.gbcs import security
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.explain import read_octets
from gbcs_hil.gbcs.message import Message, parse, pre_command

MESSAGE = pre_command(0x0008, b"ORIGINAT", b"RECIPIEN", 7, b"\x30\x00")
SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def vectors(rtds: Path) -> Mapping[str, bytes]:
    """Every reference message by its file name without `_GBCS.HEX`."""
    files = (rtds / "vectors").glob("*_GBCS.HEX")
    return {f.name.removesuffix("_GBCS.HEX"): read_octets(f.read_bytes()) for f in files}


@pytest.fixture(scope="module")
def shared_secrets(rtds: Path) -> Mapping[str, bytes]:
    """Z by `<party>-ka x <device>-ka`."""
    data = json.loads((rtds / "shared-secrets.json").read_text())
    return {name: bytes.fromhex(secret) for name, secret in data.items()}


def private_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def public_key(number: int) -> bytes:
    return security.public_octets(private_key(number).public_key())


def signing_key(rtds: Path, eui: bytes) -> bytes:
    pem = (rtds / "keystore" / f"{eui.hex()}-ds.pem").read_bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    return read_certificate(der).public_key


def test_every_reference_signature_verifies(rtds: Path, vectors: Mapping[str, bytes]) -> None:
    signed = {name: m for name, octets in vectors.items() if (m := parse(octets)).signature}
    assert len(signed) >= 10
    for message in signed.values():
        security.verify_signature(message, signing_key(rtds, message.header.originator))


def test_every_reference_mac_verifies(
    vectors: Mapping[str, bytes], shared_secrets: Mapping[str, bytes]
) -> None:
    # The Access Control Broker's key makes the MAC of each of them, or receives it.
    authenticated = {name: m for name, octets in vectors.items() if (m := parse(octets)).mac}
    assert len(authenticated) >= 7
    for message in authenticated.values():
        ends = (message.header.originator.hex(), message.header.recipient.hex())
        device = next(end for end in ends if end.startswith("00db"))
        secret = shared_secrets[f"90b3d51f30000002-ka x {device}-ka"]
        security.verify_mac(message, secret)


def test_a_reference_command_gets_its_own_mac(
    vectors: Mapping[str, bytes], shared_secrets: Mapping[str, bytes]
) -> None:
    octets = vectors["CS02bNOByNO_6.15.1_SUCCESS_COMMAND"]
    command = parse(octets)
    signed = parse(command.grouping_octets + b"\x40" + (command.signature or b""))
    secret = shared_secrets["90b3d51f30000002-ka x 00db1234567890a0-ka"]
    assert security.authenticate(signed, secret).encode() == octets


def test_both_sides_agree_on_the_secret() -> None:
    ours = security.shared_secret(private_key(5), public_key(9))
    assert ours == security.shared_secret(private_key(9), public_key(5))


def test_a_signed_message_verifies_after_the_wire() -> None:
    message = parse(security.sign(MESSAGE, private_key(5)).encode())
    security.verify_signature(message, public_key(5))


def test_signing_replaces_an_empty_signature_field() -> None:
    unsigned = parse(MESSAGE.encode() + b"\x00")
    assert security.sign(unsigned, private_key(5)) == security.sign(MESSAGE, private_key(5))


def test_a_signature_is_reproducible() -> None:
    first, second = (security.sign(MESSAGE, private_key(5)) for _ in range(2))
    assert first == second


def test_a_mac_keeps_the_signature() -> None:
    signed = security.sign(MESSAGE, private_key(5))
    assert security.authenticate(signed, SECRET).signature == signed.signature


def test_a_mac_without_signature_says_that_there_is_none() -> None:
    message = security.authenticate(MESSAGE, SECRET)
    assert message.signature == b""
    security.verify_mac(parse(message.encode()), SECRET)


@pytest.mark.parametrize("spoilt", ["payload", "header", "mac", "secret"])
def test_a_mac_over_something_else_is_refused(spoilt: str) -> None:
    message = security.authenticate(MESSAGE, SECRET)
    changed: dict[str, Message] = {
        "payload": replace(message, payload=b"\x30\x02\x05\x00"),
        "header": replace(message, header=replace(message.header, counter=8)),
        "mac": replace(message, mac=bytes(12)),
        "secret": message,
    }
    with pytest.raises(AuthenticationError):
        security.verify_mac(changed[spoilt], bytes(32) if spoilt == "secret" else SECRET)


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, b"\x01" * 64])
def test_a_signature_that_is_none_is_refused(signature: bytes) -> None:
    with pytest.raises(AuthenticationError):
        security.verify_signature(replace(MESSAGE, signature=signature), public_key(5))


def test_a_signature_by_another_key_is_refused() -> None:
    with pytest.raises(AuthenticationError):
        security.verify_signature(security.sign(MESSAGE, private_key(5)), public_key(6))


def test_a_missing_protection_is_no_protection() -> None:
    with pytest.raises(AuthenticationError, match="not signed"):
        security.verify_signature(MESSAGE, public_key(5))
    with pytest.raises(AuthenticationError, match="no MAC"):
        security.verify_mac(MESSAGE, SECRET)


@pytest.mark.parametrize("octets", [b"", bytes(65), b"\x04" + bytes(64), b"\x04" + b"\x01" * 64])
def test_a_key_off_the_curve_is_refused(octets: bytes) -> None:
    with pytest.raises(CredentialError):
        security.load_public_key(octets)
