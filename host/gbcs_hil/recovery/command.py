"""`gbcs-hil recover`: its options."""

import sys
from datetime import UTC, datetime

import click

_FAILED = 1
_ROLES = {"network-operator": "networkOperator", "supplier": "supplier"}


@click.command()
@click.argument("source", metavar="RESPONSE|COUNTER|-")
@click.option(
    "--role",
    type=click.Choice(list(_ROLES)),
    default="network-operator",
    show_default=True,
    help="Who is locked out.",
)
@click.option(
    "--numbering",
    metavar="milliseconds|seconds|utrn|NUMBER",
    help="How the party numbers its commands; a number is the last of a sequence of its own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the advice as JSON.")
def recover(source: str, role: str, numbering: str | None, as_json: bool) -> None:
    """Say how a party that a device takes for a replay gets through to it again.

    SOURCE is the device's response to a 6.24.1 (a file of hexadecimal or octets, hexadecimal
    text, or - for standard input), or the counter that it told. Exit status 1 if the party's
    numbering does not get through.
    """
    import msgspec

    from gbcs_hil.recovery import told

    counter, acb_certificates = told.counter(source, _ROLES[role])
    advice = told.for_party(counter, role, numbering, datetime.now(UTC), acb_certificates)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(advice), indent=2).decode())
    else:
        click.echo("\n".join(told.lines(advice)))
    sys.exit(_FAILED if advice.reached is False else 0)
