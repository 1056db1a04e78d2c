"""Every cut of a scenario: single ones, second ones during recovery, reads that fail."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from gbcs_hil.bench.flash_faults import Fault, Tear
from gbcs_hil.powercut.cases import Case, Place
from gbcs_hil.powercut.run import Reference, Result, reference, run

LONG = 600.0
"""Seconds that the double cuts of one scenario may take before they are sampled."""

READS = 8
"""How many reads of a starting device fail, one in each run, unless told; and of a working one."""

_REST = Fault()

_Chosen = TypeVar("_Chosen")


@dataclass(frozen=True)
class Extent:
    """How much of all that could be cut is.

    Attributes:
        singles: at most so many single cuts; None for all.
        doubles: at most so many double cuts; None for all, or what `LONG` allows.
        reads: so many failing reads while the device starts, and as many while it works.
        seed: chooses what is taken where not all is.
        jobs: how many devices run at a time.
    """

    singles: int | None = None
    doubles: int | None = None
    reads: int = READS
    seed: str = "0"
    jobs: int = 1


@dataclass(frozen=True)
class Sweep:
    """What came of a scenario's cuts.

    Attributes:
        place: the device and the scenario.
        store: the store's name as the device tells it.
        operations: how many programs and erases the scenario takes without a cut.
        results: one for each case that was run.
        possible: how many single and double cuts there are.
    """

    place: Place
    store: str
    operations: int
    results: tuple[Result, ...]
    possible: int


def sweep(place: Place, extent: Extent, on_result: Callable[[Result, int], None]) -> Sweep:
    """Run a scenario once to count, then once for each cut.

    Args:
        place: the device and the scenario.
        extent: how much is cut.
        on_result: told each result and how many cases there are, as far as is known.

    Raises:
        HilError: the device cannot be run, or a cut did not come.
    """
    uncut = reference(place)
    chance = random.Random(f"{extent.seed} {place}")  # noqa: S311 - a choice, no secret.
    cuts = [
        Case(place, (Fault(operation, tear),))
        for operation in range(1, uncut.operations + 1)
        for tear in Tear
    ]
    first = [*_some(cuts, extent.singles, chance), Case(place, (_REST,))]
    pool = _Pool(uncut, extent.jobs, on_result)
    began = time.monotonic()
    results = pool.run(first)
    each = (time.monotonic() - began) / len(first)
    second = _second_cuts(results)
    limit = extent.doubles
    if limit is None and each * len(second) > LONG:
        limit = int(LONG / each)
    more = _some(second, limit, chance)
    starting = _failing_reads(results[-1].recovery.reads, extent.reads, chance)
    more += [Case(place, (_REST, Fault(read=number))) for number in starting]
    working = _failing_reads(uncut.work[-1].reads, extent.reads, chance)
    more += [Case(place, (Fault(read=number),)) for number in working]
    results += pool.run(more)
    possible = len(cuts) + len(second)
    return Sweep(place, uncut.store, uncut.operations, tuple(results), possible)


def _second_cuts(results: Iterable[Result]) -> list[Case]:
    """Return a cut at each operation with which a device recovered from its first one."""
    return [
        Case(result.case.place, (*result.case.faults, Fault(operation, tear)))
        for result in results
        for operation in range(1, result.recovery.operations + 1)
        for tear in Tear
    ]


def _failing_reads(reads: int, count: int, chance: random.Random) -> list[int]:
    """Choose some of so many reads: the first, with which a mount begins, and others."""
    others = chance.sample(range(2, reads + 1), max(0, min(count, reads) - 1))
    return [1, *sorted(others)][: min(count, reads)]


def _some(cases: Sequence[_Chosen], limit: int | None, chance: random.Random) -> list[_Chosen]:
    """Return all, or so many of them, in their order."""
    if limit is None or limit >= len(cases):
        return list(cases)
    return [cases[at] for at in sorted(chance.sample(range(len(cases)), limit))]


class _Pool:
    """Runs cases several at a time, and tells of each in order."""

    def __init__(
        self, uncut: Reference, jobs: int, on_result: Callable[[Result, int], None]
    ) -> None:
        self._uncut = uncut
        self._jobs = jobs
        self._on_result = on_result
        self._known = 0

    def run(self, cases: Sequence[Case]) -> list[Result]:
        self._known += len(cases)
        results = []
        with ThreadPoolExecutor(self._jobs) as threads:
            runs = [threads.submit(run, case, self._uncut) for case in cases]
            try:
                for done in runs:
                    results.append(done.result())
                    self._on_result(results[-1], self._known)
            finally:
                for waiting in runs:
                    waiting.cancel()
        return results
