"""Payment mode commands whose code and content do not agree, or that are cut or odd."""

import pytest
from payment_messages import KINDS, OTHERS, THRESHOLD, Kind, payment
from rig import Rig, after, provisioned

from gbcs_hil.gbcs import dlms_time


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kind(name: str) -> Kind:
    return KINDS[name]


@pytest.fixture
def rig(kind: Kind, name: str) -> Rig:
    """A device in the mode that the command under test does not set."""
    rig = provisioned(kind.device_type)
    OTHERS[name].accept(rig, 1)
    return rig


def refused(rig: Rig, kind: Kind, payload: bytes) -> None:
    """Deliver a payload that has to be refused as malformed, and the right one after it."""
    command = kind.with_payload(rig, 2, payload)
    assert rig.refuse(command) == "malformed"
    kind.accept(rig, 2)
    assert payment(rig) == kind.payment


def replaced(octets: bytes, old: str, new: str, times: int = 1) -> bytes:
    before, after_ = bytes.fromhex(old), bytes.fromhex(new)
    assert octets.count(before) == times
    return octets.replace(before, after_)


def test_the_code_says_one_mode_and_the_body_is_the_others(
    rig: Rig, name: str, kind: Kind
) -> None:
    """The content check of MP134B: a credit code does not carry prepayment, nor the reverse."""
    other = OTHERS[name]
    before = payment(rig)
    body = other.message(2).payload
    assert rig.refuse(kind.with_payload(rig, 2, body)) == "malformed"
    waiting = other.message(2, after(60)).payload
    assert rig.refuse(kind.with_payload(rig, 2, waiting)) == "malformed"
    assert (payment(rig), rig.state.pending) == (before, {})
    refused(rig, kind, body)


CONTRADICTIONS = {
    "ECS02": ("0202 1601 1601", "0202 1602 1601"),
    "ECS03": ("0202 1602 1601", "0202 1601 1601"),
    "GCS02": ("940C FFFFFFFF", "960C FFFFFFFF"),
    "GCS03": ("9708", "9508"),
}


def test_the_code_says_one_mode_and_a_single_value_the_other(
    rig: Rig, name: str, kind: Kind
) -> None:
    """Everything but the mode itself is what the code asks for."""
    old, new = CONTRADICTIONS[name]
    refused(rig, kind, replaced(kind.message(2).payload, old, new))


def test_no_cut_off_value_is_for_credit() -> None:
    kind = KINDS["GCS02"]
    rig = provisioned("gsme")
    for value in ("00000000", "FEFFFFFF", "39300000"):
        payload = replaced(kind.message(2).payload, "940C FFFFFFFF", "940C" + value)
        assert rig.refuse(kind.with_payload(rig, 2, payload)) == "malformed"


def test_the_two_dates_of_ecs03_are_the_same() -> None:
    kind = KINDS["ECS03"]
    rig = provisioned("esme")
    dates = [
        bytes.fromhex("090C") + date
        for date in (
            dlms_time.NOW,
            dlms_time.CANCEL,
            dlms_time.encode_time(after(60)),
            dlms_time.encode_time(after(61)),
        )
    ]
    payload = kind.message(2).payload
    assert payload.endswith(dates[0] * 2)
    head = payload.removesuffix(dates[0] * 2)
    for first in dates:
        for second in dates:
            if first != second:
                made = head + first + second
                command = kind.with_payload(rig, 2, made)
                assert rig.refuse(command) == "malformed"
    assert payment(rig)[0] == 1
    kind.accept(rig, 2)


def test_every_truncation_is_malformed(rig: Rig, kind: Kind) -> None:
    payload = kind.message(2).payload
    for length in range(len(payload)):
        cut = payload[:length]
        command = kind.with_payload(rig, 2, cut)
        assert (length, rig.refuse(command)) == (length, "malformed")
    kind.accept(rig, 2)


