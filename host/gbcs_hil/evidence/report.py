"""The page of a run: one file that needs no network, on a screen or on paper.

It is made of the run folder alone, so that it can be made again from evidence of long ago.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from gbcs_hil.dcc.policy import Policy
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.evidence import chapters, counter_drawing, frames, sequence_diagram
from gbcs_hil.evidence.cell_table import CellHistory, cell_table
from gbcs_hil.evidence.summary import SIGNS, TONES, summary
from gbcs_hil.gbcs.explain import Node, explain
from gbcs_hil.gbcs.in_short import in_short

PAGE = "report.html"
_OPEN_CHAPTERS = 6
"""More than that are there to be opened, but for those in which something is to be seen."""

_ENVIRONMENT = (
    ("command", "Command"),
    ("started", "Started"),
    ("finished", "Finished"),
    ("target", "Target"),
    ("rig", "Rig"),
    ("profile", "Profile"),
    ("settings", "Settings"),
    ("defects", "Defects"),
    ("seed", "Seed of the test keys"),
    ("firmware_sha256", "Firmware, SHA-256"),
    ("gbcs_hil", "gbcs-hil"),
    ("python", "Python"),
    ("platform", "Platform"),
)


@dataclass(frozen=True)
class _Message:
    """One message of the page, decoded.

    Attributes:
        tree: its parts; None if it is malformed.
        trouble: why it could not be explained.
    """

    frame: frames.MessageSent
    summary: str
    tree: Node | None
    trouble: str = ""


@dataclass(frozen=True)
class _Chapter:
    """One chapter of the page.

    Attributes:
        heading: its scenario and what it tells.
        opened: whether it is open from the start.
    """

    number: int
    heading: str
    opened: bool
    surprising: bool
    bands: tuple[counter_drawing.Band, ...]
    sequence: sequence_diagram.Diagram
    cells: tuple[CellHistory, ...]
    messages: tuple[_Message, ...]


def write(folder: Path) -> Path:
    """Make the page of a run folder, in place of an older one; return its path.

    Raises:
        BadInput: the folder holds no run, or what it holds is damaged.
    """
    run = read_run(folder)
    record = frames.read(folder / "frames.jsonl")
    steps = _steps(run, folder)
    told = chapters.chapters(record, steps)
    titles: Mapping[str, str] = run.get("scenarios", {})
    page = _template().render(
        run=run,
        title=_title(run, steps),
        titles=titles,
        took=_took(run),
        summary=summary(run, steps),
        steps=steps,
        chapters=_chapters(told, titles),
        devices=[frame for frame in record if isinstance(frame, frames.Started)],
        environment=[(label, run[key]) for key, label in _ENVIRONMENT if run.get(key)],
        policies=run.get("policies", {}),
        usual_policy=msgspec.to_builtins(Policy(), order="deterministic"),
        hello=_boards(run),
    )
    unfinished = folder / (PAGE + ".new")
    unfinished.write_text(page, encoding="utf-8")
    return unfinished.replace(folder / PAGE)


def read_run(folder: Path) -> dict[str, Any]:
    """Return what `run.json` says.

    Raises:
        BadInput: it is missing or no run's.
    """
    path = folder / "run.json"
    try:
        run = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadInput(f"no run in {folder}: {error.strerror} ({path})") from error
    except msgspec.DecodeError as error:
        raise BadInput(f"{path} is damaged: {error}") from error
    if not isinstance(run, dict):
        raise BadInput(f"{path} is damaged: no object")
    return run


def anchor(scenario: str, step: str) -> str:
    """Return where on the page a step stands, for links to it."""
    return re.sub(r"[^a-z0-9.]+", "-", f"{scenario} {step}".lower()).strip("-")


def _steps(run: Mapping[str, Any], folder: Path) -> list[chapters.Step]:
    try:
        return [chapters.Step.of(n, told) for n, told in enumerate(run.get("steps", ()), 1)]
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{folder / 'run.json'} is damaged: a step without {error}") from error


def _title(run: Mapping[str, Any], steps: Sequence[chapters.Step]) -> str:
    """Return what was run, as a heading."""
    names = list(dict.fromkeys(step.scenario for step in steps)) or list(run.get("scenarios", ()))
    titles = run.get("scenarios", {})
    if not names:
        return str(run.get("command", "A run"))
    if len(names) > 3:
        return f"{len(names)} scenarios, {names[0]} to {names[-1]}"
    return " · ".join(f"{name}: {titles[name]}" if name in titles else name for name in names)


def _took(run: Mapping[str, Any]) -> str:
    """Return how long a run took, in seconds; nothing if it did not end."""
    try:
        begin, end = (datetime.fromisoformat(run[key]) for key in ("started", "finished"))
    except (KeyError, TypeError, ValueError):
        return ""
    return f"{(end - begin).total_seconds():.0f} s"


def _boards(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the board said of itself, or the boards of a test's."""
    found = dict(run.get("hello", {}))
    for key, value in run.items():
        if key.startswith("board ") and isinstance(value, dict):
            found |= {f"{key.removeprefix('board ')} {name}": said for name, said in value.items()}
            found.setdefault("interpreter", value.get("interpreter", ""))
    return found


def _chapters(told: Sequence[chapters.Chapter], titles: Mapping[str, str]) -> list[_Chapter]:
    found: list[_Chapter] = []
    headings: list[str] = []
    for chapter in told:
        heading = _heading(chapter, titles)
        headings.append(heading)
        # A part can have several devices, one after the other.
        if (count := headings.count(heading)) > 1:
            heading = f"{heading} ({count})"
        found.append(
            _Chapter(
                chapter.number,
                heading,
                len(told) <= _OPEN_CHAPTERS or chapter.surprising,
                chapter.surprising,
                counter_drawing.draw(chapter),
                sequence_diagram.draw(chapter),
                tuple(cell_table(chapter)),
                tuple(
                    _message(frame)
                    for frame in chapter.record
                    if isinstance(frame, frames.MessageSent)
                ),
            )
        )
    return found


def _heading(chapter: chapters.Chapter, titles: Mapping[str, str]) -> str:
    told = chapter.parts[0] if len(chapter.parts) == 1 else titles.get(chapter.scenario, "")
    return " · ".join(part for part in (chapter.scenario, told) if part) or "What happened"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gbcs_hil.evidence", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"anchor": anchor, "tones": TONES, "signs": SIGNS}
    return environment.get_template("report.html.jinja")


def _message(frame: frames.MessageSent) -> _Message:
    octets = frame.message
    try:
        return _Message(frame, in_short(octets), explain(octets))
    except GbcsError as error:
        return _Message(frame, in_short(octets), None, str(error))
