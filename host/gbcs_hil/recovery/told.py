"""The recovery advice for one party: what it was told, and in which words it is told on."""

import re
from datetime import datetime

import msgspec

from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs import decoding
from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.recovery.advice import advise
from gbcs_hil.recovery.numbering import NUMBERINGS

_COUNTER = re.compile(r"\d[\d,_]*")
_MOST_DIGITS = 20
_READERS = {
    "network-operator": "6.24.1 by the network operator while it is an Eligible User of the "
    "device, else by its Supplier for the role networkOperator",
    "supplier": "6.24.1 by the Supplier",
}


class PartysAdvice(msgspec.Struct, frozen=True):
    """What a party can do.

    Attributes:
        role: whose counter it is.
        counter: the device's.
        smallest: the smallest Originator Counter of a 6.15.1 that the device accepts; None if
            there is none.
        read_by: which Service Request reads the counter, by whom.
        numbering: the party's way, or None if it was not said.
        next: the number that it would use now.
        reached: whether its numbering reaches the counter; None if it was not said.
        when: from when on its numbers are high enough, if not now.
    """

    role: str
    counter: int
    smallest: int | None
    read_by: str
    numbering: str | None = None
    next: int | None = None
    reached: bool | None = None
    when: datetime | None = None


def counter(source: str, role: str) -> int:
    """Return a counter that is written out, or that a response to a 6.24.1 tells of a role.

    Raises:
        BadInput: it is neither, or the response does not tell of the role.
    """
    digits = source.replace(",", "").replace("_", "")
    if _COUNTER.fullmatch(source) and len(digits) <= _MOST_DIGITS:
        return int(digits)
    try:
        message = parse(decoding.read(source))
        if message.header.message_code != MessageCode.CS02A:
            raise GbcsError("the message is no CS02a, which answers a 6.24.1")
        roles = ReadResponse.decode(message.payload).roles
    except GbcsError as error:
        raise BadInput(f"{source[:60]}: {error}") from error
    for found in roles:
        if found.role.gbcs_name == role:
            if found.sequence_number is None:
                raise BadInput(f"the device has no {role} cells: {found.status.gbcs_name}")
            return found.sequence_number
    raise BadInput(f"the response says nothing of the role {role}")


def for_party(counter: int, role: str, numbering: str | None, now: datetime) -> PartysAdvice:
    """Return the advice for a party.

    Args:
        counter: the device's.
        role: "network-operator" or "supplier".
        numbering: a way of numbering, the last number of a party's own sequence, or None.
        now: the time, UTC.

    Raises:
        BadInput: there is no such way of numbering, or no such counter.
    """
    smallest = advise(counter).smallest
    plain = PartysAdvice(role, counter, smallest, _READERS[role])
    if numbering is None:
        return plain
    if numbering in NUMBERINGS:
        way = NUMBERINGS[numbering]
        following = way.at(now)
        when = None if smallest is None else way.reaches(smallest)
        # What takes longer than a career is no cure.
        reached = when is not None and when <= now
    elif numbering.isdecimal() and len(numbering) <= _MOST_DIGITS:
        following, when = int(numbering) + 1, None
        reached = smallest is not None and following >= smallest
    else:
        raise BadInput(
            f"--numbering {numbering}: there are {', '.join(NUMBERINGS)}, or the last number of "
            "a sequence of the party's own"
        )
    return msgspec.structs.replace(
        plain,
        numbering=numbering,
        next=following,
        reached=reached,
        when=None if reached else when,
    )


def lines(advice: PartysAdvice) -> list[str]:
    """Return the advice for a person to read."""
    told = [
        f"The device's counter of the role is {advice.counter:,}.",
        f"It is read by {advice.read_by}.",
    ]
    if advice.smallest is None:
        return [
            *told,
            "No 6.15.1 can have a higher one: its sequence number ends at 2^63-1. What is left "
            "is recovery by the DCC, which sets the counter.",
        ]
    told.append(f"The device accepts a 6.15.1 with a counter from {advice.smallest:,} on.")
    if advice.reached:
        told.append(f"The party's next number is {advice.next:,}: it reaches the device.")
    elif advice.reached is False:
        later = ""
        if advice.when is not None:
            later = f", and only from {advice.when:%Y-%m-%d} on high enough"
        elif advice.numbering in NUMBERINGS:
            later = ", and none that its clock gives will ever be high enough"
        told.append(f"The party's next number is {advice.next:,}{later}: it does not.")
    if not advice.reached:
        told.append(
            f"Cure: the party jumps, this once, to {advice.smallest:,}, and names a floor that "
            "its numbering can go on from; a device that ignores floors needs the jump for good."
        )
        told.append(
            "A 6.21 is none: the DCC signs it, and the cells do not hold ACB certificates."
        )
    return told
