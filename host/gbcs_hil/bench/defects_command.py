"""`gbcs-hil defects`: what it prints."""

import click


@click.command(name="defects")
@click.argument("names", metavar="[D1,D7]", default="")
def list_defects(names: str) -> None:
    """Tell what the known defects are that a device can be given."""
    from gbcs_hil.bench import defects

    known = defects.catalogue()
    for name in defects.named(names) or known:
        defect = known[name]
        click.echo(f"{name:4} {defect.summary}")
        click.echo(f"     shows: {defect.shows}")
        click.echo(f"     revealed by: {', '.join(defect.revealed_by)}")
