"""`gbcs-hil replay`: what it prints."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.record import Record
from gbcs_hil.diagnosis.simulator import Simulator
from gbcs_hil.replay import wording
from gbcs_hil.replay.course import Compared, replay
from gbcs_hil.replay.sources import records

_PIPE_WIDTH = 160
_DIFFERENT = "≠"


def run(logs: Sequence[Path], start: Path | None, candidate: Candidate) -> bool:
    """Replay logs on a device and print both sides; whether the device does the same throughout.

    Args:
        logs: what was recorded, see `sources.records`.
        start: the state to start from, where the logs do not say.
        candidate: the device.

    Raises:
        BadInput: a log cannot be used; says why.
    """
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(highlight=False, width=width)
    held = records(logs, start)
    same = True
    with Simulator(1) as simulator:
        for number, record in enumerate(held, 1):
            rows = replay(record, candidate, simulator)
            several = f", start {number} of {len(held)}" if len(held) > 1 else ""
            same = _show(console, record, candidate, rows, several) and same
    return same


def _show(
    console: Console, record: Record, candidate: Candidate, rows: Sequence[Compared], several: str
) -> bool:
    first = next((row for row in rows if row.against), None)
    table = Table(
        "",
        "Where",
        "Done to the device",
        "The record says",
        "This device",
        "Its counters then",
        title=f"{record.start.device} as {candidate}{several}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for row in rows:
        same = not row.against
        said, here = wording.answers(row.event.answers), wording.answers(row.answers)
        if same:
            here = "the same"
            if not row.event.act.is_command and not row.answers:
                # Nobody expects an answer to that.
                said = here = ""
        cells = ["" if same else _DIFFERENT, row.event.place, wording.act(row.event), said, here]
        cells.append(_counters(row))
        style = "" if same else "bold red" if row is first else "red"
        table.add_row(*map(escape, cells), style=style)
    console.print(table)
    if first is None:
        console.print(f"\n{len(rows)} events, and the device does what the record says.\n")
        return True
    different = sum(bool(row.against) for row in rows)
    console.print(
        f"\nFirst difference at {first.event.place}: {first.against}. "
        f"{different} of {len(rows)} events differ.\n",
        markup=False,
        soft_wrap=True,
    )
    return False


def _counters(row: Compared) -> str:
    """Return the counters, and the record's own where a bench saw others."""
    text = wording.counters(row.counters)
    others = {
        role: count
        for role, count in row.event.counters.items()
        if row.counters.get(role, count) != count
    }
    if not others:
        return text
    told = wording.counters(row.event.counters if len(others) > 1 else others)
    return f"{text} (record: {told})"
