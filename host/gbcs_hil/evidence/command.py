"""`gbcs-hil report` and `gbcs-hil evidence verify`: their options, and what they print."""

import sys
from pathlib import Path

import click

from gbcs_hil.errors import BadInput

_FAILED = 1


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Make the page of a run again, from what its evidence folder holds."""
    from gbcs_hil.evidence import manifest
    from gbcs_hil.evidence import report as page

    troubles = [] if not (folder / manifest.MANIFEST).exists() else manifest.verify(folder)
    others = [trouble for trouble in troubles if not trouble.startswith(page.PAGE)]
    path = page.write(folder)
    if others:
        # A manifest made now would hide that somebody changed the evidence.
        raise BadInput(f"{path} is made, but this is not as the run left it: {', '.join(others)}")
    manifest.write(folder)
    click.echo(path)


@click.group()
def evidence() -> None:
    """Check what a run has left behind."""


@evidence.command()
@click.argument("folder", type=click.Path(path_type=Path))
def verify(folder: Path) -> None:
    """Check every file of an evidence folder against its manifest.

    Exit status 0 if nothing was changed, added or removed, 1 if something was, 2 if there is
    no manifest.
    """
    from gbcs_hil.evidence import manifest

    troubles = manifest.verify(folder)
    for trouble in troubles:
        click.echo(trouble)
    if troubles:
        sys.exit(_FAILED)
    click.echo(f"{folder}: as the run left it")
