"""ECS02, ECS03, GCS02 and GCS03 commands: credit or prepayment (SRV 1.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs import dlms_time, gbz_names
from gbcs_hil.gbcs.cursor import Cursor, encode_length
from gbcs_hil.gbcs.dlms_names import TARGETS
from gbcs_hil.gbcs.message import Message, pre_command
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.security_credentials import CANCEL

_SET = b"\x02"
_CREDIT_MODE, _PREPAYMENT_MODE = 1, 2
_CHARGED, _DISABLED = "0403E0", "0403C0"
# Behind GBZ envelope, ZCL header, provider id and issuer event id.
_IMPLEMENTATION_TIME = 19
_ISSUER_EVENT_ID = 15
# Credits by number, with the charges that they are used for, in the order of collection.
_CREDIT_ROWS = ((0, (0, 4)),)
_PREPAYMENT_ROWS = ((0, (0, 4, 1, 2, 3)), (1, (0, 4, 1, 2, 3)), (2, (0, 3)))
_EMERGENCY_ROWS = ((2, (4, 1, 2)),)
_DEBT_CHARGES = (1, 2)


@dataclass(frozen=True, slots=True)
class Prepayment:
    """How prepayment mode is to work.

    Attributes:
        disablement_threshold: the balance at which the supply ends, in the meter's unit.
        suspend_debt_disabled: do not collect debt while the supply is off.
        suspend_debt_emergency: as DUIS's SuspendDebtEmergency.
    """

    disablement_threshold: int
    suspend_debt_disabled: bool = False
    suspend_debt_emergency: bool = False


def esme_payment_mode(
    originator: bytes,
    recipient: bytes,
    counter: int,
    prepayment: Prepayment | None,
    execution: datetime | None = None,
) -> Message:
    """Build an ECS02 (credit) or ECS03 (prepayment) pre-command for a single-element ESME.

    Args:
        originator: the Supplier's EUI-64.
        recipient: the ESME's EUI-64.
        counter: Originator Counter.
        prepayment: how prepayment works, or None for credit mode.
        execution: when, in UTC; `CANCEL`; None for at once.

    Raises:
        GbcsError: an argument cannot be coded.
    """
    if prepayment is None:
        code = MessageCode.ECS02
        data = [_mode(_CREDIT_MODE), _rows(_CREDIT_ROWS, suspended=False), _time(execution)]
    else:
        code = MessageCode.ECS03
        emergency = _EMERGENCY_ROWS if prepayment.suspend_debt_emergency else ()
        data = [
            _mode(_PREPAYMENT_MODE),
            b"\x05" + _signed(prepayment.disablement_threshold, "big"),
            _rows((*_PREPAYMENT_ROWS, *emergency), prepayment.suspend_debt_disabled),
            _time(execution),
            _time(execution),
        ]
    requests = [_SET + target.encode() for target in TARGETS[code]]
    head = b"\xd9\x20" + (counter & 0xFFFFFF).to_bytes(3, "big") + b"\x00"
    payload = head + _listed(requests) + _listed(data)
    return pre_command(code, originator, recipient, counter, payload)


def gsme_payment_mode(
    originator: bytes,
    recipient: bytes,
    counter: int,
    prepayment: Prepayment | None,
    issued: datetime,
    execution: datetime | None = None,
) -> Message:
    """Build a GCS02 (credit) or GCS03 (prepayment) pre-command.

    Args:
        originator: the Supplier's EUI-64.
        recipient: the GSME's EUI-64.
        counter: Originator Counter.
        prepayment: how prepayment works, or None for credit mode.
        issued: the time that becomes the issuer event id.
        execution: when, in UTC; `CANCEL`; None for at once.

    Raises:
        GbcsError: an argument cannot be coded; suspending debt while disabled is not known.
    """
    if prepayment is None:
        code, configuration = MessageCode.GCS02, gbz_names.CREDIT
        cut_off = gbz_names.UNUSED.to_bytes(4, "little")
    else:
        if prepayment.suspend_debt_disabled:
            raise GbcsError("how a GSME is told to suspend debt while disabled is not known")
        emergency = prepayment.suspend_debt_emergency
        configuration = gbz_names.PREPAYMENT_SUSPENDED if emergency else gbz_names.PREPAYMENT
        code = MessageCode.GCS03
        cut_off = _signed(prepayment.disablement_threshold, "little")
    times = (gbz_names.seconds(issued), _implementation_time(execution))
    frame = bytes.fromhex("010006 00000000")
    frame += b"".join(time.to_bytes(4, "little") for time in times)
    frame += configuration.to_bytes(2, "little") + cut_off
    payload = bytes.fromhex("010901 01 0705") + len(frame).to_bytes(2, "big") + frame
    return pre_command(code, originator, recipient, counter, payload)


def execution_of(command: Message) -> datetime | None:
    """Return when a payment mode command is to be executed: a time, `CANCEL` or None for now.

    Raises:
        GbcsError: the command has another message code, or its time is none.
    """
    payload, code = command.payload, command.header.message_code
    if code in (MessageCode.ECS02, MessageCode.ECS03):
        # The Account's activation time comes last in both.
        cursor = Cursor(payload, max(0, len(payload) - 14), len(payload))
        cursor.expect(b"\x09\x0c", "activation time")
        time = cursor.take(12, "activation time")
        known = {dlms_time.NOW: None, dlms_time.CANCEL: CANCEL}
        return known[time] if time in known else dlms_time.decode_time(time)
    if code not in (MessageCode.GCS02, MessageCode.GCS03):
        raise GbcsError(f"message code {code:04X} sets no payment mode")
    cursor = Cursor(payload, min(_IMPLEMENTATION_TIME, len(payload)), len(payload))
    seconds = int.from_bytes(cursor.take(4, "implementation time"), "little")
    if seconds == gbz_names.CANCEL:
        return CANCEL
    return None if seconds == gbz_names.NOW else gbz_names.EPOCH + timedelta(seconds=seconds)


def issued_at(command: Message) -> datetime | None:
    """Return the time that is a GSME command's issuer event id; None for other commands."""
    if command.header.message_code not in (MessageCode.GCS02, MessageCode.GCS03):
        return None
    octets = command.payload[_ISSUER_EVENT_ID:_IMPLEMENTATION_TIME]
    return gbz_names.EPOCH + timedelta(seconds=int.from_bytes(octets, "little"))


