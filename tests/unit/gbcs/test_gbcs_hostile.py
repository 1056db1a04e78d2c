"""Hostile octets: one kind of error, in bounded time, whatever comes."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateAlert, UpdateResponse
from gbcs_hil.gbcs.cursor import encode_length
from gbcs_hil.gbcs.der import tlv
from gbcs_hil.gbcs.explain import explain, read_octets
from gbcs_hil.gbcs.message import Cra, GroupingHeader, Message, parse, pre_command
from gbcs_hil.gbcs.message_codes import USE_CASES
from gbcs_hil.gbcs.names import CredentialsReplacementMode
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode
from gbcs_hil.gbcs.security_credentials import (
    ReadCredentials,
    UpdateCredentials,
    update_credentials,
)
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import ACB, SUPPLIER_A

AUTHORITY = Authority.create(seed=b"hostile")
HELD = AUTHORITY.organisation(SUPPLIER_A.role, SUPPLIER_A.eui)
DEVICE = b"\x02GBHIL\xff\xff"
UPDATE = update_credentials(
    CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER,
    ACB.eui,
    DEVICE,
    5,
    [(held.certificate, held.cell) for held in HELD],
    AUTHORITY.path,
    floor=0,
    prepayment_floor=0,
).encode()
PAYMENT = esme_payment_mode(SUPPLIER_A.eui, DEVICE, 6, Prepayment(5)).encode()
CODES = st.sampled_from(sorted(USE_CASES))
READERS = (ReadCredentials, ReadResponse, UpdateCredentials, UpdateResponse, UpdateAlert)


@pytest.fixture(scope="module")
def vectors(rtds: Path) -> Mapping[str, bytes]:
    """Every reference message by its file name without `_GBCS.HEX`."""
    files = (rtds / "vectors").glob("*_GBCS.HEX")
    return {f.name.removesuffix("_GBCS.HEX"): read_octets(f.read_bytes()) for f in files}


def survive(octets: bytes) -> None:
    """Explain and read octets in every way; a GbcsError is an answer, all else a failure."""
    try:
        explain(octets)
        payload = parse(octets).payload
    except GbcsError:
        return
    for reader in READERS:
        try:
            reader.decode(payload)
        except GbcsError:
            continue


def flip(octets: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[place % len(octets)] ^= 1 << bit
    return bytes(changed)


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    survive(octets)


@given(st.sampled_from((b"\xdd" + bytes(6), b"\xdf\x09\x01")), st.binary(max_size=300))
def test_octets_that_start_well(start: bytes, octets: bytes) -> None:
    survive(start + octets)


@given(st.sampled_from(Cra), CODES, st.binary(max_size=200))
def test_any_payload_of_any_use_case(cra: Cra, code: int, payload: bytes) -> None:
    survive(Message(GroupingHeader(cra, 1, DEVICE, DEVICE, code), payload).encode())


@settings(max_examples=200)
@given(st.sampled_from((UPDATE, PAYMENT)), st.integers(0, 2000), st.integers(0, 7))
def test_a_flipped_bit(octets: bytes, place: int, bit: int) -> None:
    survive(flip(octets, place, bit))


@pytest.mark.parametrize("octets", [UPDATE, PAYMENT], ids=["CS02b", "ECS03"])
def test_every_truncation_is_refused(octets: bytes) -> None:
    for end in range(len(octets)):
        with pytest.raises(GbcsError):
            explain(octets[:end])


def test_reference_messages_truncated_and_flipped(vectors: Mapping[str, bytes]) -> None:
    for octets in vectors.values():
        for place in range(0, len(octets), 31):
            survive(octets[:place])
            survive(flip(octets, place, place % 8))


@pytest.mark.parametrize("code", [0x0103, 0x0008, 0x000B])
def test_der_nested_thousands_deep(code: int) -> None:
    payload = b""
    for _ in range(8000):
        payload = tlv(0x30, payload)
    survive(pre_command(code, DEVICE, DEVICE, 1, payload).encode())


def test_dlms_nested_thousands_deep() -> None:
    payload = bytes.fromhex("D920000001 00 00 01") + b"\x02\x01" * 20000
    with pytest.raises(GbcsError, match="deeper"):
        explain(pre_command(0x001A, DEVICE, DEVICE, 1, payload).encode())


def test_a_huge_number_is_refused_before_it_is_printed() -> None:
    control = bytes.fromhex("020102") + tlv(0x83, b"\x7f" * 60000)
    payload = tlv(0x30, tlv(0x30, control) + bytes.fromhex("30003000"))
    message = pre_command(0x0102, DEVICE, DEVICE, 1, payload).encode()
    with pytest.raises(GbcsError, match="60000 octets"):
        explain(message)
    with pytest.raises(GbcsError, match="bits"):
        UpdateCredentials.decode(payload)


def test_a_message_of_64_kilobytes_of_empty_values() -> None:
    payload = tlv(0x30, bytes.fromhex("0500") * 32000)
    survive(pre_command(0x0103, DEVICE, DEVICE, 1, payload).encode())
    assert len(payload) > 64000


def test_a_message_larger_than_lengths_can_say_is_not_built() -> None:
    with pytest.raises(GbcsError, match="do not fit"):
        encode_length(0x10000)


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text(text: str | bytes) -> None:
    try:
        read_octets(text)
    except GbcsError as error:
        assert "\n" not in str(error)
