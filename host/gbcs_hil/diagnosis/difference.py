"""What one device does otherwise than a record says, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from gbcs_hil.diagnosis.record import Event
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.message import Message, is_alert, parse
from gbcs_hil.rtds.location import locate
from gbcs_hil.rtds.normalisation import Asked, normalise


def difference(event: Event, answers: Sequence[bytes], clock: datetime) -> str:
    """Return what a device does otherwise than the record says; nothing if the same.

    Signatures and MACs are left out: they follow from keys that nobody but the device has.
    The time in a response's header is left out too, as real clocks run.

    Args:
        event: what was done, and what the record says the real device sent.
        answers: what this device would send.
        clock: where the device's clock stood.
    """
    if len(event.answers) != len(answers):
        said, here = _messages(event.answers), _messages(answers)
        return f"the record has {said}, this device would send {here}"
    for expected, actual in zip(event.answers, answers, strict=True):
        places = _places(event.act.octets, expected, actual, clock)
        if places:
            return "; ".join(places)
    return ""


def _places(command: bytes, expected: bytes, actual: bytes, clock: datetime) -> Iterable[str]:
    if expected == actual:
        return ()
    try:
        theirs, ours = undated(expected), undated(actual)
        if theirs.grouping_octets == ours.grouping_octets:
            return ()
        if command:
            both = normalise(theirs, ours, Asked(parse(command), clock))
            theirs, ours = both.expected, both.actual
    except GbcsError as error:
        return (str(error),)
    if theirs.grouping_octets == ours.grouping_octets:
        return ()
    return [place.replace("expected", "the record has") for place in locate(theirs, ours)]


def undated(octets: bytes) -> Message:
    """Return a message without the time in its header, signature and MAC.

    Raises:
        GbcsError: it is none.
    """
    message = parse(octets)
    return Message(replace(message.header, date_time=None), message.payload)


def _messages(sent: Sequence[bytes]) -> str:
    if len(sent) > 1:
        return f"{len(sent)} messages"
    if not sent:
        return "silence"
    return "an alert" if is_alert(sent[0]) else "an answer"
