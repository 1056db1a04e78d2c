"""`gbcs-hil rtds`: its options, and what it prints."""

import sys
from pathlib import Path

import click

from gbcs_hil.errors import BadInput

_FAILED = 1


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--target",
    default="cpython:",
    show_default=True,
    metavar="cpython:|unix:",
    help="Where the device runs.",
)
@click.option(
    "--provisioning",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What the devices are to start with (TOML). Default: that of RTDS 4.5.0.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="TEXT|CODE",
    help="Only vectors with this in their name, or with this message code. May be repeated.",
)
@click.option("--json", "json_output", is_flag=True, help="Print the outcome as JSON.")
def rtds(
    folder: Path, target: str, provisioning: Path | None, only: tuple[str, ...], json_output: bool
) -> None:
    """Play reference vectors to an emulated device and compare its answers.

    DIR holds the vectors (*.HEX, in folders below it too), keystore/ and
    shared-secrets.json. Each command is played to a freshly provisioned device; its response,
    and the alerts of a future-dated command, are compared with the reference, the device's own
    signature excepted. Each line says what was put right or taken from the vectors. A vector
    that reports a fault of hardware is marked, as is a response whose command is not there.
    Exit status 0 if nothing differs, 1 if something does, 2 if the vectors cannot be played
    or nothing could be compared.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gbcs_hil.rtds.provisioning import SHIPPED
    from gbcs_hil.rtds.report import as_json, show
    from gbcs_hil.rtds.run import run

    console = Console(stderr=True)
    columns = (TextColumn("playing"), BarColumn(), MofNCompleteColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=None)
        played = run(
            folder,
            provisioning or SHIPPED,
            target,
            only,
            lambda done, of: progress.update(task, completed=done, total=of),
        )
    if json_output:
        click.echo(as_json(played))
    else:
        show(played, Console(highlight=False))
    if played.failed:
        sys.exit(_FAILED)
    if not played.compared:
        raise BadInput(
            f"{folder}: nothing could be compared; each line says why. A command needs its "
            "response beside it, and its device in the provisioning file"
        )
