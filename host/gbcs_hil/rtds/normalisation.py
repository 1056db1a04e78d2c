"""Putting right what the reference data cannot be followed in, before two messages are compared.

Whatever is put right is said. These things are:

- lengths that are longer than DER allows;
- the key that a device makes for itself, and what it signs with it (CS02c);
- the time stamp of an alert, where the reference's clock still stands at the start;
- the counter that a read shows for the party whose command it answers;
- which of a device's own counters an alert of several has.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from gbcs_hil.errors import AuthenticationError, GbcsError
from gbcs_hil.gbcs import dlms_time, gbz_names
from gbcs_hil.gbcs.certification_request import CertificationRequest
from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.der import SEQUENCE, normalise_lengths
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.message_codes import USE_CASES, MessageCode, Protocol
from gbcs_hil.gbcs.security_credentials import ReadCredentials


@dataclass(frozen=True)
class Asked:
    """What a device was asked.

    Attributes:
        command: the command.
        clock: where the device's clock stood then.
        any_own_counter: whether the device may have used another counter of its own.
    """

    command: Message
    clock: datetime
    any_own_counter: bool = False


@dataclass
class Compared:
    """Two messages on their way to comparison.

    Attributes:
        expected: the reference.
        actual: what the device sent.
        notes: what was put right.
        differences: what came out on the way.
    """

    expected: Message
    actual: Message
    notes: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


def normalise(expected: Message, actual: Message, asked: Asked) -> Compared:
    """Put both messages right.

    Args:
        expected: the reference, as it was read.
        actual: what the device sent, as it was read.
        asked: what it answers.
    """
    both = Compared(with_short_lengths(expected), with_short_lengths(actual))
    if both.expected.grouping_octets != expected.grouping_octets:
        both.notes.append("lengths normalised")
    if asked.any_own_counter:
        _own_counter(both)
    put_right = _BY_CODE.get(expected.header.message_code)
    if put_right and expected.header.message_code == actual.header.message_code:
        # If one of the two is something else than it should be, comparison tells.
        with suppress(GbcsError):
            put_right(both, asked)
    return both


def with_short_lengths(message: Message) -> Message:
    """Return a message with every length in its shortest form; its protection is kept."""
    use_case = USE_CASES.get(message.header.message_code)
    payload = message.payload
    if use_case is not None and use_case.protocol is Protocol.ASN1:
        try:
            payload = normalise_lengths(payload).octets
        except GbcsError:
            # No DER, so there is nothing to put right; the octets are compared as they are.
            payload = message.payload
    return Message(message.header, payload, message.signature, message.mac)


def _own_counter(both: Compared) -> None:
    """Give the device's alert the reference's counter."""
    counter = both.expected.header.counter
    if both.actual.header.counter == counter:
        return
    payload = both.actual.payload
    try:
        payload = FutureDatedAlert.decode(payload).under(counter).encode()
    except GbcsError:
        payload = both.actual.payload
    header = replace(both.actual.header, counter=counter)
    both.actual = replace(both.actual, header=header, payload=payload)
    both.notes.append("order of the alerts normalised")


def _own_key(both: Compared, _: Asked) -> None:
    """Leave a new key out of both certification requests, once its signature is checked."""
    if both.expected.payload[0] != SEQUENCE or both.actual.payload[0] != SEQUENCE:
        return
    theirs = CertificationRequest.decode(both.expected.payload)
    ours = CertificationRequest.decode(both.actual.payload)
    both.notes += [f"in the vector, {reason}" for reason in _unsigned(theirs)]
    both.differences += _unsigned(ours)
    both.expected = replace(both.expected, payload=theirs.without_key())
    both.actual = replace(both.actual, payload=ours.without_key())
    both.notes.append("but for the key, which is the device's own new one")


def _unsigned(request: CertificationRequest) -> list[str]:
    try:
        request.verify()
    except (AuthenticationError, GbcsError) as error:
        return [str(error)]
    return []


def _time_stamp(both: Compared, asked: Asked) -> None:
    """Let an alert be late where the reference stamped it with the time of the start."""
    theirs = FutureDatedAlert.decode(both.expected.payload)
    ours = FutureDatedAlert.decode(both.actual.payload)
    start = {
        12: dlms_time.encode_time(asked.clock),
        4: gbz_names.seconds(asked.clock).to_bytes(4, "big"),
    }
    if theirs.time != ours.time and theirs.time == start.get(len(theirs.time)):
        both.expected = replace(both.expected, payload=theirs.at(ours.time).encode())
        both.notes.append("time stamp normalised: the vector's clock stands at its start")


def _read_counter(both: Compared, asked: Asked) -> None:
    """Let the counter of the party that reads be what it was before or after its command."""
    role = ReadCredentials.decode(asked.command.payload).authorising_cell.role
    counter = asked.command.header.counter
    theirs = ReadResponse.decode(both.expected.payload)
    ours = ReadResponse.decode(both.actual.payload)
    shown = {item.role: item.sequence_number for item in ours.roles}.get(role)
    told = []
    for item in theirs.roles:
        number = item.sequence_number
        if item.role is not role or number is None or number >= counter:
            told.append(item)
            continue
        normalised = shown == counter
        told.append(replace(item, sequence_number=shown) if normalised else item)
        both.notes.append(
            f"the read shows counter {number} for {role.gbcs_name}, whose command has {counter}"
            + (": normalised" if normalised else "")
        )
    if tuple(told) != theirs.roles:
        both.expected = replace(both.expected, payload=ReadResponse(tuple(told)).encode())


_BY_CODE: MappingProxyType[int, Callable[[Compared, Asked], None]] = MappingProxyType(
    {
        MessageCode.CS02A: _read_counter,
        MessageCode.CS02C: _own_key,
        MessageCode.DLMS_ALERT: _time_stamp,
        MessageCode.GBZ_ALERT: _time_stamp,
    }
)
