"""Framing: what is read is what was sent, and what is wrong is said to be wrong, and where."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.explain import read_octets
from gbcs_hil.gbcs.message import Cra, GroupingHeader, Message, parse, pre_command
from gbcs_hil.gbcs.message_codes import MessageCode

COUNTERS = st.integers(0, (1 << 64) - 1)
EUIS = st.binary(min_size=8, max_size=8)
CERTIFICATE = bytes.fromhex("3081C8") + bytes(200)


@pytest.fixture(scope="module")
def vectors(rtds: Path) -> Mapping[str, bytes]:
    """Every reference message by its file name without `_GBCS.HEX`."""
    files = (rtds / "vectors").glob("*_GBCS.HEX")
    return {f.name.removesuffix("_GBCS.HEX"): read_octets(f.read_bytes()) for f in files}


@st.composite
def headers(draw: st.DrawFn) -> GroupingHeader:
    supplementary = draw(
        st.sampled_from(("none", "party", "counter", "own counter", "certificate"))
    )
    has_counter = supplementary in ("counter", "own counter", "certificate")
    return GroupingHeader(
        cra=draw(st.sampled_from(Cra)),
        counter=draw(COUNTERS),
        originator=draw(EUIS),
        recipient=draw(EUIS),
        message_code=draw(st.integers(0, 0xFFFF)),
        date_time=draw(st.none() | st.binary(min_size=12, max_size=12)),
        supplementary_party=None if supplementary == "none" else draw(EUIS),
        supplementary_counter=draw(COUNTERS) if has_counter else None,
        supplementary_originator_counter=(
            draw(COUNTERS) if supplementary == "own counter" else None
        ),
        certificate=CERTIFICATE if supplementary == "certificate" else None,
    )


@st.composite
def messages(draw: st.DrawFn) -> Message:
    signature = draw(st.sampled_from((None, b"", bytes(range(64)))))
    macs = st.none() if signature is None else st.none() | st.binary(min_size=12, max_size=12)
    return Message(draw(headers()), draw(st.binary(max_size=400)), signature, draw(macs))


PRE_COMMAND = pre_command(MessageCode.CS02A, b"ORIGINAT", b"RECIPIEN", 7, b"\x30\x00")


@given(messages())
def test_a_parsed_message_is_the_built_one(message: Message) -> None:
    assert parse(message.encode()) == message


@given(messages())
def test_a_parsed_message_encodes_to_its_own_octets(message: Message) -> None:
    octets = message.encode()
    assert parse(octets).encode() == octets


def test_reference_messages_encode_to_their_own_octets(vectors: Mapping[str, bytes]) -> None:
    for name, octets in vectors.items():
        assert parse(octets).encode() == octets, name


def test_a_reference_command_has_the_header_that_its_notes_say(
    vectors: Mapping[str, bytes],
) -> None:
    message = parse(vectors["CS02bNOByNO_6.15.1_SUCCESS_COMMAND"])
    assert message.header == GroupingHeader(
        cra=Cra.COMMAND,
        counter=1200,
        originator=bytes.fromhex("90B3D51F30020000"),
        recipient=bytes.fromhex("00DB1234567890A0"),
        message_code=0x0103,
    )


def test_a_pre_command_is_the_commands_own_region(vectors: Mapping[str, bytes]) -> None:
    for use_case in ("CS02bNOByNO_6.15.1_SUCCESS", "GCS02_1.6_IMMEDIATE_SUCCESS"):
        command = parse(vectors[f"{use_case}_COMMAND"])
        assert command.grouping_octets == vectors[f"{use_case}_PRECOMMAND"]
        assert command.pre_command == parse(vectors[f"{use_case}_PRECOMMAND"])


def test_lengths_of_two_octets_that_need_one_are_kept_for_verification() -> None:
    octets = PRE_COMMAND.encode()
    loose = octets[:-3] + bytes.fromhex("820002") + octets[-2:]
    message = parse(loose)
    assert message == PRE_COMMAND
    assert message.signed_octets == loose[1:]


def test_a_changed_message_forgets_the_octets_that_it_came_in() -> None:
    message = replace(parse(PRE_COMMAND.encode()), payload=b"\x30\x02\x05\x00")
    assert message.signed_octets.endswith(b"\x04\x30\x02\x05\x00")


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        ("", "offset 0"),
        ("DE", "offset 0: general-signing tag and transaction length"),
        ("DF0904", "offset 2: CRA Flag is 4"),
        ("DF0901" + "00" * 8 + "07", "offset 11: length of Business Originator ID is 07"),
        ("DD00000000000005", "offset 7"),
        ("DD000000000001", "offset 0: MAC header"),
    ],
)
def test_the_error_says_where_and_what(octets: str, says: str) -> None:
    with pytest.raises(GbcsError, match=says):
        parse(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda octets: octets + b"\x41" + bytes(65), id="signature of 65 octets"),
        pytest.param(lambda octets: octets + b"\x40" + bytes(63), id="signature cut short"),
        pytest.param(lambda octets: octets + b"\x00\x00", id="octets behind the message"),
        pytest.param(lambda octets: octets[:-1], id="payload cut short"),
        pytest.param(
            lambda octets: octets.replace(b"\x02\x00\x08\x02", b"\x03\x00\x08\x00\x02"),
            id="other information of 3 octets",
        ),
    ],
)
def test_a_malformed_message_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    octets = spoil(PRE_COMMAND.encode())
    with pytest.raises(GbcsError):
        parse(octets)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: replace(header, counter=1 << 64),
        lambda header: replace(header, counter=-1),
        lambda header: replace(header, originator=bytes(7)),
        lambda header: replace(header, message_code=0x10000),
        lambda header: replace(header, date_time=bytes(11)),
        lambda header: replace(header, supplementary_counter=1),
    ],
    ids=["counter", "negative", "originator", "code", "time", "supplementary"],
)
def test_a_header_that_cannot_be_coded_is_refused(
    change: Callable[[GroupingHeader], GroupingHeader],
) -> None:
    with pytest.raises(GbcsError):
        change(PRE_COMMAND.header)
