"""Answers and alerts of payment mode: octets as GBCS's vectors show them, and what is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.dlms_time import CANCEL as DLMS_CANCEL
from gbcs_hil.gbcs.dlms_time import NOW, decode_time, encode_time
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.payment_mode import (
    Prepayment,
    esme_payment_mode,
    execution_of,
    gsme_payment_mode,
)
from gbcs_hil.gbcs.payment_mode_responses import (
    CreditTerms,
    DefaultResponse,
    EsmePaymentResponse,
    gsme_response,
)
from gbcs_hil.gbcs.security_credentials import CANCEL, read_credentials

SUPPLIER = bytes.fromhex("90B3D51F30010000")
ESME = bytes.fromhex("00DB1234567890A0")
LATER = datetime(2030, 1, 15, 9, tzinfo=UTC)

ECS02_RESPONSE = bytes.fromhex("DA200003EA0000 03 000000 03 0200 0200 0200")
GCS02_RESPONSE = bytes.fromhex("010901 01 0705 0010 190002 01 02000000 40420F00 400D0300")
GSME_FAILURE = bytes.fromhex("010901 01 0705 0005 08 00 0B 06 C0")
ESME_ALERT = bytes.fromhex(
    "0F 200007D2 00 0203 128F66 090C07EE010FFF090000008000FF"
    "0913 001A 00000000000003ED 006F 0001130000FF 0D"
)
GSME_ALERT = bytes.fromhex("010901 8F66 38818890 0E 006C 00000000000003E9 0705 01 06")


def test_an_esme_answers_one_result_for_each_attribute() -> None:
    response = EsmePaymentResponse.decode(ECS02_RESPONSE)
    assert (response.invoke_id, response.results) == (1002, (0, 0, 0))
    assert response.encode() == ECS02_RESPONSE
    assert response.failures(MessageCode.ECS02) == ()


def test_an_esmes_failures_are_named() -> None:
    response = EsmePaymentResponse(1, (0, 1, 250))
    assert EsmePaymentResponse.decode(response.encode()) == response
    assert response.failures(MessageCode.ECS02) == (
        "Account credit charge configuration hardware-fault (1)",
        "Account activation time other-reason (250)",
    )
    assert EsmePaymentResponse(1, (0,) * 3 + (3,)).failures(MessageCode.ECS02) == (
        "attribute 4 read-write-denied (3)",
    )


def test_a_gsme_answers_its_credit_terms() -> None:
    response = gsme_response(GCS02_RESPONSE)
    assert response == CreditTerms(1, 2, 1_000_000, 200_000)
    assert response.encode() == GCS02_RESPONSE


def test_a_gsme_that_cannot_says_why() -> None:
    response = gsme_response(GSME_FAILURE)
    assert isinstance(response, DefaultResponse)
    assert (response.failure, response.encode()) == ("hardware failure (0xC0)", GSME_FAILURE)
    assert DefaultResponse(0).failure is None


def test_an_alert_names_command_time_and_what_was_activated() -> None:
    dlms, gbz = FutureDatedAlert.decode(ESME_ALERT), FutureDatedAlert.decode(GSME_ALERT)
    assert (dlms.message_code, dlms.counter, dlms.own_counter) == (0x001A, 1005, 2002)
    assert (gbz.message_code, gbz.counter, gbz.own_counter) == (0x006C, 1001, None)
    assert decode_time(dlms.time) == LATER
    assert (dlms.activated[-1], gbz.activated) == (13, bytes.fromhex("07050106"))
    assert (dlms.encode(), gbz.encode()) == (ESME_ALERT, GSME_ALERT)
    assert dlms.under(0x10007D3).own_counter == 2003
    assert gbz.under(7) == gbz


@pytest.mark.parametrize(
    "octets", [ECS02_RESPONSE, GCS02_RESPONSE, GSME_FAILURE, ESME_ALERT, GSME_ALERT]
)
@given(data=st.data())
def test_octets_too_many_or_too_few_are_refused(octets: bytes, data: st.DataObject) -> None:
    decode = (EsmePaymentResponse.decode, gsme_response, FutureDatedAlert.decode)
    cut = data.draw(st.integers(0, len(octets) - 1))
    for wrong in (octets[:cut], octets + b"\x00"):
        for read in decode:
            with pytest.raises(GbcsError):
                read(wrong)


def test_an_alert_is_of_one_kind() -> None:
    alert = FutureDatedAlert.decode(ESME_ALERT)
    with pytest.raises(GbcsError):
        alert.at(bytes(4)).encode()


@pytest.mark.parametrize("execution", [None, CANCEL, LATER])
@pytest.mark.parametrize("prepayment", [None, Prepayment(-500)])
def test_a_command_tells_when_it_is_to_be_executed(
    execution: datetime | None, prepayment: Prepayment | None
) -> None:
    esme = esme_payment_mode(SUPPLIER, ESME, 1, prepayment, execution)
    gsme = gsme_payment_mode(SUPPLIER, ESME, 1, prepayment, LATER, execution)
    assert execution_of(esme) == execution
    assert execution_of(gsme) == execution


@pytest.mark.parametrize("code", [MessageCode.ECS02, MessageCode.GCS03])
def test_a_command_cut_short_tells_nothing(code: int) -> None:
    whole = esme_payment_mode(SUPPLIER, ESME, 1, None)
    header = whole.header.__class__(whole.header.cra, 1, SUPPLIER, ESME, code)
    with pytest.raises(GbcsError):
        execution_of(Message(header, b"\x01\x09"))
    with pytest.raises(GbcsError):
        execution_of(read_credentials(SUPPLIER, ESME, 1, []))


def test_a_time_is_read_as_it_was_written() -> None:
    assert decode_time(encode_time(LATER)) == LATER
    for none in (NOW, DLMS_CANCEL, b""):
        with pytest.raises(GbcsError):
            decode_time(none)
