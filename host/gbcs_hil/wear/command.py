"""`gbcs-hil bench store`: its options, and what it prints."""

import sys

import click

from gbcs_hil.bench.stores import STORES

_FAILED = 1


@click.command()
@click.option(
    "--target", default="unix", show_default=True, metavar="unix:|cpython:", help="Where to run."
)
@click.option(
    "--store", "stores", multiple=True, type=click.Choice(STORES), help="Default: all of them."
)
@click.option(
    "--commands", default=500, show_default=True, type=click.IntRange(1), help="How many to count."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def store(target: str, stores: tuple[str, ...], commands: int, as_json: bool) -> None:
    """Measure how commands wear the flash of an emulated device.

    Counts programs and erases of a GPF that accepts 6.15.1 commands: ones that change only
    its counter, and ones that change two cells as well. Exit status 1 if a store is beyond
    the limit that docs/counter-store.md sets it.
    """
    from concurrent.futures import as_completed

    from gbcs_hil.bench import targets
    from gbcs_hil.wear.measure import CELLS, COUNTER, measure
    from gbcs_hil.wear.table import as_json_text, show
    from gbcs_hil.workers import Workers

    kind, _ = targets.parse(target)
    with Workers(None) as workers:
        runs = [
            workers.submit(measure, kind, name, changes, number)
            for name in stores or STORES
            # What is rare needs a higher count to be seen.
            for changes, number in ((COUNTER, commands), (CELLS, max(1, commands // 5)))
        ]
        for run in as_completed(runs):
            run.result()
        measured = [run.result() for run in runs]
    if as_json:
        click.echo(as_json_text(measured))
    else:
        show(measured)
    sys.exit(0 if all(wear.within for wear in measured) else _FAILED)
