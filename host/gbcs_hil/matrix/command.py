"""`gbcs-hil matrix`: its options."""

import sys
from pathlib import Path

import click

_FAILED = 1


@click.command()
@click.option(
    "--only",
    default="",
    metavar="D1,H2,P-KEEP",
    help="Only these defects and profiles. Default: all.",
)
@click.option("--scenario", "names", default="all", metavar="SC-1,SC-2", help="Only these.")
@click.option(
    "--type",
    "device_types",
    multiple=True,
    type=click.Choice(["esme", "gpf", "gsme"]),
    help="Play each scenario on this device type; may be repeated. Default: one for each.",
)
@click.option("--target", default="cpython:", show_default=True, metavar="unix:|cpython:")
@click.option(
    "--jobs", type=click.IntRange(1), help="How many at a time. Default: all processors."
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    help="Where to leave matrix.txt, .json and .html. Default: evidence/<time>-matrix.",
)
def matrix(
    only: str,
    names: str,
    device_types: tuple[str, ...],
    target: str,
    jobs: int | None,
    folder: Path | None,
) -> None:
    """Play every scenario on every known defect of a device and of the DCC.

    Each defect has to be revealed by at least one scenario, and a device without one by none.
    Exit status 0 if so, 1 if not, 2 if the bench could not run.
    """
    from gbcs_hil.matrix import report, run
    from gbcs_hil.matrix.table import text
    from gbcs_hil.scenarios import catalogue

    scenarios = tuple(
        scenario for name in names.split(",") for scenario in catalogue.named(name.strip())
    )
    rows = run.chosen(only)
    folder = report.new_folder(folder)
    with report.progress() as told:
        found = run.fill(
            rows,
            scenarios,
            device_types=device_types,
            target=target,
            jobs=jobs,
            on_cell=told,
        )
    report.write(found, folder)
    click.echo(text(found))
    click.echo(f"{len(found.cells)} runs in {found.seconds:.0f} s: {folder}")
    sys.exit(_FAILED if found.shortcomings() else 0)
