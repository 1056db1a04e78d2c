"""The kill matrix as a table: what each scenario says of each device and each DCC."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from gbcs_hil.bench import defects
from gbcs_hil.dcc.policy import Fault
from gbcs_hil.dcc.policy_switches import fault_description
from gbcs_hil.scenarios.verdicts import Verdict

PROFILES = ("P-FLOOR", "P-KEEP", "P-ZERO")
"""The devices without a defect."""


class Kind(StrEnum):
    """What a row of the matrix is about."""

    PROFILE = "profile"
    DEVICE = "device"
    DCC = "dcc"


class Subject(msgspec.Struct, frozen=True):
    """One row: a device or a DCC that all scenarios are played on.

    Attributes:
        name: such as "P-KEEP", "D7" or "H2".
        kind: a profile without a defect, a defect of the device, or one of the DCC.
        what: what it does, a sentence.
    """

    name: str
    kind: Kind
    what: str


class Cell(msgspec.Struct, frozen=True):
    """What one scenario said of one subject.

    Attributes:
        subject, scenario: names.
        device_type: on which it was played.
        verdict: the scenario's, up to its first failure.
        step, expected, seen: the step that first was not as expected, if any.
        seconds: how long it took.
    """

    subject: str
    scenario: str
    device_type: str
    verdict: Verdict
    step: str = ""
    expected: str = ""
    seen: str = ""
    seconds: float = 0.0


def subjects() -> tuple[Subject, ...]:
    """Return all rows: the profiles, D1 to D21, H1 to H10."""
    return (
        *(Subject(name, Kind.PROFILE, "a device without a defect") for name in PROFILES),
        *(Subject(d.name, Kind.DEVICE, d.summary) for d in defects.catalogue().values()),
        *(Subject(fault.value, Kind.DCC, fault_description(fault)) for fault in Fault),
    )


class Matrix(msgspec.Struct, frozen=True):
    """The whole table.

    Attributes:
        gbcs_hil: version of the package.
        target: on what the devices ran.
        started: when, UTC.
        seconds: how long it took.
        scenarios: names of the columns.
        rows: the subjects.
        cells: one for each scenario, subject and device type.
    """

    gbcs_hil: str
    target: str
    started: str
    seconds: float
    scenarios: tuple[str, ...]
    rows: tuple[Subject, ...]
    cells: tuple[Cell, ...]

    def at(self, subject: str, scenario: str) -> tuple[Cell, ...]:
        """Return the cells of a row and a column, one for each device type."""
        wanted = (subject, scenario)
        return tuple(cell for cell in self.cells if (cell.subject, cell.scenario) == wanted)

    def shown_by(self, subject: str) -> tuple[str, ...]:
        """Return the scenarios in which a subject is not as expected, tolerated or not."""
        return self._where(subject, lambda verdict: verdict is not Verdict.CONFORMANT)

    def failed_by(self, subject: str) -> tuple[str, ...]:
        """Return the scenarios that do not let a subject pass."""
        return self._where(subject, lambda verdict: verdict.failed)

    def told(self, subject: str) -> str:
        """Return which scenarios reveal a subject; in brackets if all that is tolerated."""
        failed, shown = self.failed_by(subject), self.shown_by(subject)
        return ", ".join(failed) or (f"({', '.join(shown)})" if shown else "-")

    def _where(self, subject: str, is_so: Callable[[Verdict], bool]) -> tuple[str, ...]:
        return tuple(
            name
            for name in self.scenarios
            if any(is_so(cell.verdict) for cell in self.at(subject, name))
        )

    def shortcomings(self) -> tuple[str, ...]:
        """Say which defects no scenario reveals, and which devices without one do not pass."""
        return (*_unrevealed(self.rows, self), *_suspected(self.rows, self))


def _unrevealed(rows: Iterable[Subject], matrix: Matrix) -> list[str]:
    return [
        f"{row.name} is revealed by no scenario"
        for row in rows
        if row.kind is not Kind.PROFILE and not matrix.shown_by(row.name)
    ]


def _suspected(rows: Iterable[Subject], matrix: Matrix) -> list[str]:
    return [
        f"{row.name} has no defect, and {', '.join(found)} finds one"
        for row in rows
        if row.kind is Kind.PROFILE and (found := matrix.failed_by(row.name))
    ]


_MARKS: Mapping[Verdict, str] = {
    Verdict.CONFORMANT: "·",
    Verdict.TOLERATED: "t",
    Verdict.USER_PRACTICE: "U",
    Verdict.DCC_DEFECT: "C",
    Verdict.DEVICE_DEFECT: "D",
}
_LEGEND = (
    "D device defect   C defect of the DCC   t tolerated as common   · as expected\n"
    "In brackets: what device assurance tolerates is all that shows."
)


def mark(cells: Sequence[Cell]) -> str:
    """Return the letter of a row and a column: its worst verdict's; nothing for no cell."""
    order = list(Verdict)
    verdicts = sorted((cell.verdict for cell in cells), key=order.index)
    return _MARKS[verdicts[-1]] if verdicts else " "


def text(matrix: Matrix) -> str:
    """Return the table as text, a line for each subject."""
    columns = [name.removeprefix("SC-") for name in matrix.scenarios]
    wide = max(len(row.name) for row in matrix.rows)
    lines = [
        f"{'SC-':<{wide}}  {' '.join(f'{name:>2}' for name in columns)}  revealed by",
        "",
    ]
    for row in matrix.rows:
        marks = " ".join(f"{mark(matrix.at(row.name, name)):>2}" for name in matrix.scenarios)
        lines.append(f"{row.name:<{wide}}  {marks}  {matrix.told(row.name)}")
    return "\n".join([*lines, "", _LEGEND, *matrix.shortcomings()]) + "\n"
