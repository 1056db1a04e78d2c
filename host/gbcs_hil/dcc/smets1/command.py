"""`gbcs-hil anchor-slots`: an estate of SMETS1 devices, its report, the one-off data update."""

import datetime
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gbcs_hil.dcc.smets1.mismatch import Row

_FAILED = 1
_PIPE_WIDTH = 120

_database = click.argument("database", metavar="FILE|URL")
_json = click.option("--json", "json_output", is_flag=True, help="Print the outcome as JSON.")
_s1sp = click.option(
    "--s1sp",
    "scope",
    type=click.Choice(["S1SP1", "S1SP2", "S1SP3", "all"], case_sensitive=False),
    default="all",
    show_default=True,
    help="Whose devices.",
)
_policy = click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A TOML table [policy]; ioc-s1sp and its like say which S1SP has which cohort.",
)
_day = click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="For which day registration data are asked. Default: today (UTC).",
)


@click.group(name="anchor-slots")
def anchor_slots() -> None:
    """Network operators' certificates of SMETS1 devices, in the S1SPs' database (SECMP0107).

    FILE is a SQLite file; a URL is SQLAlchemy's, such as postgresql://HOST/NAME.
    """


@anchor_slots.command()
@_database
@click.option("--seed", default="estate", show_default=True, help="Make it of this text.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="How much of the estate, for a smaller one.",
)
@_policy
def make(database: str, seed: str, share: float, policy: Path | None) -> None:
    """Fill an empty database with a synthetic estate, half of it wrong.

    As many devices hold another operator's certificate as DCC counted: 9,024 ESME and 18,905
    GPF of the IOC cohort, 125 and 1,226 of the MOC cohort; as many are right.
    """
    from gbcs_hil.dcc.policy_file import load_policy
    from gbcs_hil.dcc.smets1.database import open_database
    from gbcs_hil.dcc.smets1.estate_sample import make_estate

    carried = load_policy(policy)
    devices = make_estate(open_database(database), seed, share, carried)
    click.echo(f"{devices:,} devices, {devices // 2:,} with another operator's certificate")


@anchor_slots.command()
@_database
@_s1sp
@_day
@_json
def report(database: str, scope: str, day: datetime.datetime | None, json_output: bool) -> None:
    """Count the devices whose network operator slot is right, wrong or cannot be judged."""
    from gbcs_hil.dcc.smets1 import mismatch
    from gbcs_hil.dcc.smets1.database import open_database

    rows = mismatch.report(open_database(database, existing=True), _date(day), scope)
    if json_output:
        _print_json({"report": [asdict(row) for row in rows]})
    else:
        _show(rows, "")


@anchor_slots.command()
@_database
@_s1sp
@_day
@click.option(
    "--devices-per-transaction",
    type=click.IntRange(1, 10_000),
    default=2_000,
    show_default=True,
    metavar="N",
    help="A job that is killed loses the work on at most so many.",
)
@_json
def update(
    database: str,
    scope: str,
    day: datetime.datetime | None,
    devices_per_transaction: int,
    json_output: bool,
) -> None:
    """Put the registered operator's certificates where another's are.

    Registration data say who is right; its certificates are those that it shared for SMETS1
    enrolment. A job that was killed is begun again and goes on. Exit status 0 if every device
    is right afterwards, 1 if some are not, 2 if the database cannot be used.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gbcs_hil.dcc.smets1.data_update import update_slots
    from gbcs_hil.dcc.smets1.database import open_database

    engine = open_database(database, existing=True)
    console = Console(stderr=True)
    columns = (TextColumn("updating"), BarColumn(), MofNCompleteColumn(), TextColumn("devices"))
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=None)
        updated = update_slots(
            engine,
            _date(day),
            scope,
            lambda done, of: progress.update(task, completed=done, total=of),
            devices_per_transaction,
        )
    if json_output:
        _print_json(asdict(updated))
    elif not updated.devices:
        _show(updated.after, f"run {updated.run}: 0 devices updated, nothing to do")
    else:
        if updated.attempts > 1:
            click.echo(
                f"run {updated.run} goes on with attempt {updated.attempts}: the ones before were "
                f"ended when {updated.by_earlier_attempts:,} devices were updated"
            )
        _show(updated.before, f"before run {updated.run}, when its first attempt began")
        _show(updated.after, f"after run {updated.run}, with {updated.devices:,} devices updated")
    left = sum(row.devices - row.right for row in updated.after)
    sys.exit(_FAILED if left else 0)


def _date(day: datetime.datetime | None) -> datetime.date:
    return (day or datetime.datetime.now(datetime.UTC)).date()


def _print_json(outcome: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(outcome)))


def _show(rows: "Sequence[Row]", title: str) -> None:
    """Print a report as a table, plain where nobody looks at colours."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from gbcs_hil.dcc.smets1.mismatch import State

    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("S1SP", "Cohort", "Device"):
        table.add_column(heading)
    states = [state.name.lower() for state in State]
    for heading in ("devices", *states):
        table.add_column(heading.replace("_", " "), justify="right")
    for row in rows:
        numbers = [row.devices, *(getattr(row, state) for state in states)]
        named = (row.s1sp, row.cohort, row.device_type.upper())
        table.add_row(*named, *(f"{number:,}" for number in numbers))
    totals = [sum(getattr(row, name) for row in rows) for name in ("devices", *states)]
    table.add_section()
    table.add_row("all", "", "", *(f"{total:,}" for total in totals))
    console.print(table)
