"""Comparing messages: nothing but the signature may differ unnoticed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.rtds.comparison import Keys, compare
from gbcs_hil.rtds.normalisation import Asked, with_short_lengths
from gbcs_hil.smki.parties import GAS_NETWORK_A, GAS_NETWORK_B
from made_families import FAMILIES
from made_vectors import (
    CLOCK,
    DEVICES,
    ESME,
    answer,
    long_lengths,
    outcome,
    read_command,
    read_response,
    secret_of,
    signed,
    update,
    update_response,
)

NETWORK = (RemotePartyRole.NETWORK_OPERATOR, GAS_NETWORK_A, GAS_NETWORK_B)
UPDATE = update_response(update(*NETWORK), outcome(*NETWORK))
READ = read_response(read_command())
SIGNING = DEVICES[ESME][0].public_key
KEYS = Keys(SIGNING, SIGNING, secret_of(ESME))
ASKED = Asked(update(*NETWORK), CLOCK)
MESSAGES = {"signed": UPDATE, "MACed": READ}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_matches_itself(name: str) -> None:
    message = parse(MESSAGES[name].encode())
    assert compare(message, message.encode(), KEYS, ASKED).differences == ()


@pytest.mark.parametrize("name", MESSAGES)
@given(data=st.data())
def test_any_other_octet_is_a_difference(name: str, data: st.DataObject) -> None:
    octets = MESSAGES[name].encode()
    covered = len(octets) - (64 if name == "signed" else 0)
    at = data.draw(st.integers(0, covered - 1))
    other = bytes([octets[at] ^ data.draw(st.integers(1, 255))])
    try:
        expected = parse(octets[:at] + other + octets[at + 1 :])
    except GbcsError:
        return
    # Whatever is said of it is text: no octet may make the search for words fail.
    differences = compare(expected, octets, KEYS, ASKED).differences
    assert differences
    assert all(isinstance(text, str) and text for text in differences)


OTHERS = {
    name: FAMILIES[name]
    for name in (
        "6.15.2 keyAgreement",
        "6.17 keyAgreement",
        "6.24.2 keyAgreement",
        "1.6 credit later ESME",
        "1.6 prepayment later GSME",
        "6.23 at a date",
    )
}


@pytest.mark.parametrize("name", OTHERS)
@given(data=st.data())
def test_nothing_is_put_right_that_ought_to_differ(name: str, data: st.DataObject) -> None:
    made = OTHERS[name]
    message = data.draw(st.sampled_from([made.response, *made.alerts]))
    octets = message.encode()
    at = data.draw(st.integers(0, len(octets) - 65))
    other = bytes([octets[at] ^ data.draw(st.integers(1, 255))])
    try:
        expected = parse(octets[:at] + other + octets[at + 1 :])
    except GbcsError:
        return
    device = DEVICES[message.header.originator][0].public_key
    compared = compare(expected, octets, Keys(device), Asked(made.command, CLOCK))
    # The key of a certification request is chance, and so is what it signs.
    chance = made.command.header.message_code == MessageCode.CS02C
    assert compared.differences or compared.fault or (chance and at > 60)


def test_the_devices_signature_has_to_be_the_devices() -> None:
    forged = UPDATE.protected(bytes(64), None)
    assert "does not verify" in compare(UPDATE, forged.encode(), KEYS, ASKED).differences[0]


def test_lengths_are_put_right_only_where_they_are_der() -> None:
    payload = long_lengths(UPDATE.payload)
    assert with_short_lengths(replace(UPDATE, payload=payload)).payload == UPDATE.payload
    dlms = replace(UPDATE.header, message_code=MessageCode.ECS02)
    kept = with_short_lengths(replace(UPDATE, header=dlms, payload=payload))
    assert kept.payload == payload


def test_a_payload_that_is_left_out_is_named() -> None:
    short = update_response(update(*NETWORK), None)
    (text,) = compare(UPDATE, short.encode(), KEYS, ASKED).differences
    assert text == "Payload: expected executionOutcome, which the device leaves out"


def test_fewer_items_of_a_list_are_counted() -> None:
    told = outcome(*NETWORK)
    fewer = update_response(update(*NETWORK), replace(told, outcomes=told.outcomes[:1]))
    (text,) = compare(UPDATE, fewer.encode(), KEYS, ASKED).differences
    assert text == ("executionOutcome.replacementOutcomes: expected 2 items, device says 1 item")


def test_a_payload_that_nobody_knows_is_compared_octet_by_octet() -> None:
    header = replace(UPDATE.header, message_code=0x0FFF)
    theirs, ours = (signed(replace(UPDATE, header=header, payload=p)) for p in (b"abc", b"axc"))
    (text,) = compare(theirs, ours.encode(), KEYS, ASKED).differences
    assert text == "payload octet 1, Payload: expected 616263, device says 617863"


def test_what_is_no_message_is_a_difference() -> None:
    (text,) = compare(UPDATE, b"\xdf\x09", KEYS, ASKED).differences
    assert text.startswith("what the device sent is no message: ")


def test_long_lengths_under_a_mac_need_the_secret() -> None:
    roles = read_command()
    once = READ.payload
    twice = long_lengths(b"\x30\x81" + bytes([2 * (len(once) - 2)]) + 2 * once[2:])
    expected = replace(answer(roles, twice), signature=b"", mac=bytes(12))
    actual = replace(expected, payload=with_short_lengths(expected).payload)
    keys = replace(KEYS, secret=None)
    (text,) = compare(expected, actual.encode(), keys, ASKED).differences
    assert text.startswith("MAC: no shared secret")
