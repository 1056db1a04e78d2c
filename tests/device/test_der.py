"""The device's DER reader and writer against another implementation and hostile octets."""

from typing import Annotated

import pytest
from cryptography.hazmat import asn1
from hypothesis import given
from hypothesis import strategies as st

from gbcs_device import der
from gbcs_device.rejection import MALFORMED, Rejected


@asn1.sequence
class Number:
    value: int


@asn1.sequence
class Tagged:
    value: Annotated[int, asn1.Implicit(3)]
    text: bytes


@given(st.integers(0, 2**63 - 1))
def test_integers_are_encoded_as_cryptography_does(value: int) -> None:
    assert der.encode(der.SEQUENCE, der.integer(value)) == asn1.encode_der(Number(value=value))


@given(st.integers(0, 2**63 - 1), st.binary(max_size=700))
def test_what_cryptography_encodes_is_read_back(value: int, text: bytes) -> None:
    reader = der.Reader(asn1.encode_der(Tagged(value=value, text=text)))
    fields = reader.enter()
    reader.finish()
    assert fields.integer(0x83) == value
    assert fields.content(der.OCTET_STRING) == text
    fields.finish()


def refusal(octets: str, read: str = "integer") -> str:
    reader = der.Reader(bytes.fromhex(octets))
    with pytest.raises(Rejected) as caught:
        getattr(reader, read)()
        reader.finish()
    assert caught.value.reason == MALFORMED
    return str(caught.value.detail)


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        ("", "nothing there"),
        ("02", "nothing there"),
        ("0201", "1 octets past its container"),
        ("0301 00", "tag 02 expected at octet 0, 03 seen"),
        ("0280", "unusable length"),
        ("0281", "unusable length"),
        ("028105 0102030405", "longer than it needs"),
        ("02820005 0102030405", "longer than it needs"),
        ("0283000001 00", "unusable length"),
        ("0200", "negative or empty"),
        ("0201 80", "negative or empty"),
        ("0202 0001", "longer than it needs"),
        ("0209 008000000000000000", "above 2^63-1"),
        ("0201 00 00", "1 octets left over"),
    ],
)
def test_integers_that_are_not_der_are_refused(octets: str, says: str) -> None:
    assert says in refusal(octets)


@pytest.mark.parametrize(
    ("octets", "time"),
    [
        (b"\x17\x0d160113000000Z", "20160113000000"),
        (b"\x17\x0d500113000000Z", "19500113000000"),
        (b"\x18\x0f99991231235959Z", "99991231235959"),
    ],
)
def test_times_are_read_as_fourteen_digits(octets: bytes, time: str) -> None:
    assert der.Reader(octets).time() == time


@pytest.mark.parametrize(
    "octets",
    [
        b"\x17\x0d161313000000Z",
        b"\x17\x0d160132000000Z",
        b"\x17\x0d160113240000Z",
        b"\x17\x0d160113006000Z",
        b"\x17\x0d160113000060Z",
        b"\x17\x0d1601130000000",
        b"\x17\x0b1601130000Z",
        b"\x18\x0d160113000000Z",
        b"\x18\x0f2016011300000-Z",
    ],
)
def test_times_that_are_none_are_refused(octets: bytes) -> None:
    refusal(octets.hex(), "time")


def test_no_content_of_a_message_is_copied_that_is_longer_than_any_ought_to_be() -> None:
    assert der.Reader(b"\x18\x81\x80" + bytes(128)).content(der.GENERALIZED_TIME) == bytes(128)
    with pytest.raises(Rejected):
        der.Reader(b"\x18\x81\x81" + bytes(129)).content(der.GENERALIZED_TIME)


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    reader = der.Reader(octets)
    try:
        while reader.more():
            before = reader.position
            reader.enter(octets[reader.position])
            assert before < reader.position <= len(octets)
    except Rejected as rejected:
        assert rejected.reason == MALFORMED
