"""Fill the kill matrix, several cells at a time."""

import datetime
import time
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed

import msgspec

import gbcs_hil
from gbcs_hil.errors import BadInput
from gbcs_hil.matrix.playing import Task, play, usual_type
from gbcs_hil.matrix.table import Cell, Matrix, Subject, subjects
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.workers import Workers

_LONGEST = ("SC-14", "SC-10", "SC-8")
"""Begun first, so that no processor waits for one of them in the end."""


def tasks(
    rows: Sequence[Subject], scenarios: Sequence[Scenario], device_types: Sequence[str]
) -> list[Task]:
    """Return the cells to find out, the longest first.

    Args:
        rows: the subjects.
        scenarios: the columns.
        device_types: on which to play each scenario that can be; none for its usual one.
    """
    found = [
        Task(row, scenario.name, kind)
        for row in rows
        for scenario in scenarios
        for kind in device_types or (usual_type(scenario.name),)
        if kind in scenario.expectations
    ]
    order = {name: place for place, name in enumerate(_LONGEST)}
    return sorted(found, key=lambda task: order.get(task.scenario, len(order)))


def chosen(names: str) -> tuple[Subject, ...]:
    """Return the subjects of a text such as "D1,H2", or all of them for none.

    Raises:
        BadInput: there is no such subject.
    """
    known = {subject.name: subject for subject in subjects()}
    wanted = [name.strip().upper() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise BadInput(f"no defect or profile {name}; there are {', '.join(known)}")
    return tuple(known[name] for name in wanted) or tuple(known.values())


def fill(
    rows: Sequence[Subject],
    scenarios: Sequence[Scenario] = tuple(SCENARIOS.values()),
    *,
    device_types: Sequence[str] = (),
    target: str = "cpython:",
    jobs: int | None = None,
    on_cell: Callable[[Cell, int], object] = lambda cell, count: None,
) -> Matrix:
    """Play every scenario on every subject and return the matrix.

    Args:
        rows: the subjects.
        scenarios: the columns.
        device_types: on which; each scenario's usual one if none is named.
        target: an emulated board.
        jobs: how many at a time, or None for the number of processors.
        on_cell: called with each cell and how many there are in all.

    Raises:
        HilError: the bench itself failed.
    """
    todo = tasks(rows, scenarios, device_types)
    began, started = time.monotonic(), datetime.datetime.now(datetime.UTC)
    cells: dict[Task, Cell] = {}
    alike: dict[Task, list[Task]] = {}
    for task in todo:
        alike.setdefault(task.alike, []).append(task)
    with Workers(jobs) as pool:
        running = {pool.submit(play, task, target): same for task, same in alike.items()}
        for done in as_completed(running):
            for task in running[done]:
                cells[task] = msgspec.structs.replace(done.result(), subject=task.subject.name)
                on_cell(cells[task], len(todo))
    return Matrix(
        gbcs_hil=gbcs_hil.__version__,
        target=target,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - began, 1),
        scenarios=tuple(scenario.name for scenario in scenarios),
        rows=tuple(rows),
        cells=tuple(cells[task] for task in todo),
    )
