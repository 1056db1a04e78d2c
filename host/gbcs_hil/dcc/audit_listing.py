"""`gbcs-hil audit`: the Service Audit Trail as a table or as JSON lines."""

import json
import sys

from rich import box
from rich.console import Console
from rich.table import Table

from gbcs_hil.dcc.audit_trail import Filter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.ledger_tables import AuditRow
from gbcs_hil.gbcs.names import format_eui

_PIPE_WIDTH = 160
_SHOWN = 100  # Characters of a detail in the table; JSON has them all.


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
        _print(rows)
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


def _print(rows: list[AuditRow]) -> None:
    """Print a table; a request's id stands on its first line alone."""
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", justify="right")
    for title in ("Time (UTC)", "Request", "SRV", "Kind", "Event"):
        table.add_column(title, no_wrap=title != "Request")
    table.add_column("Detail", overflow="fold")
    before = ""
    for row in rows:
        request = "" if row.request_id == before else row.request_id.replace(":", "\n")
        before = row.request_id
        detail = row.detail if len(row.detail) <= _SHOWN else f"{row.detail[:_SHOWN]}…"
        told = (row.service, row.kind, row.event, detail)
        table.add_row(str(row.number), f"{row.at:%Y-%m-%d %H:%M:%S}", request, *told)
    console.print(table)
