"""The device reads and writes messages as the host's codec does, and refuses all others."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import provisioned

from gbcs_device import message as device
from gbcs_device.rejection import MALFORMED, Rejected
from gbcs_hil.gbcs import message as host
from gbcs_hil.gbcs.dlms_time import encode_time
from gbcs_hil.gbcs.message import Cra, GroupingHeader
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.smki.parties import GAS_NETWORK_B
from head_end import NETWORK_BY_NETWORK, certificates

EUIS = st.binary(min_size=8, max_size=8)
COUNTERS = st.integers(0, 2**64 - 1)
# Around every length at which the coding of lengths changes.
PAYLOADS = st.sampled_from([0, 1, 30, 90, 127, 128, 200, 255, 256, 257, 1500]).flatmap(
    lambda size: st.binary(min_size=size, max_size=size)
)
SIGNATURES = st.just(b"") | st.binary(min_size=64, max_size=64)
MACS = st.none() | st.binary(min_size=12, max_size=12)


@st.composite
def headers(draw: st.DrawFn) -> GroupingHeader:
    party = draw(st.none() | EUIS)
    return GroupingHeader(
        draw(st.sampled_from(Cra)),
        draw(COUNTERS),
        draw(EUIS),
        draw(EUIS),
        draw(st.integers(0, 0xFFFF)),
        draw(st.none() | st.binary(min_size=12, max_size=12)),
        party,
        None if party is None else draw(COUNTERS),
    )


def refusal(octets: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        device.Message(octets)
    assert caught.value.reason == MALFORMED
    return str(caught.value.detail)


@given(headers(), PAYLOADS, SIGNATURES, MACS)
def test_every_field_is_what_the_host_wrote(
    header: GroupingHeader, payload: bytes, signature: bytes, mac: bytes | None
) -> None:
    written = host.Message(header, payload, signature, mac)
    read = device.Message(written.encode())
    assert (read.cra, read.counter, read.code) == (
        header.cra,
        header.counter,
        header.message_code,
    )
    assert (read.originator, read.recipient) == (header.originator, header.recipient)
    assert read.date_time == (header.date_time or b"")
    supplementary = b""
    if header.supplementary_party is not None and header.supplementary_counter is not None:
        supplementary = header.supplementary_party + header.supplementary_counter.to_bytes(8)
    assert read.other == supplementary
    assert read.octets[slice(*read.payload)] == payload
    assert (read.signature, read.mac) == (signature, mac or b"")
    assert bytes(read.signed_part()) == written.signed_octets
    assert b"".join(map(bytes, read.mac_parts())) == written.mac_aad


@given(st.sampled_from(Cra), COUNTERS, EUIS, EUIS, st.integers(0, 0xFFFF), PAYLOADS, SIGNATURES)
def test_the_host_reads_what_the_device_wrote(
    cra: Cra,
    counter: int,
    originator: bytes,
    recipient: bytes,
    code: int,
    payload: bytes,
    signature: bytes,
) -> None:
    time = datetime(2025, 12, 31, 23, 59, 58, tzinfo=UTC)
    grouped = device.grouping(
        cra, counter, originator, recipient, code, payload, device.date_time("20251231235958")
    )
    covered: list[bytes] = []

    def mac(parts: tuple[bytes, ...]) -> bytes:
        covered.append(b"".join(map(bytes, parts)))
        return b"a MAC, 12 oc"

    written = device.with_mac(device.with_signature(grouped, signature), mac)
    read = host.parse(written)
    header = GroupingHeader(cra, counter, originator, recipient, code, encode_time(time))
    assert (read.header, read.payload) == (header, payload)
    assert (read.signature, read.mac) == (signature, b"a MAC, 12 oc")
    assert covered == [read.mac_aad]


RIG = provisioned()
COMMAND = RIG.head_end.update(
    NETWORK_BY_NETWORK, 1000, certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
)
SIGNATURE_LENGTH_AT = len(COMMAND) - 12 - 64 - 1
STRUCTURE = {
    "MAC header": range(7),
    "length of the ciphered service": range(7, 10),
    "security header": range(10, 15),
    "grouping header": range(15, 17),
    "length of the Business Originator": range(26, 27),
    "length of the Business Target": range(35, 36),
    "length of the Date Time": range(44, 45),
    "length of the other information": range(45, 46),
    "length of the payload": range(48, 51),
    "length of the signature": range(SIGNATURE_LENGTH_AT, SIGNATURE_LENGTH_AT + 1),
}


def test_every_truncation_is_malformed() -> None:
    device.Message(COMMAND)
    for size in range(len(COMMAND)):
        refusal(COMMAND[:size])


def test_every_truncation_of_a_message_without_mac_is_malformed() -> None:
    message = host.parse(COMMAND).protected(bytes(64), None).encode()
    device.Message(message)
    for size in range(len(message)):
        refusal(message[:size])


@pytest.mark.parametrize("tail", [b"\0", b"\x40", bytes(12), bytes(76), COMMAND])
def test_octets_behind_a_message_are_malformed(tail: bytes) -> None:
    refusal(COMMAND + tail)
    refusal(host.parse(COMMAND).protected(bytes(64), None).encode() + tail)


@pytest.mark.parametrize("part", STRUCTURE)
def test_every_other_octet_in_the_structure_is_malformed(part: str) -> None:
    for at in STRUCTURE[part]:
        for octet in set(range(256)) - {COMMAND[at]}:
            # To the device and not to the framing alone: other information of six octets
            # leaves a payload that starts inside the payload's own DER.
            assert RIG.refuse(COMMAND[:at] + bytes([octet]) + COMMAND[at + 1 :]) == MALFORMED


# The same number, or a huge one, in every coding that is not the shortest definite one.
@pytest.mark.parametrize(
    "coding",
    [
        "80",
        "8100",
        "81{0:02x}",
        "8200{0:02x}",
        "830000{0:02x}",
        "84000000{0:02x}",
        "82ffff",
        "83ffffff",
        "84ffffffff",
        "88ffffffffffffffff",
        "ff",
    ],
)
@pytest.mark.parametrize("at", [45, 48])
def test_lengths_that_lie_or_are_too_long_are_malformed(at: int, coding: str) -> None:
    command = host.parse(RIG.head_end.read(1, Role.SUPPLIER)).protected(b"", None).encode()
    at -= 15  # Without MAC header; its payload is shorter than 0x80 octets.
    device.Message(command)
    refusal(command[:at] + bytes.fromhex(coding.format(command[at])) + command[at + 1 :])


def test_a_mac_header_whose_length_is_not_in_its_shortest_form_is_malformed() -> None:
    read = RIG.head_end.read(1, Role.SUPPLIER)
    assert read[7] < 0x80
    device.Message(read)
    for coding in ("81", "8200"):
        refusal(read[:7] + bytes.fromhex(coding) + read[7:])


@pytest.mark.parametrize("count", [1, 12, 63, 65, 128])
def test_a_signature_of_another_length_is_malformed(count: int) -> None:
    unsigned = host.parse(COMMAND).grouping_octets
    refusal(unsigned + bytes([count]) + bytes(count))


def test_messages_up_to_4608_octets_are_read_and_longer_ones_are_not() -> None:
    header = GroupingHeader(Cra.COMMAND, 1, bytes(8), bytes(8), 0x0102)
    around = len(host.Message(header, bytes(1000), b"").encode()) - 1000
    device.Message(host.Message(header, bytes(4608 - around), b"").encode())
    assert "4609" in refusal(host.Message(header, bytes(4609 - around), b"").encode())


@given(st.binary(max_size=300))
def test_any_octets_are_a_message_or_malformed(octets: bytes) -> None:
    for start in (b"", b"\xdf\x09", bytes.fromhex("DD000000000000")):
        try:
            device.Message(start + octets)
        except Rejected as rejected:
            assert rejected.reason == MALFORMED
