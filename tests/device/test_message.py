"""The device reads and writes messages as the host's codec does, and refuses all others."""

from datetime import UTC, datetime

import pytest
from head_end import NETWORK_BY_NETWORK, certificates
from hypothesis import given
from hypothesis import strategies as st
from rig import ACCEPTED, provisioned

from gbcs_device import message as device
from gbcs_device.rejection import MALFORMED, Rejected
from gbcs_hil.gbcs import message as host
from gbcs_hil.gbcs.dlms_time import encode_time
from gbcs_hil.gbcs.message import Cra, GroupingHeader
from gbcs_hil.gbcs.names import RemotePartyRole as Role

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


COMMAND = provisioned().head_end.update(
    NETWORK_BY_NETWORK, 1000, certificates(Role.NETWORK_OPERATOR, party := __import__("x"))
)
