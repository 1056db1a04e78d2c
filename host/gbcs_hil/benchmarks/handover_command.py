"""`gbcs-hil bench handover`: its options, and what it prints."""

from pathlib import Path

import click


@click.command()
@click.option("--target", default="unix:", show_default=True, metavar="unix:|cpython:")
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--json", "output", type=click.Path(path_type=Path), help="Write what was measured here too."
)
def handover(target: str, count: int, output: Path | None) -> None:
    """Measure a whole handover (SC-3), command by command, and where its time goes.

    What the device spends is told by its firmware, which is timed part by part; that costs a
    little itself.
    """
    import msgspec
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from gbcs_hil.benchmarks import handover as measured

    times = measured.measure(target, count)
    if output is not None:
        output.write_bytes(msgspec.json.format(msgspec.json.encode(times)) + b"\n")
    console = Console(highlight=False)
    console.print(f"{times.target} {times.commands_a_second} commands a second")
    for title, rows in (
        ("A command's round trip, median", times.milliseconds),
        ("Where an average command's time goes", times.parts),
    ):
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("")
        table.add_column("ms", justify="right")
        for name, value in rows.items():
            table.add_row(name, f"{value:.3f}")
        console.print(table)
    if times.heap:
        console.print("Heap: " + ", ".join(f"{of} {value:,}" for of, value in times.heap.items()))
