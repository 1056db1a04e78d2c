"""The recovery advice for one party: what it was told, and in which words it is told on."""

import re
from datetime import datetime

import msgspec

from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs import decoding
from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.recovery.advice import LAST_OF_6_15_1, advise, reaches
from gbcs_hil.recovery.numbering import NUMBERINGS

_COUNTER = re.compile(r"\d[\d,_]*")
_MOST_DIGITS = 20
_READERS = {
    "network-operator": "6.24.1 by the network operator while it is an Eligible User of the "
    "device, else by its Supplier for the role networkOperator",
    "supplier": "6.24.1 by the Supplier",
}
_SETTERS = {
    "network-operator": "recovery by the DCC, which sets the counter",
    "supplier": "a 6.23, whose floor sets the counter, or recovery by the DCC",
}


class PartysAdvice(msgspec.Struct, frozen=True):
    """What a party can do.

    Attributes:
        role: whose counter it is.
        counter: the device's.
        acb_certificates: whether the cells are known to hold ACB certificates.
        smallest: the smallest Originator Counter of a 6.15.1 that the device accepts; None if
            there is none.
        read_by: which Service Request reads the counter, by whom.
        numbering: the party's way, or None if it was not said.
        next: the number that it would use now.
        reached: whether its numbering gets a 6.15.1 through; None if it was not said.
        when: from when on its numbers are high enough, if not now.
    """

    role: str
    counter: int
    acb_certificates: bool
    smallest: int | None
    read_by: str
    numbering: str | None = None
    next: int | None = None
    reached: bool | None = None
    when: datetime | None = None


def counter(source: str, role: str) -> tuple[int, bool]:
    """Return a counter that is written out, or that a response to a 6.24.1 tells of a role.

    Beside it stands whether the role's cells are seen to hold ACB certificates: the EUI-64 in
    them is that of the ACB, which the response goes to.

    Raises:
        BadInput: it is neither, or the response does not tell of the role.
    """
    digits = source.replace(",", "").replace("_", "")
    if _COUNTER.fullmatch(source) and len(digits) <= _MOST_DIGITS:
        return int(digits), False
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
            acb = message.header.recipient
            return found.sequence_number, any(cell.eui == acb for cell in found.cells)
    raise BadInput(f"the response says nothing of the role {role}")


def for_party(
    counter: int,
    role: str,
    numbering: str | None,
    now: datetime,
    acb_certificates: bool = False,
) -> PartysAdvice:
    """Return the advice for a party.

    Args:
        counter: the device's.
        role: "network-operator" or "supplier".
        numbering: a way of numbering, the last number of a party's own sequence, or None.
        now: the time, UTC.
        acb_certificates: whether the role's cells are known to hold those.

    Raises:
        BadInput: there is no such way of numbering, or no such counter.
    """
    smallest = advise(counter).smallest
    plain = PartysAdvice(role, counter, acb_certificates, smallest, _READERS[role])
    if numbering is None:
        return plain
    if numbering in NUMBERINGS:
        way = NUMBERINGS[numbering]
        following = way.at(now)
        when = None if smallest is None else reaches(way, smallest)
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
    # Nor is a number that no 6.15.1 can carry, nor any where the DCC alone can sign.
    reached = reached and following <= LAST_OF_6_15_1 and not acb_certificates
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
    if advice.acb_certificates:
        return [*told, *_handed_over(advice)]
    if advice.smallest is None:
        return [
            *told,
            "No 6.15.1 can have a higher one: its sequence number ends at 2^63-1. What is left "
            f"is {_SETTERS[advice.role]}.",
        ]
    told.append(f"The device accepts a 6.15.1 with a counter from {advice.smallest:,} on.")
    if advice.reached:
        told.append(f"The party's next number is {advice.next:,}: it reaches the device.")
    elif advice.reached is False:
        told.append(f"The party's next number is {advice.next:,}{_later(advice)}: it does not.")
    if not advice.reached:
        told.append(
            f"Cure: the party jumps, this once, to {advice.smallest:,}, and names a floor that "
            "its numbering can go on from; a device that ignores floors needs the jump for good."
        )
        told.append("A 6.21 is none, unless the cells hold ACB certificates: the DCC signs it.")
    return told


def _later(advice: PartysAdvice) -> str:
    assert advice.next is not None
    if advice.next > LAST_OF_6_15_1:
        return ", more than a 6.15.1 can carry"
    if advice.when is not None:
        return f", and only from {advice.when:%Y-%m-%d} on high enough"
    if advice.numbering in NUMBERINGS:
        return ", and none that its clock gives will ever be high enough"
    return ""


def _handed_over(advice: PartysAdvice) -> list[str]:
    told = ["The cells hold ACB certificates: no 6.15.1 of the party can be accepted."]
    if advice.smallest is None:
        return [*told, "No 6.21 can exceed the counter either. What is left is recovery."]
    return [
        *told,
        f"Cure: a 6.21, which the DCC has to send with a counter from {advice.smallest:,} on; it "
        "names a floor that the party's numbering can go on from.",
    ]
