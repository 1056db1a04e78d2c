"""The page of a run: one file that needs no network, on a screen or on paper.

It is made of the run folder alone, so that it can be made again from evidence of long ago.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from gbcs_hil.dcc.policy import Policy
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.evidence import counter_drawing, frames, sequence_diagram
from gbcs_hil.gbcs.explain import Node, explain

PAGE = "report.html"

_ENVIRONMENT = (
    ("gbcs_hil", "gbcs-hil"),
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
class _CellChange:
    """A trust anchor cell of a device, before the first step and after the last."""

    device: str
    cell: str
    before: str
    after: str


def write(folder: Path) -> Path:
    """Make the page of a run folder, in place of an older one; return its path.

    Raises:
        BadInput: the folder holds no run, or what it holds is damaged.
    """
    run = read_run(folder)
    record = frames.read(folder / "frames.jsonl")
    page = _template().render(
        run=run,
        steps=run.get("steps", ()),
        environment=[(label, run[key]) for key, label in _ENVIRONMENT if run.get(key)],
        policies=run.get("policies", {}),
        usual_policy=msgspec.to_builtins(Policy(), order="deterministic"),
        hello=run.get("hello", {}),
        sequence=sequence_diagram.draw(record),
        counters=counter_drawing.draw(record),
        cells=_cells(record),
        messages=[_message(frame) for frame in record if isinstance(frame, frames.MessageSent)],
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


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gbcs_hil.evidence", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["anchor"] = anchor
    return environment.get_template("report.html.jinja")


def _message(frame: frames.MessageSent) -> _Message:
    octets = frame.message
    summary = sequence_diagram.describe(octets)
    try:
        return _Message(frame, summary, explain(octets))
    except GbcsError as error:
        return _Message(frame, summary, None, str(error))


def _cells(record: Sequence[frames.Frame]) -> list[_CellChange]:
    first: dict[str, Mapping[str, str]] = {}
    last: dict[str, Mapping[str, str]] = {}
    for frame in record:
        if isinstance(frame, frames.Observed):
            first.setdefault(frame.device, frame.cells)
            last[frame.device] = frame.cells
    return [
        _CellChange(device, cell, before, last[device].get(cell, ""))
        for device, cells in first.items()
        for cell, before in cells.items()
    ]
