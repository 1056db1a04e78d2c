"""What is in `frames.jsonl`: everything that happened to a device, one line each.

A message is a line with its octets. The other lines are what a message log of a real device
would lack: the state it started from, its clock, its power, and what the bench saw in its
store. What was hidden from an investigator, the profile and the defects, is in `run.json`
alone, so that a record can be diagnosed without giving the answer away.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from gbcs_hil.errors import BadInput


class Started(msgspec.Struct, frozen=True, tag="start", tag_field="event"):
    """A device was provisioned: the state from which everything follows.

    Attributes:
        device: its name in the other lines.
        type: "esme", "gpf" or "gsme".
        eui: EUI-64, hexadecimal.
        cells: cell name to a certificate, DER in hexadecimal.
        counters: role name to execution counter.
        originator_counter: the last that the device used for messages of its own.
        shared_secrets: pairs of a peer's public key and Z, hexadecimal; test keys, with which
            another device can take this one's messages.
        signing_key: the device's public key, 65 octets in hexadecimal.
    """

    number: int
    at: str
    step: str
    device: str
    type: str
    eui: str
    cells: Mapping[str, str]
    counters: Mapping[str, int]
    originator_counter: int
    shared_secrets: tuple[tuple[str, str], ...]
    signing_key: str


class MessageSent(
    msgspec.Struct,
    frozen=True,
    tag="message",
    tag_field="event",
    rename={"sender": "from", "recipient": "to"},
):
    """A GBCS message went from one party to another.

    Attributes:
        sender, recipient: names; one of them is a device's.
        kind: "command", "response" or "alert".
        octets: the message, hexadecimal.
    """

    number: int
    at: str
    step: str
    sender: str
    recipient: str
    kind: str
    octets: str

    @property
    def message(self) -> bytes:
        """The message's octets."""
        return bytes.fromhex(self.octets)


class Discarded(msgspec.Struct, frozen=True, tag="verdict", tag_field="event"):
    """The bench port said what a device, which kept silent, thought of the last command."""

    number: int
    at: str
    step: str
    device: str
    verdict: str
    detail: str


class Observed(msgspec.Struct, frozen=True, tag="state", tag_field="event"):
    """What stood in a device's store, as only the bench can read it.

    Attributes:
        counters: role name to execution counter.
        cells: cell name to the name of its owner.
        keys: cell name to the key identifier of its certificate, hexadecimal.
    """

    number: int
    at: str
    step: str
    device: str
    counters: Mapping[str, int]
    cells: Mapping[str, str]
    keys: Mapping[str, str] = {}


class ClockSet(msgspec.Struct, frozen=True, tag="clock", tag_field="event"):
    """A device's clock was set; it stands until it is set again."""

    number: int
    at: str
    step: str
    device: str
    now: str


class Interrupted(msgspec.Struct, frozen=True, tag="interruption", tag_field="event"):
    """A device was restarted, lost its power, or got another communications hub.

    Attributes:
        kind: "restart", "power-cut" or "hub-exchange".
    """

    number: int
    at: str
    step: str
    device: str
    kind: str


class PolicySet(msgspec.Struct, frozen=True, tag="policy", tag_field="event"):
    """The DCC's systems were started, under a policy.

    Attributes:
        dcc: the name under which `run.json` has all switches.
        switches: those that are not at their default.
    """

    number: int
    at: str
    step: str
    dcc: str
    switches: Mapping[str, object]


class Requested(
    msgspec.Struct, frozen=True, tag="request", tag_field="event", rename={"sender": "from"}
):
    """A user sent the DCC a Service Request.

    Attributes:
        request: its RequestID.
        variant: the Service Reference Variant.
        what: what it asks for, for a person.
    """

    number: int
    at: str
    step: str
    sender: str
    request: str
    variant: str
    what: str


class Responded(
    msgspec.Struct,
    frozen=True,
    tag="service-response",
    tag_field="event",
    rename={"recipient": "to"},
):
    """The DCC answered a Service Request that it had not refused."""

    number: int
    at: str
    step: str
    recipient: str
    request: str
    code: str


class Refused(
    msgspec.Struct, frozen=True, tag="refusal", tag_field="event", rename={"sender": "from"}
):
    """The DCC refused a user's Service Request; no command was sent.

    Attributes:
        sender: the user that had asked.
        check: the check that it failed.
    """

    number: int
    at: str
    step: str
    sender: str
    request: str
    code: str
    check: str
    detail: str


Frame = (
    Started
    | MessageSent
    | Discarded
    | Observed
    | ClockSet
    | Interrupted
    | PolicySet
    | Requested
    | Responded
    | Refused
)

OF_THE_DCC = (PolicySet, Requested, Responded, Refused)
"""What happens without a device."""

_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


def read(path: Path) -> list[Frame]:
    """Read a file of frames.

    Raises:
        BadInput: it cannot be read, or a line is none; says which.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error
    lines, whole = text.splitlines(), text.endswith("\n")
    frames = []
    for number, line in enumerate(lines, 1):
        try:
            frames.append(_decoder.decode(line))
        except msgspec.MsgspecError as error:
            cut_short = number == len(lines) and not whole
            advice = "; it is cut short: take it out to use the others" if cut_short else ""
            raise BadInput(f"{path}, line {number}: {error}{advice}") from error
    return frames
