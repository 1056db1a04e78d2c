"""The demonstration: SC-2 and SC-3 on an emulated GPF, as a table and an evidence folder."""

import datetime
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from gbcs_hil.bench import link, micropython, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.errors import ToolMissing
from gbcs_hil.evidence.run_folder import RunFolder, firmware_hash
from gbcs_hil.scenarios import handover
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.script import Seen, Step
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import Pki

_PIPE_WIDTH = 120
_WIDE = 110

_Play = Callable[[Bench, Callable[[Step], None], str], list[Step]]

_SCENARIOS: tuple[tuple[str, _Play, Mapping[str, Seen]], ...] = (
    ("SC-2: the DSP without MP128A", handover.sc_2, handover.SC_2),
    ("SC-3: the DSP with MP128A", handover.sc_3, handover.SC_3),
)


def run(
    target: str | None, folder: Path | None, seed: str | None, profile: str = "P-FLOOR"
) -> bool:
    """Run the demonstration and return whether every expectation held.

    Args:
        target: "unix:" or "cpython:", or None for MicroPython if it can be had.
        folder: where the evidence goes, or None for a new folder in `evidence/`.
        seed: what the parties' keys are made of, or None for chance.
        profile: the device's profile; the expectations are those of P-FLOOR.

    Raises:
        HilError: the bench cannot run; says why.
    """
    progress_output = Console(stderr=True)
    # A pipe has no width of its own: lines as long as the table needs.
    output = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    folder = folder or _new_folder()
    seed = seed or secrets.token_hex(8)
    with ExitStack() as stack:
        progress = stack.enter_context(_progress(progress_output))
        kind = _choose(target, progress_output)
        evidence = stack.enter_context(RunFolder(folder, "gbcs-hil demo"))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gbcs-hil-")))
        device = stack.enter_context(targets.start(kind, scratch / "flash"))
        board = Board(kind, _Recorded(_open(device, evidence, kind), evidence, kind))
        hello = board.hello()
        evidence.describe(
            target=kind,
            hello=hello,
            firmware_sha256=firmware_hash(micropython.firmware_path()),
            seed=seed,
            profile=profile,
        )
        pki = Pki.issue(Authority.create(seed=seed.encode()))
        bench = Bench(board, pki, folder, evidence)
        stack.callback(bench.close)
        steps = _play(bench, evidence, progress, profile)
        held = all(step.held for step in steps)
        evidence.finish("held" if held else "failed")
    _show(output, steps)
    _conclude(output, steps, hello["interpreter"], folder)
    return held


def _choose(target: str | None, console: Console) -> str:
    """Return the kind of target to start; CPython where MicroPython cannot be had."""
    if target is not None:
        return target
    try:
        micropython.find(report=lambda line: console.print(line, style="dim", highlight=False))
    except ToolMissing as missing:
        console.print(f"No MicroPython, so the firmware runs under CPython: {missing}")
        return "cpython:"
    return "unix:"


def _new_folder() -> Path:
    now = datetime.datetime.now(datetime.UTC)
    return Path("evidence", f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}-demo")


class _Recorded:
    """A link whose requests and replies go into the evidence.

    `deliver` is left out of it: the messages themselves are kept with their step.
    """

    def __init__(self, carried: link.Link, evidence: RunFolder, board: str) -> None:
        self._link = carried
        self._evidence = evidence
        self._board = board

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and keep it with its reply."""
        self._evidence.link(self._board, "request", {"op": op, **arguments})
        reply = self._link.request(op, deadline=deadline, **arguments)
        self._evidence.link(self._board, "reply", reply)
        return reply


def _open(device: targets.Target, evidence: RunFolder, kind: str) -> link.Link:
    stream = ports.open_port(device.port)
    return link.Link(stream, on_log=lambda line: evidence.link(kind, "log", line.text))


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _play(bench: Bench, evidence: RunFolder, progress: Progress, profile: str) -> list[Step]:
    count = sum(len(expectations) for _, _, expectations in _SCENARIOS)
    task = progress.add_task("", total=count)
    steps: list[Step] = []

    def on_step(step: Step) -> None:
        evidence.step(
            scenario=step.scenario,
            step=step.name,
            who=step.who,
            what=step.what,
            counter=step.counter,
            expected=str(step.expected),
            seen=str(step.seen),
            held=step.held,
            note=step.note,
        )
        progress.advance(task)

    for title, play, _ in _SCENARIOS:
        progress.update(task, description=title)
        steps += play(bench, on_step, profile)
    return steps


def _show(output: Console, steps: list[Step]) -> None:
    """Print a table for each scenario, and under it what its device kept to itself."""
    for title, _, _ in _SCENARIOS:
        played = [step for step in steps if step.scenario == title.partition(":")[0]]
        output.print(f"\n{title}", style="bold")
        _print_stripped(output, _table(played, wide=output.width >= _WIDE))
        for number, step in enumerate(played, 1):
            if step.note:
                note = f"At {number} the bench port says why the device is silent: {step.note}"
                output.print(note, style="dim", soft_wrap=True)


def _table(played: list[Step], wide: bool) -> Table:
    """Return a scenario's table; on a narrow terminal who, what and counter share a column."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", justify="right")
    if wide:
        table.add_column("Who", no_wrap=True)
        table.add_column("What")
        table.add_column("Counter", justify="right", no_wrap=True)
    else:
        table.add_column("Who, what, counter")
    table.add_column("Expected")
    table.add_column("Seen")
    for number, step in enumerate(played, 1):
        seen = Text(_lines(step.seen), style="green" if step.held else "bold red")
        if not step.held:
            seen.append("\nNOT AS EXPECTED")
        counter = "" if step.counter is None else f"{step.counter:,}"
        act = [step.who, step.what, counter]
        cells = act if wide else ["\n".join(act)]
        table.add_row(str(number), *cells, _lines(step.expected), seen)
    return table


def _lines(seen: Seen) -> str:
    return str(seen).replace(", ", "\n")


def _print_stripped(output: Console, table: Table) -> None:
    """Print a table; without the blanks at the ends of lines where nobody looks at colours."""
    if output.is_terminal:
        output.print(table)
        return
    with output.capture() as capture:
        output.print(table)
    for line in capture.get().splitlines():
        output.print(line.rstrip(), soft_wrap=True, markup=False)


def _conclude(output: Console, steps: list[Step], interpreter: object, folder: Path) -> None:
    failed = sum(not step.held for step in steps)
    verdict = "every expectation held" if not failed else f"{failed} NOT as expected"
    text = f"\n{len(steps)} steps on a GPF ({interpreter}), {verdict}. Evidence: {folder}"
    output.print(text, highlight=False, soft_wrap=True)
