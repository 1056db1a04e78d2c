"""`gbcs-hil rig`: check a rig file and its boards; find boards to put into one."""

import sys

import click


@click.group()
def rig() -> None:
    """Check a rig file and its boards; find boards to put into one."""


@rig.command("list")
def list_boards() -> None:
    """Show the boards on USB as a rig file: paste what you need, and say what each plays."""
    from gbcs_hil.bench import ports, rig_listing

    found = ports.usb_devices()
    if not found:
        click.echo("no serial port on USB; emulated boards need none (hil_rigs/emulated.toml)")
    else:
        click.echo(rig_listing.text(found), nl=False)


@rig.command()
@click.argument("name", required=False)
def example(name: str | None) -> None:
    """Print a rig file to fill in: `gbcs-hil rig example pico > hil_rigs/pico.toml`.

    Without NAME, say which there are.
    """
    from gbcs_hil.bench.rig_examples import examples
    from gbcs_hil.errors import BadInput

    there = examples()
    if name is None:
        for stem, path in there.items():
            click.echo(f"{stem:16}{path.read_text().splitlines()[0].removeprefix('# ')}")
    elif name in there:
        click.echo(there[name].read_text(), nl=False)
    else:
        raise BadInput(f"no example {name!r}; there are {', '.join(there)}")


@rig.command()
@click.argument("file")
@click.option("--board", "only", metavar="NAME", help="Only this board.")
@click.option("--power", is_flag=True, help="Cut each board's power, and prove it.")
def check(file: str, only: str | None, power: bool) -> None:
    """See that each board of a rig is there, is the right one and answers.

    Exit status 0 if all are well, 1 if one is not, 2 if the file cannot be used.
    """
    from gbcs_hil.bench import rig as rigs
    from gbcs_hil.bench.rig_check import check_board

    loaded = rigs.load(rigs.find(file))
    chosen = [loaded.board(only)] if only else list(loaded.boards.values())
    well = [check_board(entry, power, click.echo) for entry in chosen]
    sys.exit(0 if all(well) else 1)
