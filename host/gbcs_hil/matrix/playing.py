"""Play one scenario on one subject, up to the first step that shows what is wrong with it."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.matrix.table import PROFILES, Cell, Kind, Subject, subjects
from gbcs_hil.scenarios import stage
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Verdict, worst
from gbcs_hil.scratch import scratch_folder
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki

TYPES: Mapping[str, str] = {"SC-5": "esme", "SC-9": "esme", "SC-11": "esme", "SC-15": "esme"}
"""The device type that a scenario is played on by default, where that is not a GPF."""

_USUAL = "gpf"
_MEMORY = Path("/dev/shm")  # noqa: S108 - where there is one; nothing of it is to last.


@dataclass(frozen=True)
class Task:
    """One cell that is to be found out."""

    subject: Subject
    scenario: str
    device_type: str

    @property
    def conditions(self) -> Conditions:
        """The device and the DCC of the row."""
        name, kind = self.subject.name, self.subject.kind
        return Conditions(
            self.device_type,
            profile=name if kind is Kind.PROFILE else PROFILES[0],
            defects=(name,) if kind is Kind.DEVICE else (),
            policy=Policy(faults=frozenset({Fault(name)} if kind is Kind.DCC else ())),
        )

    @property
    def alike(self) -> "Task":
        """The task that has the same outcome: no device is asked, so that none can differ."""
        if SCENARIOS[self.scenario].asks_device or self.subject.kind is Kind.DCC:
            return self
        return replace(self, subject=SOUND)


SOUND = subjects()[0]
"""The device without a defect, on the default profile."""


def usual_type(scenario: str) -> str:
    """Return the device type that a scenario is played on by default."""
    return TYPES.get(scenario, _USUAL)


class _ShownAlready(Exception):
    """The first failure: nothing that follows would change the cell."""


def play(task: Task, target: str) -> Cell:
    """Play a task's scenario and return what it said.

    Args:
        task: the cell.
        target: "cpython:" or another emulated board.

    Raises:
        HilError: the bench itself failed.
    """
    steps: list[Step] = []

    def on_step(step: Step) -> None:
        steps.append(step)
        if not step.held:
            raise _ShownAlready

    began = time.monotonic()
    folder = _MEMORY if _MEMORY.is_dir() else None
    scenario = SCENARIOS[task.scenario]
    with (
        scratch_folder(folder) as scratch,
        stage.emulated(target, _pki(), scratch, cuts=scenario.cuts_power) as bench,
        contextlib.suppress(_ShownAlready),
    ):
        scenario.play(bench, task.conditions, on_step)
    verdict = worst(step.counts for step in steps)
    found = Cell(
        task.subject.name,
        task.scenario,
        task.device_type,
        verdict,
        seconds=round(time.monotonic() - began, 2),
    )
    if verdict is Verdict.CONFORMANT:
        return found
    telling = next(step for step in steps if step.counts is verdict)
    return Cell(
        found.subject,
        found.scenario,
        found.device_type,
        verdict,
        telling.name,
        str(telling.expected),
        str(telling.seen),
        found.seconds,
    )


@cache
def _pki() -> Pki:
    """Return everybody's credentials, made once in each process."""
    return Pki.issue(Authority.create(seed=b"matrix"), EVERYBODY)
