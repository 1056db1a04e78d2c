"""The line codec: what is a frame, what is a log line, and that memory stays bounded."""

import base64
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gbcs_link
from conftest import MicroPython

payloads = st.binary(max_size=gbcs_link.MAX_PAYLOAD)
texts = st.binary(min_size=1, max_size=200).filter(lambda text: not set(text) & set(b"\n\r\x1e"))
noise = st.lists(
    st.one_of(
        st.binary(max_size=300),
        payloads.map(gbcs_link.encode),
        payloads.map(lambda payload: gbcs_link.encode(payload)[:-3]),
        st.sampled_from([b"\n", b"\r\n", b"\x1e", b"x" * 700]),
    )
).map(b"".join)


@given(payloads)
def test_a_payload_survives_the_line(payload: bytes) -> None:
    assert gbcs_link.LineReader().feed(gbcs_link.encode(payload)) == [(True, payload)]


@given(payloads)
def test_a_frame_is_one_short_line_with_no_other_control_octets(payload: bytes) -> None:
    line = gbcs_link.encode(payload)
    assert len(line) <= gbcs_link.MAX_LINE
    assert (line[0], line[-1]) == (0x1E, 0x0A)
    assert all(0x20 < octet < 0x7F for octet in line[1:-1])


def test_the_frame_of_a_known_payload() -> None:
    # CRC-32 of "123456789" is 0xCBF43926, the check value of every catalogue of CRCs.
    assert gbcs_link.encode(b"123456789") == b"\x1eMTIzNDU2Nzg5Jjn0yw==\n"


def test_a_payload_that_fills_the_line_is_the_longest() -> None:
    assert len(gbcs_link.encode(bytes(gbcs_link.MAX_PAYLOAD))) == 238
    with pytest.raises(ValueError, match="174 octets"):
        gbcs_link.encode(bytes(gbcs_link.MAX_PAYLOAD + 1))


@given(st.lists(st.one_of(payloads.map(lambda p: (True, p)), texts.map(lambda t: (False, t)))))
def test_frames_and_log_lines_come_out_apart_and_in_order(items: list[tuple[bool, bytes]]) -> None:
    wire = b"".join(
        gbcs_link.encode(octets) if is_frame else octets + b"\r\n" for is_frame, octets in items
    )
    assert gbcs_link.LineReader().feed(wire) == items


@given(noise, st.lists(st.integers(1, 50)))
def test_it_does_not_matter_how_the_octets_are_cut(wire: bytes, sizes: list[int]) -> None:
    whole, pieces = gbcs_link.LineReader(), gbcs_link.LineReader()
    seen: list[tuple[bool, bytes]] = []
    at = 0
    for size in [*sizes, len(wire)]:
        seen += pieces.feed(wire[at : at + size])
        at += size
    assert seen == whole.feed(wire)
    assert pieces.damaged == whole.damaged


@given(noise, payloads)
def test_a_frame_behind_any_garbage_arrives(garbage: bytes, payload: bytes) -> None:
    assert gbcs_link.LineReader().feed(garbage + gbcs_link.encode(payload))[-1] == (True, payload)


@given(payloads, st.data())
def test_a_changed_octet_makes_a_damaged_log_line(payload: bytes, data: st.DataObject) -> None:
    line = bytearray(gbcs_link.encode(payload))
    at = data.draw(st.integers(1, len(line) - 2))
    line[at] = data.draw(st.integers(0, 255).filter(lambda octet: octet != line[at]))
    reader = gbcs_link.LineReader()
    items = reader.feed(bytes(line))
    assert not any(is_frame for is_frame, _ in items)
    assert reader.damaged >= 1


@pytest.mark.parametrize(
    "line",
    [
        b"\x1e",
        b"\x1eAAAA",
        b"\x1eMTIzNDU2Nzg5Jjn0yw=",
        b"\x1eMTIzNDU2Nzg5Jjn0yx==",
        b"\x1eMTIz NDU2Nzg5Jjn0yw==",
        b"\x1e MTIzNDU2Nzg5Jjn0yw==",
        b"\x1eMTIzNDU2Nzg5Jjn0yw==Jjn0",
        b"\x1eMTIzNDU2Nzg5\x00Jjn0yw==",
        b"\x1eMTIzNDU2Nzg5\xffJjn0yw==",
    ],
    ids=[
        "nothing",
        "shorter than a CRC",
        "no padding",
        "stray bits behind the last octet",
        "a space",
        "a space in front",
        "text behind the padding",
        "a zero octet",
        "not ASCII",
    ],
)
def test_base64_that_is_not_canonical_is_damaged(line: bytes) -> None:
    reader = gbcs_link.LineReader()
    assert reader.feed(line + b"\n") == [(False, line)]
    assert reader.damaged == 1


def test_a_frame_longer_than_a_line_may_be_is_damaged() -> None:
    payload = bytes(gbcs_link.MAX_PAYLOAD + 1)
    text = base64.b64encode(payload + zlib.crc32(payload).to_bytes(4, "little"))
    assert gbcs_link.LineReader().feed(b"\x1e" + text + b"\n") == [(False, b"\x1e" + text)]


def test_a_long_log_line_comes_in_pieces() -> None:
    pieces = gbcs_link.LineReader().feed(b"x" * 600 + b"\n")
    assert [len(piece) for _, piece in pieces] == [256, 256, 88]


@given(st.lists(st.binary(max_size=500)))
def test_no_more_than_a_log_line_is_kept(chunks: list[bytes]) -> None:
    reader = gbcs_link.LineReader()
    for chunk in chunks:
        reader.feed(chunk)
        assert len(reader._rest) <= gbcs_link.MAX_LOG


def test_micropython_reads_the_same_lines(micropython: MicroPython) -> None:
    rng = random.Random(1)
    wire = b""
    for _ in range(120):
        line = bytearray(gbcs_link.encode(rng.randbytes(rng.randrange(174))))
        if rng.random() < 0.5:
            line[rng.randrange(len(line))] = rng.choice(b"A= \r\n\x1e\x00\xff-_")
        wire += rng.choice([b"", b"log", b"log\r\n", b"y" * 300]) + line
    reader = gbcs_link.LineReader()
    printed = micropython.run_script(
        f"""
import gbcs_link
reader = gbcs_link.LineReader()
wire = {wire!r}
items = []
for at in range(0, len(wire), 97):
    items += reader.feed(wire[at : at + 97])
for is_frame, octets in items:
    print(is_frame, octets.hex())
    if is_frame:
        print(gbcs_link.encode(octets).hex())
print(reader.damaged)
"""
    )
    expected = []
    for is_frame, octets in reader.feed(wire):
        expected.append(f"{is_frame} {octets.hex()}")
        if is_frame:
            expected.append(gbcs_link.encode(octets).hex())
    assert printed.splitlines() == [*expected, str(reader.damaged)]
