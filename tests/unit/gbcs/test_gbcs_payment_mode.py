"""Payment mode commands: the reference ones octet for octet, the others as described."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.explain import read_octets
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security_credentials import CANCEL

SUPPLIER = bytes.fromhex("90B3D51F30010000")
ESME = bytes.fromhex("00DB1234567890A0")
GSME = bytes.fromhex("00DB1234567890A1")
ISSUED = datetime(2015, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 15, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def vectors(rtds: Path) -> Mapping[str, bytes]:
    """Every reference message by its file name without `_GBCS.HEX`."""
    files = (rtds / "vectors").glob("*_GBCS.HEX")
    return {f.name.removesuffix("_GBCS.HEX"): read_octets(f.read_bytes()) for f in files}


def test_the_reference_esme_command_is_built(vectors: Mapping[str, bytes]) -> None:
    built = esme_payment_mode(SUPPLIER, ESME, 1002, None)
    assert built.encode() == vectors["ECS02_1.6_IMMEDIATE_SINGLE_SUCCESS_PRECOMMAND"]


def test_the_reference_gsme_command_is_built(vectors: Mapping[str, bytes]) -> None:
    built = gsme_payment_mode(SUPPLIER, GSME, 1000, None, ISSUED)
    assert built.encode() == vectors["GCS02_1.6_IMMEDIATE_SUCCESS_PRECOMMAND"]


@pytest.mark.parametrize(("emergency", "rows"), [(False, 12), (True, 15)])
def test_suspending_debt_in_emergency_adds_three_rows(emergency: bool, rows: int) -> None:
    payload = esme_payment_mode(
        SUPPLIER, ESME, 1, Prepayment(5, suspend_debt_emergency=emergency)
    ).payload
    assert payload.count(bytes.fromhex("0203 0906")) == rows
    assert bytes([1, rows]) in payload


def test_suspending_debt_while_disabled_marks_four_rows() -> None:
    payload = esme_payment_mode(
        SUPPLIER, ESME, 1, Prepayment(5, suspend_debt_disabled=True)
    ).payload
    assert payload.count(bytes.fromhex("0403C0")) == 4


def test_every_date_of_a_command_is_the_same() -> None:
    payload = esme_payment_mode(SUPPLIER, ESME, 1, Prepayment(5), LATER).payload
    assert payload.count(bytes.fromhex("090C 07EE010FFF090000008000FF")) == 2


@pytest.mark.parametrize(
    ("execution", "octets"), [(None, "00000000"), (CANCEL, "FFFFFFFF"), (LATER, "90888138")]
)
def test_the_gsme_is_told_when(execution: datetime | None, octets: str) -> None:
    payload = gsme_payment_mode(SUPPLIER, GSME, 1, Prepayment(-3), ISSUED, execution).payload
    assert len(payload) == 29
    assert payload[19:23] == bytes.fromhex(octets)
    assert payload[23:] == bytes.fromhex("9708 FDFFFFFF")


def test_credit_and_prepayment_have_codes_of_their_own() -> None:
    commands = [
        esme_payment_mode(SUPPLIER, ESME, 1, None),
        esme_payment_mode(SUPPLIER, ESME, 1, Prepayment(0)),
        gsme_payment_mode(SUPPLIER, GSME, 1, None, ISSUED),
        gsme_payment_mode(SUPPLIER, GSME, 1, Prepayment(0), ISSUED),
    ]
    assert [command.header.message_code for command in commands] == [
        MessageCode.ECS02,
        MessageCode.ECS03,
        MessageCode.GCS02,
        MessageCode.GCS03,
    ]


@pytest.mark.parametrize(
    "prepayment", [Prepayment(1 << 31), Prepayment(0, suspend_debt_disabled=True)]
)
def test_what_a_gsme_cannot_be_told_is_refused(prepayment: Prepayment) -> None:
    with pytest.raises(GbcsError):
        gsme_payment_mode(SUPPLIER, GSME, 1, prepayment, ISSUED)
