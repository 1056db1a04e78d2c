"""Steps of a scenario: who did what, what was expected, what was seen.

A scenario is judged by what a device sends. Its verdict, which only the bench can read, goes
into a step's note as an explanation and is never compared with anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gbcs_hil.dcc.dsp import Outcome
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole, StatusCode


@dataclass(frozen=True)
class Answered:
    """What a Service User got: a response code and, with a response, each cell's status."""

    code: str
    statuses: tuple[StatusCode, ...] = ()

    @classmethod
    def of(cls, outcome: Outcome) -> "Answered":
        """Take what a user sees of a request that replaces credentials."""
        executed = outcome.update.outcome if outcome.response is not None else None
        statuses = tuple(cell.status for cell in executed.outcomes) if executed else ()
        return cls(outcome.code.code, statuses)

    def __str__(self) -> str:
        if not self.statuses:
            return "E21, no response" if self.code == "E21" else self.code
        if set(self.statuses) == {StatusCode.SUCCESS}:
            return f"{self.code}, {len(self.statuses)} cells replaced"
        return f"{self.code}, {' '.join(status.gbcs_name for status in self.statuses)}"


@dataclass(frozen=True)
class Holds:
    """What a 6.24.1 says of a role: who holds its signing cell, and its counter."""

    owner: str
    counter: int

    @classmethod
    def of(
        cls, outcome: Outcome, role: RemotePartyRole, names: Mapping[bytes, str]
    ) -> "Holds | Answered":
        """Take the answer about one role, or the response code where there is none."""
        if outcome.response is None:
            return Answered(outcome.code.code)
        for credentials in outcome.credentials.roles:
            for content in credentials.cells:
                signs = content.cell.key_usage is KeyUsage.DIGITAL_SIGNATURE
                if credentials.role is role and signs and credentials.sequence_number is not None:
                    owner = names.get(content.eui, content.eui.hex("-").upper())
                    return cls(owner, credentials.sequence_number)
        return Answered(outcome.code.code)

    def __str__(self) -> str:
        return f"{self.owner}, at {self.counter:,}"


Seen = Answered | Holds


@dataclass(frozen=True)
class Step:
    """One line of a scenario's report.

    Attributes:
        scenario: such as "SC-2".
        name: the key of its expectation.
        who: the party that acted.
        what: what it did.
        counter: the GBCS Originator Counter used, if a command was sent.
        expected, seen: what should have come of it, and what did.
        note: an explanation, such as why the device discarded a command.
    """

    scenario: str
    name: str
    who: str
    what: str
    counter: int | None
    expected: Seen
    seen: Seen
    note: str = ""

    @property
    def held(self) -> bool:
        """Whether what was seen is what was expected."""
        return self.seen == self.expected


class Script:
    """The steps of one scenario as they happen.

    Args:
        scenario: its name.
        expectations: step name to what is expected.
        on_step: called with each step.
    """

    def __init__(
        self,
        scenario: str,
        expectations: Mapping[str, Seen],
        on_step: Callable[[Step], None],
    ) -> None:
        self.scenario = scenario
        self._expectations = expectations
        self._on_step = on_step
        self.steps: list[Step] = []

    def record(
        self, name: str, who: str, what: str, counter: int | None, seen: Seen, note: str = ""
    ) -> None:
        """Compare what was seen with what is expected of this step."""
        expected = self._expectations[name]
        step = Step(self.scenario, name, who, what, counter, expected, seen, note)
        self.steps.append(step)
        self._on_step(step)
