"""The wear of stores as a table, and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.table import Table

from gbcs_hil.wear.measure import ENDURANCE, Wear

_NARROWEST = 100


def show(measured: Sequence[Wear]) -> None:
    """Print the table."""
    console = Console(highlight=False)
    if not console.is_terminal:
        # A pipe has no width of its own.
        console = Console(width=_NARROWEST, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("store")
    table.add_column("a command changes")
    for title in ("programs", "limit", "erases", "limit"):
        table.add_column(title, justify="right")
    table.add_column(f"commands to {ENDURANCE:,} erases", justify="right")
    for wear in measured:
        limit = wear.limit
        lasts = "-" if wear.lasts is None else f"{wear.lasts / 1e6:.1f} M"
        table.add_row(
            wear.store,
            wear.changes,
            f"{wear.programs_each:.2f}",
            f"{limit.programs:g}" if limit else "",
            f"{wear.erases_each:.4f}",
            f"{limit.erases:g}" if limit else "",
            lasts,
        )
    console.print(table)
    for wear in measured:
        if wear.limit and wear.limit.why:
            console.print(f"{wear.store}: {wear.limit.why}")
        if not wear.within:
            console.print(f"{wear.store}: beyond its limit for a command that changes a counter")


def as_json_text(measured: Sequence[Wear]) -> str:
    """Return the figures as JSON."""
    rows = [
        {
            "store": wear.store,
            "changes": wear.changes,
            "commands": wear.commands,
            "programs": wear.programs,
            "erases": wear.erases,
            "erases_of_worst_sector": wear.worst,
            "commands_to_endurance": wear.lasts,
            "limit": _limit(wear),
            "within_limit": wear.within,
        }
        for wear in measured
    ]
    return json.dumps({"schema": 1, "endurance": ENDURANCE, "stores": rows}, indent=2)


def _limit(wear: Wear) -> dict[str, object] | None:
    return asdict(wear.limit) if wear.limit else None
