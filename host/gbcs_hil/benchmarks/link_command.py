"""`gbcs-hil bench link`: its options, and what it prints."""

from pathlib import Path

import click

from gbcs_hil.benchmarks.written import json_option, write


@click.command()
@click.option("--target", default="unix:", show_default=True, metavar="unix:|cpython:")
@click.option("--octets", default=1500, show_default=True, type=click.IntRange(1, 4096))
@click.option("--count", default=200, show_default=True, type=click.IntRange(1, 100_000))
@json_option
def link(target: str, octets: int, count: int, output: Path | None) -> None:
    """Measure the serial link: the round trip of a message, and octets a second.

    The device is virgin and turns every message down, so little but the link is measured.
    """
    from gbcs_hil.benchmarks import link as measured

    times = measured.measure(target, octets, count)
    click.echo(
        f"{target} round trip of 1 octet {times.small_milliseconds:.2f} ms, "
        f"of {octets:,} octets {times.milliseconds:.2f} ms: "
        f"{times.octets_a_second:,} octets a second"
    )
    write(times, output)
