"""`gbcs-hil bench handover`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gbcs_hil.benchmarks.written import json_option, write

if TYPE_CHECKING:
    from rich.table import Table

    from gbcs_hil.benchmarks.handover import Handovers


@click.command()
@click.option(
    "--target",
    "kinds",
    multiple=True,
    default=("unix:", "cpython:"),
    show_default=True,
    metavar="unix:|cpython:",
    help="Where the device runs; may be given twice.",
)
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def handover(kinds: tuple[str, ...], count: int, output: Path | None) -> None:
    """Measure a whole handover (SC-3), command by command, and where its time goes.

    Host and device share one core. What the device spends is told by its firmware, which is
    timed part by part; that costs a little itself.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gbcs_hil.benchmarks import handover as measured

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=len(kinds) * (count + 1))
        times = measured.measure_each(
            kinds, count, lambda kind: progress.update(task, advance=1, description=kind)
        )
    printed = Console(highlight=False)
    where = "as many cores as there are" if times.core is None else "one core"
    printed.print(
        f"Medians of {count} handovers, host and device on {where}. "
        f"The machine's load was {times.load:.1f} on {times.cores} cores when this began.\n",
        soft_wrap=True,
    )
    printed.print(_parts(times), _round_trips(times), sep="\n")
    for kind, of in times.targets.items():
        if of.heap:
            heap = ", ".join(f"{name} {value:,}" for name, value in of.heap.items())
            printed.print(f"Heap of {kind} {heap}", soft_wrap=True)
    write(times, output)


def _parts(times: "Handovers") -> "Table":
    table = _table("Where an average command's time goes")
    for kind in times.targets:
        table.add_column(kind, justify="right")
        table.add_column("ms", justify="right")
    for name in dict.fromkeys(part for of in times.targets.values() for part in of.parts):
        values = []
        for of in times.targets.values():
            spent = of.parts.get(name, 0.0)
            values += [f"{spent / of.whole:.1%}", f"{spent:.2f}"]
        table.add_row(name, *values)
    table.add_section()
    for name, values in {
        "a whole command": [f"{of.whole:.2f}" for of in times.targets.values()],
        "commands a second": [f"{of.commands_a_second:.1f}" for of in times.targets.values()],
        "the ledger's transactions": [f"{of.transactions:.2f}" for of in times.targets.values()],
    }.items():
        table.add_row(name, *(cell for value in values for cell in ("", value)))
    return table


def _round_trips(times: "Handovers") -> "Table":
    table = _table("A command's round trip to the device, ms")
    for kind in times.targets:
        table.add_column(kind, justify="right")
    for what in next(iter(times.targets.values())).milliseconds:
        table.add_row(what, *(f"{of.milliseconds[what]:.2f}" for of in times.targets.values()))
    return table


def _table(title: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    return table
