"""`gbcs-hil audit`: the Service Audit Trail as a table or as JSON lines."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table

from gbcs_hil.dcc.audit_trail import PASSED, Filter, Kind
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.ledger_tables import AuditRow
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.message_codes import USE_CASES
from gbcs_hil.gbcs.names import format_eui

_PIPE_WIDTH = 160


def run(ledger: str, wanted: Filter, as_json: bool) -> None:
    """Print what a filter lets pass of a ledger, oldest first.

    Args:
        ledger: a SQLite file, or an SQLAlchemy URL.
        wanted: which rows.
        as_json: print JSON lines instead of a table.

    Raises:
        BadInput: the file is not there.
        LedgerError: it is no ledger.
    """
    opened = Ledger.existing(ledger)
    try:
        rows = opened.trail.rows(wanted)
    finally:
        opened.close()
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(_plain(row)) + "\n")
    elif rows:
        _print(rows, each_check=bool(wanted.kind or wanted.event))
    else:
        # To standard error, so that a pipe gets what it would get of many rows: rows.
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"{ledger}: no row of the trail is like that")


def _plain(row: AuditRow) -> dict[str, object]:
    return {
        "number": row.number,
        "at": row.at.isoformat(timespec="milliseconds"),
        "request": row.request_id,
        "originator": None if row.originator is None else format_eui(row.originator),
        "device": None if row.device is None else format_eui(row.device),
        "service": row.service,
        "kind": row.kind,
        "event": row.event,
        "detail": row.detail,
    }


def _print(rows: list[AuditRow], each_check: bool) -> None:
    """Print a table; a request's id stands on its first line alone.

    Args:
        rows: what is in it.
        each_check: give checks that a request passed a line each, and not one for all.
    """
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", justify="right")
    for title in ("Time (UTC)", "Request", "SRV", "Kind", "Event"):
        table.add_column(title, no_wrap=title != "Request")
    table.add_column("Detail", overflow="fold")
    before = ""
    for some in [[row] for row in rows] if each_check else _together(rows):
        row = some[0]
        request = "" if row.request_id == before else row.request_id.replace(":", "\n")
        before = row.request_id
        number = str(row.number) if len(some) == 1 else f"{row.number}-{some[-1].number}"
        event = row.event if len(some) == 1 else f"{len(some)} checks"
        told = (row.service, row.kind, event, _detail(row))
        table.add_row(number, f"{row.at:%Y-%m-%d %H:%M:%S}", request, *told)
    console.print(table)


def _together(rows: Iterable[AuditRow]) -> Iterator[list[AuditRow]]:
    """Yield rows by the lines that they stand on: checks that a request passed share one."""

    def line(row: AuditRow) -> object:
        return row.request_id if (row.kind, row.detail) == (Kind.CHECK, PASSED) else row.number

    for _, some in groupby(rows, line):
        yield list(some)


def _detail(row: AuditRow) -> str:
    """Return what a row says; of a GBCS message, what it is."""
    if row.kind != Kind.MESSAGE:
        return row.detail
    try:
        octets = bytes.fromhex(row.detail)
        header = parse(octets).header
    except ValueError:
        return row.detail  # An S1SP Alert is text.
    known = USE_CASES.get(header.message_code)
    what = known.name if known else f"message code {header.message_code:04X}"
    sender = format_eui(header.originator)
    return f"{what}, counter {header.counter:,} from {sender}, {len(octets):,} octets"
