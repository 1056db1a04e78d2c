"""The steps of scenarios as tables on a terminal or in a pipe."""

from collections.abc import Iterable, Iterator, Sequence

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
_ACROSS = "\N{NARROW NO-BREAK SPACE}"
_STYLES = {
    Verdict.CONFORMANT: "green",
    Verdict.TOLERATED: "yellow",
    Verdict.USER_PRACTICE: "yellow",
}


def show(output: Console, played: Sequence[tuple[Scenario, Play]]) -> None:
    """Print a table for each scenario, and under it what its steps have to explain."""
    for scenario, play in played:
        output.print(f"\n{scenario.name}: {scenario.title}", style="bold")
        across: list[Text] = []
        _print(output, _table(play.steps, output.width >= _WIDE, across), across)
        for number, step in enumerate(play.steps, 1):
            for explanation in _explanations(step):
                output.print(f"At {number} {explanation}", style="dim", soft_wrap=True)


def _explanations(step: Step) -> Iterator[str]:
    if step.note:
        yield step.note
    if step.practice:
        yield f"it is {step.verdict}: {step.practice}"


def _table(steps: Sequence[Step], wide: bool, across: list[Text]) -> Table:
    """Return a scenario's table; on a narrow terminal who, what and counter share a column.

    Args:
        steps: its lines.
        wide: whether the terminal is not a narrow one.
        across: gets what stands between steps, for which the table has a mark in a row.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", justify="right")
    if wide:
        table.add_column("Who", no_wrap=True)
        table.add_column("What")
        table.add_column("Counter", justify="right", no_wrap=True)
    else:
        table.add_column("Who, what, counter")
    # The longest counters are what some scenarios are about.
    table.add_column("Expected", overflow="fold")
    table.add_column("Seen", overflow="fold")
    part = ""
    for number, step in enumerate(steps, 1):
        if step.part != part:
            part = step.part
            table.add_row("", _ACROSS)
            across.append(Text(part, style="bold"))
        for each in step.since:
            table.add_row("", _ACROSS)
            across.append(Text(f"({each})", style="dim"))
        counter = "" if step.counter is None else f"{step.counter:,}"
        act = [step.who, step.what, counter]
        cells = act if wide else ["\n".join(part for part in act if part)]
        table.add_row(str(number), *cells, _lines(step.expected), _seen(step))
    return table


def _seen(step: Step) -> Text:
    style = _STYLES.get(step.verdict, "bold red") if step.held else "bold red"
    seen = Text(_lines(step.seen), style=style)
    if step.verdict is not Verdict.CONFORMANT:
        seen.append(f"\n{step.verdict}" if step.held else f"\nNOT AS EXPECTED: {step.verdict}")
    return seen


def _lines(seen: Seen) -> str:
    return str(seen).replace(", ", "\n")


def _print(output: Console, table: Table, across: Iterable[Text]) -> None:
    """Print a table, and in the place of each mark what stands there across its columns.

    Where nobody looks at colours, without the blanks at the ends of lines.
    """
    with output.capture() as capture:
        output.print(table)
    between = iter(across)
    for line in capture.get().splitlines():
        at = line.find(_ACROSS)
        if at >= 0:
            output.print(" " * at, next(between), sep="", soft_wrap=True)
        elif output.is_terminal:
            output.out(line, highlight=False)
        else:
            output.print(line.rstrip(), soft_wrap=True, markup=False)
