"""A call of `gbcs-hil powercut`: which places are swept, and what is shown meanwhile."""

import sys
from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from gbcs_hil.bench import micropython, targets
from gbcs_hil.bench.stores import BAD_STORES, STORES
from gbcs_hil.errors import BadInput, HilError, ToolMissing
from gbcs_hil.powercut import report
from gbcs_hil.powercut.cases import Case, Place
from gbcs_hil.powercut.run import Result, reference, settled
from gbcs_hil.powercut.run import run as run_case
from gbcs_hil.powercut.scenarios import SCENARIOS
from gbcs_hil.powercut.sweep import Extent, sweep


def names() -> tuple[str, ...]:
    """Return the names of the scenarios."""
    return tuple(SCENARIOS)


def places(
    scenarios: Iterable[str],
    target: str | None,
    device_types: Sequence[str],
    stores: Sequence[str],
    age: int | None,
) -> list[Place]:
    """Return what is swept: each scenario on each device type that takes it, on each store.

    Unless an age is given, a store that is good is swept twice: on a new device, and on one
    that is about to erase a sector.

    Raises:
        BadInput: there is no such target or store, or nothing fits.
    """
    kind, store = _board(target)
    for name in stores:
        if name not in STORES + BAD_STORES:
            known = ", ".join(STORES + BAD_STORES)
            raise BadInput(f"no store {name!r} on an emulated flash; there are {known}")
    found = [
        Place(kind, name, device_type, scenario, after)
        for name in stores or (store or STORES[0],)
        for scenario in scenarios
        for device_type in SCENARIOS[scenario].device_types
        if not device_types or device_type in device_types
        for after in ((0, None) if age is None and name in STORES else (age or 0,))
    ]
    if not found:
        raise BadInput(f"no device of type {', '.join(device_types)} takes that command")
    return found


def run(swept: Sequence[Place], extent: Extent) -> bool:
    """Sweep some places and print what came of it; return whether every promise was kept.

    What was found before it is interrupted, or a device cannot be run, is printed all the same.
    """
    results: list[Result] = []
    with progress_bar() as progress:
        for number, wanted in enumerate(swept, 1):
            place = wanted
            of = f"{number}/{len(swept)} " if len(swept) > 1 else ""
            task = progress.add_task(f"{of}{place}", total=None)
            before = len(results)

            def on_result(result: Result, known: int, task: TaskID = task) -> None:
                results.append(result)
                progress.update(task, advance=1, total=known)
                say(progress, report.line(result))

            try:
                place = settled(place)
                progress.update(task, description=f"{of}{place}")
                done = sweep(place, extent, on_result)
            except (HilError, KeyboardInterrupt, SystemExit):
                say(progress, report.unfinished(place, results[before:]))
                say(progress, report.total(results))
                raise
            progress.remove_task(task)
            say(progress, report.head(done))
    click.echo(report.total(results))
    return not report.failed(results)


def progress_bar() -> Progress:
    """Return a bar below what is printed, where somebody watches."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
    )


def say(progress: Progress, line: str) -> None:
    """Print a line: above the bar if both go to a terminal."""
    if sys.stdout.isatty() and not progress.disable:
        style = "bold red" if line.startswith("FAIL") else None
        progress.console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)
    else:
        click.echo(line)


def replay(case: Case) -> bool:
    """Run one cut again and print its line; return whether every promise was kept."""
    result = run_case(case, reference(case.place))
    click.echo(report.line(result))
    return not result.verdict.violations


def _board(target: str | None) -> tuple[str, str | None]:
    if target is not None:
        return targets.parse(target)
    try:
        micropython.find()
    except ToolMissing as missing:
        click.echo(f"No MicroPython, so the firmware runs under CPython: {missing}", err=True)
        return "cpython", None
    return "unix", None
