"""`gbcs-hil estate`: the reports on a ledger's estate, as tables or as JSON."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table

from gbcs_hil.dcc import exit_gate as gate
from gbcs_hil.dcc import post_commissioning
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.estate_record import kept_estate
from gbcs_hil.dcc.estate_report import estate_report
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.network_operator_cells import WITH_CELLS, slots
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.post_commissioning import Verdict
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots
from gbcs_hil.dcc.smets1.database import open_database
from gbcs_hil.dcc.smki_registration import SmkiRecord
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import format_eui

_PIPE_WIDTH = 140


def print_cells(ledger: str, when: datetime, as_json: bool) -> None:
    """Print the two counts and the incident classes (S63-11, S63-13).

    Raises:
        BadInput: the file is not there.
        LedgerError: it is no ledger.
    """
    with _opened(ledger) as (opened, estate):
        counted = estate_report(slots(estate, opened, when))
    names = {p.eui: p.name for p in estate.participants}
    outside = {names.get(eui, format_eui(eui)): n for eui, n in counted.outside_region.items()}
    if as_json:
        _print_json(
            {
                "devices": counted.devices,
                "incorrect": counted.incorrect,
                "never_updated": counted.never_updated,
                "untold": counted.untold,
                "without_credentials": counted.without_credentials,
                "without_exchange": counted.without_exchange,
                "outside_region": outside,
                "foreign": dict(counted.foreign),
                "not_placed": dict(counted.not_placed),
            }
        )
        return
    rows = [
        ("with network operator cells", counted.devices),
        ("another operator's certificate", counted.incorrect),
        *((f"  {name}'s, outside its region", n) for name, n in sorted(outside.items())),
        *((f"  on a device of {mpid or 'nobody'}'s", n) for mpid, n in counted.foreign.items()),
        ("  whose holder cannot exchange it", counted.without_exchange),
        ("never updated: a Supplier's or the ACB's", counted.never_updated),
        *((f"  on a device of {mpid or 'nobody'}'s", n) for mpid, n in counted.not_placed.items()),
        ("  whose operator has none to place", counted.without_credentials),
        ("has not told the DCC", counted.untold),
    ]
    _print_table(("Certificate", "Devices"), [(what, f"{n:,}") for what, n in rows], right=1)


def print_post_commissioning(ledger: str, policy: Policy, when: datetime, as_json: bool) -> bool:
    """Print a line for each commissioned device; return whether one is faulted (MP128A-6).

    Raises:
        BadInput: the file is not there.
        LedgerError: it is no ledger.
    """
    with _opened(ledger) as (opened, estate):
        lines = list(post_commissioning.report(estate, opened, policy, when))
    rows = [
        (
            format_eui(line.slot.device.eui),
            line.slot.device.device_type.upper(),
            line.supplier.name if line.supplier else "",
            line.slot.holder.value,
            line.verdict.value,
            line.why,
        )
        for line in lines
    ]
    titles = ("Device", "Type", "Supplier", "Holder", "Verdict", "Why")
    devices = estate.devices.values()
    undated = sum(d.device_type in WITH_CELLS and d.commissioned is None for d in devices)
    if as_json:
        named = [dict(zip((title.lower() for title in titles), row, strict=True)) for row in rows]
        _print_json({"report": named, "without_a_date_of_commissioning": undated})
    else:
        if rows:
            _print_table(titles, rows)
        if undated:
            sys.stdout.write(f"{undated:,} left out: no date of commissioning is known\n")
    return any(line.verdict is Verdict.FAIL for line in lines)


def print_exit_gate(
    ledger: str, mpid: str, when: datetime, as_json: bool, anchor_slots: str | None = None
) -> bool:
    """Print what a leaving operator has still to do; return whether it may go (MP128A-8).

    Raises:
        BadInput: a file is not there, or nobody has this market participant identifier.
        LedgerError, Smets1DatabaseError: it is no ledger, or no database of anchor slots.
    """
    slots = AnchorSlots(open_database(anchor_slots, existing=True)) if anchor_slots else None
    with _opened(ledger) as (opened, estate):
        party = estate.by_mpid(mpid)
        if party is None or not party.is_network_operator:
            known = ", ".join(sorted(p.mpid for p in estate.participants if p.is_network_operator))
            raise BadInput(f"{ledger} knows no network operator {mpid!r}; it knows {known}")
        smki = SmkiRecord(opened.database)
        found = gate.exit_gate(party, estate, opened, smki, when, slots)
    outstanding = [format_eui(eui) for eui in found.outstanding]
    untold = [format_eui(eui) for eui in found.untold]
    if as_json:
        _print_json(
            {
                "party": party.name,
                "open": found.is_open,
                "announced": found.announced,
                "revocation_on_file": found.revocation_on_file,
                "outstanding": outstanding,
                "untold": untold,
            }
        )
        return found.is_open
    rows = [
        ("has announced that it leaves", _yes(found.announced)),
        ("Certificate Revocation Request on file", _yes(found.revocation_on_file)),
        ("devices that hold its certificates", "\n".join(outstanding) or "none"),
        ("devices that have not told", "\n".join(untold) or "none"),
    ]
    _print_table((party.name, ""), rows)
    sys.stdout.write(f"the exit gate is {'open' if found.is_open else 'shut'}\n")
    return found.is_open


@contextmanager
def _opened(ledger: str) -> Iterator[tuple[Ledger, Estate]]:
    opened = Ledger.existing(ledger)
    try:
        yield opened, kept_estate(opened.database)
    finally:
        opened.close()


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _print_json(content: object) -> None:
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def _print_table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], right: int | None = None
) -> None:
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, title in enumerate(titles):
        table.add_column(title, justify="right" if index == right else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
