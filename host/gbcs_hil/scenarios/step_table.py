"""The steps of scenarios as tables on a terminal or in a pipe."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gbcs_hil.scenarios.observations import Seen
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Verdict

_WIDE = 110
_STYLES = {Verdict.CONFORMANT: "green", Verdict.TOLERATED: "yellow"}


def show(output: Console, played: Sequence[tuple[Scenario, Play]]) -> None:
    """Print a table for each scenario, and under it what its device kept to itself."""
    for scenario, play in played:
        output.print(f"\n{scenario.name}: {scenario.title}", style="bold")
        _print_stripped(output, _table(play.steps, wide=output.width >= _WIDE))
        for number, step in enumerate(play.steps, 1):
            if step.note:
                output.print(f"At {number} {step.note}", style="dim", soft_wrap=True)


def _table(steps: Sequence[Step], wide: bool) -> Table:
    """Return a scenario's table; on a narrow terminal who, what and counter share a column."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", justify="right")
    if wide:
        table.add_column("Who", no_wrap=True)
        table.add_column("What")
        table.add_column("Counter", justify="right", no_wrap=True)
    else:
        table.add_column("Who, what, counter")
    table.add_column("Expected")
    table.add_column("Seen")
    for number, step in enumerate(steps, 1):
        seen = Text(_lines(step.seen), style=_STYLES.get(step.verdict, "bold red"))
        if step.verdict is not Verdict.CONFORMANT:
            seen.append(f"\n{step.verdict}" if step.held else f"\nNOT AS EXPECTED: {step.verdict}")
        counter = "" if step.counter is None else f"{step.counter:,}"
        act = [step.who, step.what, counter]
        cells = act if wide else ["\n".join(part for part in act if part)]
        table.add_row(str(number), *cells, _lines(step.expected), seen)
    return table


def _lines(seen: Seen) -> str:
    return str(seen).replace(", ", "\n")


def _print_stripped(output: Console, table: Table) -> None:
    """Print a table; without the blanks at the ends of lines where nobody looks at colours."""
    if output.is_terminal:
        output.print(table)
        return
    with output.capture() as capture:
        output.print(table)
    for line in capture.get().splitlines():
        output.print(line.rstrip(), soft_wrap=True, markup=False)