@pytest.mark.parametrize("more", [b"\0", b"\x02\x00", bytes(100)], ids=len)
def test_whatever_follows_is_malformed(rig: Rig, kind: Kind, more: bytes) -> None:
    refused(rig, kind, kind.message(2).payload + more)


ODD = {
    "ECS02": {
        "another request than to set": ("00 03 02 006F", "00 03 01 006F"),
        "a list of other attributes": ("0001130000FF 02", "0001130000FF 03"),
        "another object": ("02 006F 0001130000FF 0B", "02 006F 0001130000FE 0B"),
        "fewer attributes": ("00 03 02 006F", "00 02 02 006F"),
        "fewer values": ("0D 03 0202", "0D 02 0202"),
        "a mode that there is not": ("0202 1601 1601", "0202 1603 1601"),
        "another account status": ("0202 1601 1601", "0202 1601 1602"),
        "more rows than there are": ("01 02 0203", "01 03 0203"),
        "fewer rows than there are": ("01 02 0203", "01 01 0203"),
        "a thousand rows": ("01 02 0203", "01 7F 0203"),
        "no date": ("090C 00000000000000000080 00FF", ""),
        "a date of eleven octets": ("090C 0000", "090B 00"),
    },
    "ECS03": {
        "the threshold first": ("02 2328 00005E2C8016 04", "02 2328 00005E2C8016 06"),
        "a threshold of two octets": ("05 FFFFCFC7", "10 CFC7"),
        "an unsigned threshold": ("05 FFFFCFC7", "06 FFFFCFC7"),
        "no threshold": ("05 FFFFCFC7", ""),
    },
    "GCS02": {
        "another profile": ("0109 01 01 0705", "0108 01 01 0705"),
        "two commands": ("0109 01 01 0705", "0109 02 01 0705"),
        "more to follow": ("0109 01 01 0705", "0109 01 00 0705"),
        "another cluster": ("0705 0015", "0704 0015"),
        "another length": ("0705 0015", "0705 0016"),
        "another command": ("010006", "010007"),
        "a response": ("010006", "090006"),
    },
}


@pytest.mark.parametrize(
    ("name", "oddity"),
    [(name, oddity) for name, table in ODD.items() for oddity in table],
    indirect=["name"],
)
def test_what_the_reference_does_not_have_is_malformed(
    rig: Rig, name: str, kind: Kind, oddity: str
) -> None:
    refused(rig, kind, replaced(kind.message(2).payload, *ODD[name][oddity]))
    assert THRESHOLD.to_bytes(4, signed=True) == bytes.fromhex("FFFFCFC7")


@pytest.mark.parametrize(
    "date",
    [
        "0000 01 01 FF 00 00 00 00 8000 FF",
        "07E9 00 01 FF 00 00 00 00 8000 FF",
        "07E9 0D 01 FF 00 00 00 00 8000 FF",
        "07E9 01 00 FF 00 00 00 00 8000 FF",
        "07E9 01 20 FF 00 00 00 00 8000 FF",
        "07E9 01 01 FF 18 00 00 00 8000 FF",
        "07E9 01 01 FF 00 3C 00 00 8000 FF",
        "07E9 01 01 FF 00 00 3C 00 8000 FF",
        "FFFF 01 01 FF 00 00 00 00 8000 FF",
        "07E9 FF FF FF FF FF FF FF 8000 FF",
        "0000 00 00 FF 00 00 00 00 8000 FF",
        "FFFF FF FF 00 FF FF FF FF 8000 FF",
    ],
)
@pytest.mark.parametrize("code", ["ECS02", "ECS03"])
def test_a_date_that_is_none_is_malformed(code: str, date: str) -> None:
    kind = KINDS[code]
    rig = provisioned("esme")
    payload = kind.message(2).payload
    times = payload.count(dlms_time.NOW)
    assert times == len(kind.activated)
    made = payload.replace(dlms_time.NOW, bytes.fromhex(date))
    assert rig.refuse(kind.with_payload(rig, 2, made)) == "malformed"