def _listed(items: list[bytes]) -> bytes:
    return encode_length(len(items)) + b"".join(items)


def _mode(mode: int) -> bytes:
    return bytes([2, 2, 0x16, mode, 0x16, 1])


def _rows(rows: Iterable[tuple[int, tuple[int, ...]]], suspended: bool) -> bytes:
    """Return the account's credit charge configuration.

    Args:
        rows: credits with their charges.
        suspended: whether debt, on ordinary and emergency credit, is not collected while the
            supply is off.
    """
    coded = []
    for credit, charges in rows:
        for charge in charges:
            disabled = suspended and credit != 2 and charge in _DEBT_CHARGES
            bits = _DISABLED if disabled else _CHARGED
            names = f"09060000130A{credit:02X}FF 090600001314{charge:02X}FF"
            coded.append(bytes.fromhex(f"0203 {names} {bits}"))
    return b"\x01" + _listed(coded)


def _time(execution: datetime | None) -> bytes:
    if execution is None:
        return b"\x09\x0c" + dlms_time.NOW
    if execution == CANCEL:
        return b"\x09\x0c" + dlms_time.CANCEL
    return b"\x09\x0c" + dlms_time.encode_time(execution)


def _implementation_time(execution: datetime | None) -> int:
    if execution is None:
        return gbz_names.NOW
    return gbz_names.CANCEL if execution == CANCEL else gbz_names.seconds(execution)


def _signed(value: int, order: Literal["big", "little"]) -> bytes:
    if not -(1 << 31) <= value < 1 << 31:
        raise GbcsError(f"the disablement threshold {value} does not fit in 32 bits")
    return value.to_bytes(4, order, signed=True)
