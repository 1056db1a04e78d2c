"""`gbcs-hil bench crypto`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from gbcs_hil.benchmarks.crypto import CryptoTimes


@click.command()
@click.option("--rounds", default=31, show_default=True, type=click.IntRange(1, 1000))
@click.option("--peers/--no-peers", "with_peers", default=True, show_default=True)
@click.option(
    "--json", "output", type=click.Path(path_type=Path), help="Write what was measured here too."
)
def crypto(rounds: int, with_peers: bool, output: Path | None) -> None:
    """Measure P-256 and GMAC as the device computes them, beside its peers.

    All in one MicroPython, round by round; OpenSSL, through Python, shows what C can do. The
    peers (embit, starkbank-ecdsa, ecdsa) are installed from the package index into a folder
    that is removed again. The device's code is not side-channel resistant: test keys only.
    """
    import msgspec
    from rich.console import Console

    from gbcs_hil.benchmarks import crypto as measured

    times = measured.measure(rounds, with_peers=with_peers)
    if output is not None:
        output.write_bytes(msgspec.json.format(msgspec.json.encode(times)) + b"\n")
    Console(highlight=False).print(*_tables(times), sep="\n")
    for name, reason in times.failed.items():
        click.echo(f"{name} did not run: {reason}", err=True)


def _tables(times: "CryptoTimes") -> "tuple[Table, Table]":
    from rich import box
    from rich.table import Table

    ratios = Table(
        title=f"A verification, how many times as long as by {times.kernel}, "
        f"MicroPython {times.interpreter}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    ratios.add_column("")
    for ours in times.ratios:
        ratios.add_column(ours.removeprefix("verify, "), justify="right")
    for peer in next(iter(times.ratios.values())):
        ratios.add_row(peer, *(f"{row[peer]:.2f}" for row in times.ratios.values()))
    single = Table(
        title=f"Medians of {times.rounds} rounds", title_justify="left", box=box.SIMPLE_HEAD
    )
    single.add_column("")
    single.add_column("ms", justify="right")
    for name, value in times.microseconds.items():
        single.add_row(name, f"{value / 1000:.3f}")
    single.add_section()
    for name, value in times.whole.items():
        single.add_row(f"whole {name}", f"{value:.3f}")
    return ratios, single
