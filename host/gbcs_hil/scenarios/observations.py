"""What can be seen of a step by those who are not the device.

A scenario is judged by what a device sends. Its verdict, which only the bench can read, goes
into a step's note as an explanation and is never compared with anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.credential_responses import UpdateAlert, UpdateResponse
from gbcs_hil.gbcs.message import is_alert, parse
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole, StatusCode

SILENCE = "silence"
ANSWER = "answer"

_OF_A_DEVICE = frozenset({"I0", "I99", "E21", "B-RESPONSE", SILENCE, ANSWER})
"""The codes that a device has a part in; every other one is a refusal by the DCC."""


@dataclass(frozen=True)
class Answered:
    """What a Service User got: a response code and, with a response, each cell's status.

    For a message that no DCC sent, the code is "answer" or "silence".
    """

    code: str
    statuses: tuple[StatusCode, ...] = ()

    @classmethod
    def of(cls, outcome: Outcome) -> "Answered":
        """Take what a user sees of a request that replaces credentials."""
        if outcome.response is None:
            return cls(outcome.code.code)
        return cls(outcome.code.code, _statuses(outcome.response.encode()))

    @classmethod
    def by(cls, outputs: Sequence[bytes]) -> "Answered":
        """Take what the network sees after a message; an alert is no answer."""
        answers = [octets for octets in outputs if not is_alert(octets)]
        return cls(ANSWER, _statuses(answers[0])) if answers else cls(SILENCE)

    @property
    def refused(self) -> bool:
        """Whether the DCC refused the request: nothing reached a device."""
        return self.code not in _OF_A_DEVICE

    def __str__(self) -> str:
        code = f"{self.code}, no response" if self.code == "E21" else self.code
        if not self.statuses:
            return code
        if set(self.statuses) == {StatusCode.SUCCESS}:
            return f"{code}, {len(self.statuses)} cells replaced"
        return f"{code}, {' '.join(status.gbcs_name for status in self.statuses)}"


@dataclass(frozen=True)
class Holds:
    """What a 6.24.1 says of a role: who holds its signing cell, and its counter."""

    owner: str
    counter: int

    @classmethod
    def of(
        cls, outcome: Outcome, role: RemotePartyRole, names: Mapping[bytes, str]
    ) -> "Holds | Answered":
        """Take the answer about one role, or the code and status where it says no more."""
        if outcome.response is None:
            return Answered(outcome.code.code)
        for credentials in outcome.credentials.roles:
            if credentials.role is not role:
                continue
            if credentials.sequence_number is None:
                return Answered(outcome.code.code, (credentials.status,))
            for content in credentials.cells:
                if content.cell.key_usage is KeyUsage.DIGITAL_SIGNATURE:
                    owner = names.get(content.eui, content.eui.hex("-").upper())
                    return cls(owner, credentials.sequence_number)
        return Answered(outcome.code.code)

    def __str__(self) -> str:
        return f"{self.owner}, at {self.counter:,}"


@dataclass(frozen=True)
class Alerts:
    """The alerts that a device sent when its clock moved, by their codes."""

    codes: tuple[int, ...] = ()

    @classmethod
    def of(cls, outputs: Sequence[bytes]) -> "Alerts":
        """Take the alert codes; those of CS02b say whether every cell was replaced."""
        return cls(tuple(_alert_code(output) for output in outputs))

    def __str__(self) -> str:
        return f"alerts {' '.join(f'{code:04X}' for code in self.codes)}" if self.codes else "none"


@dataclass(frozen=True)
class Routed:
    """Who got a device's alert; None if nobody did."""

    to: str | None

    def __str__(self) -> str:
        return self.to or "nobody"


@dataclass(frozen=True)
class Told:
    """What something that counts or sums up has told, in words."""

    text: str

    def __str__(self) -> str:
        return self.text


Seen = Answered | Holds | Alerts | Routed | Told


def of_the_dcc(seen: Seen) -> bool:
    """Return whether it is the DCC's doing alone: a refusal, or where it sent an alert."""
    return isinstance(seen, Routed) or (isinstance(seen, Answered) and seen.refused)


def counter_of(message: bytes) -> int | None:
    """Return the Originator Counter of a message; None if the octets are none."""
    try:
        return parse(message).header.counter
    except GbcsError:
        return None


def _statuses(octets: bytes) -> tuple[StatusCode, ...]:
    """Return each cell's status in the response to a CS02b; none in any other."""
    try:
        executed = UpdateResponse.decode(parse(octets).payload).outcome
    except GbcsError:
        return ()
    return tuple(cell.status for cell in executed.outcomes) if executed else ()


def _alert_code(octets: bytes) -> int:
    message = parse(octets)
    if message.header.message_code == MessageCode.CS02B_ALERT:
        return int(UpdateAlert.decode(message.payload).alert_code)
    return message.header.message_code
