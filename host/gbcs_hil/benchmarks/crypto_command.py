"""`gbcs-hil bench crypto`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gbcs_hil.benchmarks.written import json_option, write

if TYPE_CHECKING:
    from rich.table import Table

    from gbcs_hil.benchmarks.crypto import CryptoTimes


@click.command()
@click.option(
    "--target",
    default="unix:",
    show_default=True,
    metavar="unix:|rp2040:[IMAGE]",
    help="Where to run; on an emulated Pico exact cycles are counted (minutes, no peers).",
)
@click.option("--rounds", default=31, show_default=True, type=click.IntRange(1, 1000))
@click.option("--peers/--no-peers", "with_peers", default=True, show_default=True)
@json_option
def crypto(target: str, rounds: int, with_peers: bool, output: Path | None) -> None:
    """Measure P-256 and GMAC as the device computes them, beside its peers.

    All in one MicroPython, round by round; OpenSSL, through Python, shows what C can do. The
    peers (embit, starkbank-ecdsa, ecdsa) are installed from the package index into a folder
    that is removed again. The device's code is not side-channel resistant: test keys only.
    """
    from rich.console import Console

    from gbcs_hil.benchmarks import crypto as measured
    from gbcs_hil.errors import BadInput

    if target.startswith("rp2040:"):
        _on_pico(target, output)
        return
    if target.removesuffix(":") != "unix":
        raise BadInput(f"no cryptography is measured on {target!r}; on unix: and rp2040: it is")
    times = measured.measure(rounds, with_peers=with_peers)
    Console(highlight=False).print(*_tables(times), sep="\n")
    for name, reason in times.failed.items():
        click.echo(f"{name} did not run: {reason}", err=True)
    write(times, output)


def _on_pico(target: str, output: Path | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from gbcs_hil.benchmarks import crypto_on_pico

    click.echo("deploying to an emulated Pico; this takes some minutes", err=True)
    seen = crypto_on_pico.measure(target)
    table = Table(
        title=f"An emulated RP2040, {seen.kernel}, {seen.interpreter}, "
        + ("the firmware in its image" if seen.frozen else "the firmware as .mpy on littlefs"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("")
    table.add_column("million cycles", justify="right")
    table.add_column("ms at 125 MHz", justify="right")
    for of, prefix in ((seen.cycles, ""), (seen.whole, "whole ")):
        for name, cycles in of.items():
            milliseconds = 1000 * cycles / crypto_on_pico.HERTZ
            table.add_row(prefix + name, f"{cycles / 1e6:.2f}", f"{milliseconds:.0f}")
        table.add_section()
    console = Console(highlight=False)
    console.print(table)
    console.print("Heap: " + ", ".join(f"{of} {value:,}" for of, value in seen.heap.items()))
    write(seen, output)


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
        title="One round" if times.rounds == 1 else f"Medians of {times.rounds} rounds",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    single.add_column("")
    single.add_column("ms", justify="right")
    for name, value in times.microseconds.items():
        single.add_row(name, f"{value / 1000:.3f}")
    single.add_section()
    for name, value in times.whole.items():
        single.add_row(f"whole {name}", f"{value:.3f}")
    return ratios, single
