"""A run's record cut into chapters: one for each time that a scenario's device is provisioned.

What a counter or a cell was before means nothing once a device was provisioned anew, and nobody
reads the story of sixteen scenarios in one drawing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gbcs_hil.evidence import frames

_BEGINNING = "start"


@dataclass(frozen=True)
class Step:
    """A step of a scenario, as `run.json` has it.

    Attributes:
        number: its place in the run, from 1.
        at: when it was over, UTC.
        scenario, name, who, what, counter, expected, seen, note, practice, part, since: as in
            `scenarios.step.Step`.
        held: whether what was seen is expected or tolerated.
        verdict: a verdict's name.
    """

    number: int
    at: str
    scenario: str
    name: str
    who: str
    what: str
    counter: int | None
    expected: str
    seen: str
    held: bool
    verdict: str
    note: str
    practice: str
    part: str
    since: tuple[str, ...]

    @classmethod
    def of(cls, number: int, told: Mapping[str, Any]) -> "Step":
        """Take a step from `run.json`, which an older release may have written."""
        held = bool(told["held"])
        return cls(
            number,
            told["at"],
            told["scenario"],
            told["step"],
            told["who"],
            told["what"],
            told["counter"],
            told["expected"],
            told["seen"],
            held,
            told.get("verdict") or ("conformant" if held else "device-defect"),
            told.get("note", ""),
            told.get("practice", ""),
            told.get("part", ""),
            tuple(told.get("since", ())),
        )

    @property
    def label(self) -> str:
        """What the frames that belong to it are labelled with."""
        return f"{self.scenario} {self.name}"


@dataclass
class Scene:
    """The frames of one step, or of what went on between two steps.

    Attributes:
        name: the step's name, or what the frames are labelled with.
        step: the step, if there is one.
        record: its frames.
    """

    name: str
    step: Step | None
    record: list[frames.Frame] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """Its name, behind the number of the step."""
        return f"{self.step.number} {self.name}" if self.step else self.name


@dataclass
class Chapter:
    """What happened from one provisioning of a scenario's device to the next.

    Attributes:
        number: from 1.
        scenario: its name; empty for what belongs to none.
        scenes: step by step.
    """

    number: int
    scenario: str
    scenes: list[Scene] = field(default_factory=list)

    @property
    def record(self) -> list[frames.Frame]:
        """All of its frames."""
        return [frame for scene in self.scenes for frame in scene.record]

    @property
    def steps(self) -> list[Step]:
        """Its steps."""
        return [scene.step for scene in self.scenes if scene.step is not None]

    @property
    def parts(self) -> list[str]:
        """The parts of the scenario that it tells."""
        return list(dict.fromkeys(step.part for step in self.steps if step.part))

    @property
    def surprising(self) -> bool:
        """Whether a step of it came out other than usual."""
        return any(step.verdict != "conformant" for step in self.steps)


def chapters(record: Sequence[frames.Frame], steps: Sequence[Step]) -> list[Chapter]:
    """Cut a record into chapters.

    Args:
        record: the frames of a run.
        steps: its steps; those without frames of their own stand where their number has them.
    """
    found: list[Chapter] = []
    scenarios = sorted({step.scenario for step in steps}, key=len, reverse=True)
    waiting = list(steps)
    for frame in record:
        scenario = next((n for n in scenarios if frame.step.startswith(f"{n} ")), "")
        if not found or found[-1].scenario != scenario or isinstance(frame, frames.Started):
            if found:
                _move(waiting, found[-1], at=frame.at)
            found.append(Chapter(len(found) + 1, scenario))
        chapter = found[-1]
        if not chapter.scenes or _label(chapter.scenes[-1], scenario) != frame.step:
            step = next((step for step in waiting if step.label == frame.step), None)
            if step is not None:
                # What nobody sent a message for happened before.
                _move(waiting, chapter, number=step.number)
            else:
                chapter.scenes.append(Scene(frame.step.removeprefix(f"{scenario} "), None))
        chapter.scenes[-1].record.append(frame)
    if waiting:
        found = found or [Chapter(1, "")]
        _move(waiting, found[-1], number=waiting[-1].number)
    return found


def _move(waiting: list[Step], chapter: Chapter, *, at: str = "", number: int = 0) -> None:
    """Give a chapter the steps that were over by a time, or have a number up to one."""
    due = [step for step in waiting if step.at <= at or step.number <= number]
    chapter.scenes += [Scene(step.name, step) for step in due]
    waiting[:] = [step for step in waiting if step not in due]


def _label(scene: Scene, scenario: str) -> str:
    return f"{scenario} {scene.name}".strip()
