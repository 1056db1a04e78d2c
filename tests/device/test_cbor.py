"""The device's strict CBOR against cbor2, on CPython and on MicroPython."""

import random
import re
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import MicroPython
from gbcs_device import cbor

integers = st.integers(-(2**64), 2**64 - 1)
# The borders of the heads are where encodings go wrong.
borders = st.sampled_from(
    [sign * (2**bits) + step for bits in (0, 5, 8, 16, 32, 63) for sign in (1, -1)
     for step in (-2, -1, 0, 1, 23, 24)]
)  # fmt: skip
text = st.text(st.characters(exclude_categories=["Cs"]))
keys = st.one_of(integers, borders, st.binary(max_size=40), text)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), integers, borders, st.binary(max_size=300), text),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(keys, inner)),
    max_leaves=30,
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0


@given(values.filter(lambda value: depth(value) <= 8))
def test_it_encodes_and_decodes_as_cbor2_does(value: Any) -> None:
    octets = cbor2.dumps(value)
    assert cbor.dumps(value) == octets
    assert cbor.loads(octets) == value


@given(st.one_of(st.binary(max_size=60), values.map(cbor2.dumps)), st.data())
def test_what_it_decodes_has_that_one_encoding(octets: bytes, data: st.DataObject) -> None:
    hostile = bytearray(octets)
    if hostile and data.draw(st.booleans()):
        hostile[data.draw(st.integers(0, len(hostile) - 1))] = data.draw(st.integers(0, 255))
    try:
        value = cbor.loads(hostile)
    except cbor.CborError:
        return
    assert cbor.dumps(value) == hostile
    assert cbor2.loads(bytes(hostile)) == value


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        ("", "end too early"),
        ("18", "end too early"),
        ("1900", "end too early"),
        ("4261", "end too early"),
        ("9a7fffffff", "end too early"),
        ("bb7fffffffffffffff", "end too early"),
        ("0000", "octets after"),
        ("1817", "shortest"),
        ("1900ff", "shortest"),
        ("1a0000ffff", "shortest"),
        ("1b00000000ffffffff", "shortest"),
        ("5801" + "00", "shortest"),
        ("5f4100ff", "indefinite"),
        ("9fff", "indefinite"),
        ("bfff", "indefinite"),
        ("ff", "break"),
        ("f97c00", "float"),
        ("fb3ff0000000000000", "float"),
        ("c000", "tag"),
        ("d818" + "00" * 24, "tag"),
        ("f7", "simple"),
        ("e0", "simple"),
        ("f818", "float"),
        ("1c", "indefinite"),
        ("a2616100616101", "twice"),
        ("a1f500", "key"),
        ("a1f600", "key"),
        ("a18000", "key"),
        ("61ff", "UTF-8"),
        ("62c080", "UTF-8|Unicode"),
        ("63eda080", "UTF-8|Unicode"),
        ("64f4908080", "UTF-8|Unicode"),
        ("81" * 9 + "00", "too deep"),
        ("a100" * 8 + "80", "too deep"),
    ],
)
def test_octets_outside_the_subset_are_refused(octets: str, complaint: str) -> None:
    with pytest.raises(cbor.CborError, match=complaint):
        cbor.loads(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "value",
    [2**64, -(2**64) - 1, 1.0, {True: 1}, {None: 1}, {(): 1}, {1, 2}, "\ud800", object()],
    ids=repr,
)
def test_values_outside_the_subset_are_refused(value: Any) -> None:
    with pytest.raises(cbor.CborError):
        cbor.dumps([value])


def test_eight_containers_are_not_too_deep() -> None:
    value: Any = 0
    for _ in range(8):
        value = [value]
    assert cbor.loads(cbor.dumps(value)) == value
    with pytest.raises(cbor.CborError, match="too deep"):
        cbor.dumps([value])


def test_octet_strings_are_copies_of_a_view() -> None:
    buffer = bytearray(b"\x82\x41\x01\x61\x61-not part of it-")
    value = cbor.loads(memoryview(buffer)[:5])
    buffer[:5] = bytes(5)
    assert value == [b"\x01", "a"]
    assert type(value[0]) is bytes


def test_views_and_tuples_are_encoded_like_bytes_and_lists() -> None:
    assert cbor.dumps((memoryview(b"ab"), bytearray(b"c"))) == cbor2.dumps([b"ab", b"c"])


def hostile_octets() -> list[bytes]:
    rng = random.Random(2)
    good: list[Any] = [
        {"op": "deliver", "message": rng.randbytes(60), "list": [1, -1, None, True, "é€𝄞"]},
        [2**64 - 1, -(2**64), {"a": {b"b": {3: []}}}, 2**31, 2**30, -(2**31)],
        ["\u07ff\u0800\uffff\U00010000\U0010ffff\x7f\x80", ""],
    ]
    batch = [bytes.fromhex(octets) for octets in ("62c080", "63eda080", "64f4908080", "63e08080")]
    for value in good:
        octets = cbor2.dumps(value)
        batch += [octets, octets[:-1], octets + b"\x00"]
        for _ in range(150):
            changed = bytearray(octets)
            changed[rng.randrange(len(changed))] = rng.randrange(256)
            batch.append(bytes(changed))
    return batch


def test_micropython_takes_and_refuses_the_same_octets(micropython: MicroPython) -> None:
    batch = hostile_octets()
    script = f"""
from gbcs_device import cbor
for octets in {batch!r}:
    try:
        value = cbor.loads(octets)
    except cbor.CborError as error:
        print(error)
    else:
        # The order of a dictionary is not kept, so the value is judged by its size here.
        again = cbor.dumps(value)
        print(len(again) == len(octets) and cbor.loads(again) == value)
"""
    expected = []
    for octets in batch:
        try:
            cbor.loads(octets)
            expected.append("True")
        except cbor.CborError as error:
            expected.append(str(error))
    printed = micropython.run_script(script).splitlines()
    assert [same(line) for line in printed] == [same(line) for line in expected]
    assert 50 < expected.count("True") < len(expected) - 50


def same(line: str) -> str:
    """Both ways to say that a text is not UTF-8 are right: the interpreters look differently."""
    return re.sub("UTF-8|Unicode", "text", line)


def test_micropython_encodes_as_cbor2_does(micropython: MicroPython) -> None:
    rng = random.Random(3)
    numbers = [sign * 2**bits + step for bits in range(65) for sign in (1, -1) for step in (-1, 0)]
    row = [
        *(number for number in numbers if -(2**64) <= number < 2**64),
        *(rng.randbytes(size) for size in (0, 23, 24, 255, 256, 300)),
        *("x" * size for size in (0, 23, 24, 255, 256)),
        [None, True, False, {"a": 1}, [[]], {}],
    ]
    printed = micropython.run_script(
        f"from gbcs_device import cbor\nfor value in {row!r}: print(cbor.dumps(value).hex())"
    )
    assert printed.splitlines() == [cbor2.dumps(value).hex() for value in row]
