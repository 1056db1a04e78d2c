"""`gbcs-hil bench startup`: its options, and what it prints."""

from pathlib import Path

import click

from gbcs_hil.benchmarks.written import json_option, write


@click.command()
@click.option("--count", default=9, show_default=True, type=click.IntRange(1, 1000))
@click.option("--rig", "rig_name", metavar="FILE", help="Parse this rig file.")
@json_option
def startup(count: int, rig_name: str | None, output: Path | None) -> None:
    """Measure how long starting takes: --help, pytest with a rig, a rig file.

    Medians. The project's aims: --help under 200 ms, the plugin adds under 150 ms to pytest,
    a rig file takes under a second.
    """
    from gbcs_hil.bench import rig
    from gbcs_hil.benchmarks import startup as measured

    times = measured.measure(count, rig.find(rig_name) if rig_name else None)
    click.echo(f"gbcs-hil --help                {times.help:8.1f} ms")
    click.echo(f"pytest --collect-only          {times.collect:8.1f} ms without the plugin")
    click.echo(f"the plugin and its rig add     {times.plugin:8.1f} ms")
    click.echo(f"rig file ({times.rig_file})  {times.rig:.2f} ms")
    write(times, output)
