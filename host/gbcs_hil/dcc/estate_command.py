"""`gbcs-hil estate`: its options."""

import datetime
import sys
from pathlib import Path

import click

_FAILED = 1

_ledger = click.argument("ledger", metavar="FILE|URL")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_day = click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="For which day registration data are asked. Default: now (UTC).",
)


@click.group()
def estate() -> None:
    """Report on the network operator certificates of a ledger's devices.

    FILE is a ledger's SQLite file, such as one in an evidence folder; a URL is SQLAlchemy's. What
    counts is what devices have told the DCC, and the estate that its DSP knew last.
    """


@estate.command()
@_ledger
@_day
@_json
def cells(ledger: str, day: datetime.datetime | None, as_json: bool) -> None:
    """Count the wrong network operator certificates, and those that were never put there."""
    from gbcs_hil.dcc import estate_listing

    estate_listing.print_cells(ledger, _when(day), as_json)


@estate.command(name="post-commissioning")
@_ledger
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A TOML table [policy]; mp183 and post-commissioning-days count.",
)
@_day
@_json
def post_commissioning(
    ledger: str, policy: Path | None, day: datetime.datetime | None, as_json: bool
) -> None:
    """Report which Suppliers left which network operator cells behind.

    Exit status 0 if no device is faulted, 1 if one is.
    """
    from gbcs_hil.dcc import estate_listing
    from gbcs_hil.dcc.policy_file import load_policy

    carried = load_policy(policy)
    faulted = estate_listing.print_post_commissioning(ledger, carried, _when(day), as_json)
    sys.exit(_FAILED if faulted else 0)


@estate.command(name="exit-gate")
@_ledger
@click.argument("mpid", metavar="MPID")
@click.option(
    "--anchor-slots",
    metavar="FILE|URL",
    help="What the S1SPs hold for SMETS1 devices; without it these have not told.",
)
@_day
@_json
def exit_gate(
    ledger: str,
    mpid: str,
    anchor_slots: str | None,
    day: datetime.datetime | None,
    as_json: bool,
) -> None:
    """Say what stands between a network operator and its ceasing to be a DCC User (MP128A).

    Exit status 0 if nothing does, 1 if something does.
    """
    from gbcs_hil.dcc import estate_listing

    is_open = estate_listing.print_exit_gate(ledger, mpid, _when(day), as_json, anchor_slots)
    sys.exit(0 if is_open else _FAILED)


def _when(day: datetime.datetime | None) -> datetime.datetime:
    if day is None:
        return datetime.datetime.now(datetime.UTC)
    return day.replace(tzinfo=datetime.UTC)
