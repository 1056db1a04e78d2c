"""The outcome of a run, for people and for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from gbcs_hil.rtds.results import Result, Status, count
from gbcs_hil.rtds.start_state import StartState

SCHEMA = 1

_STYLES = {
    Status.MATCH: "green",
    Status.FAULT: "yellow",
    Status.UNSUPPORTED: "dim",
    Status.NOT_COMPARED: "yellow",
    Status.NO_COMMAND: "dim",
}
_FAILED = "bold red"
_WORDS = {
    Status.MATCH: "match",
    Status.DIFFERS: "differ",
    Status.UNSUPPORTED: "unsupported",
    Status.FAULT: "with a fault that the device did not have",
    Status.NOT_COMPARED: "without response",
    Status.NO_COMMAND: "without command",
    Status.AMBIGUOUS: "ambiguous",
    Status.NOT_STARTED: "could not start",
    Status.UNREADABLE: "unreadable",
}
_ALWAYS_COUNTED = (Status.MATCH, Status.DIFFERS, Status.UNSUPPORTED)


@dataclass(frozen=True)
class Run:
    """A run that is over.

    Attributes:
        folder: where the vectors were.
        target: which emulated board played them.
        interpreter: what the firmware ran on.
        seconds: how long it took.
        results: one for each vector, in the order of playing.
    """

    folder: Path
    target: str
    interpreter: str
    seconds: float
    results: Sequence[Result]

    @property
    def failed(self) -> bool:
        """Whether any vector came out otherwise than the reference says."""
        return any(result.status.fails for result in self.results)

    @property
    def compared(self) -> bool:
        """Whether anything was compared at all."""
        return any(result.status.compared for result in self.results)


def show(run: Run, console: Console) -> None:
    """Print one line a vector, and a count."""
    width = max(len(result.name) for result in run.results)
    for result in run.results:
        line = Text(result.name.ljust(width) + "  ")
        line.append(_status(result), style=_STYLES.get(result.status, _FAILED))
        if result.notes:
            line.append(f" ({'; '.join(result.notes)})", style="dim")
        console.print(line, soft_wrap=True)
    console.print(Text(_summary(run)), soft_wrap=True)


def _status(result: Result) -> str:
    if not result.details:
        return result.status.value
    first, *more = result.details
    others = f"; and {len(more)} more" if more else ""
    return f"{result.status.value}: {first}{others}"


def _summary(run: Run) -> str:
    counts = count(run.results)
    said = [
        f"{counts[status]} {words}"
        for status, words in _WORDS.items()
        if counts[status] or status in _ALWAYS_COUNTED
    ]
    about = [f"{run.target} {run.interpreter}", f"{run.seconds:.1f} s"]
    return f"{', '.join(said)} ({'; '.join(about)})"


def as_json(run: Run) -> str:
    """Return the run as JSON."""
    counts = count(run.results)
    return json.dumps(
        {
            "schema": SCHEMA,
            "folder": str(run.folder),
            "target": run.target,
            "interpreter": run.interpreter,
            "seconds": round(run.seconds, 3),
            "failed": run.failed,
            "counts": {_key(status): counts[status] for status in Status},
            "vectors": [_result(result) for result in run.results],
            "left_over": [
                result.name for result in run.results if result.status is Status.NO_COMMAND
            ],
        },
        indent=2,
    )


def _key(status: Status) -> str:
    return status.name.lower().replace("_", "-")


def _result(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = {
        "file": result.name,
        "status": _key(result.status),
        "details": list(result.details),
        "notes": list(result.notes),
        "compared_with": result.compared_with,
        "verdict": result.verdict,
    }
    if result.vector is not None:
        header = result.vector.message.header
        data |= {
            "kind": result.vector.kind.value,
            "message_code": f"{header.message_code:04X}",
            "counter": header.counter,
            "originator": header.originator.hex().upper(),
            "recipient": header.recipient.hex().upper(),
        }
    if result.start is not None:
        data["start"] = _start(result.start)
    return data


def _start(start: StartState) -> dict[str, Any]:
    given = start.provisioning
    return {
        "type": given.device_type,
        "clock": start.clock.isoformat(),
        "profile": given.profile,
        "settings": dict(given.settings or {}),
        "cells": dict(start.holders),
        "counters": dict(given.counters),
        "originator_counter": given.originator_counter,
        "credit_terms": given.credit_terms and list(given.credit_terms),
        "certificates": {usage.gbcs_name: c.hex() for usage, c in given.certificates.items()},
        "requested_keys": {usage.gbcs_name: k.hex() for usage, k in given.requested_keys.items()},
    }
