"""What a sweep prints: a line for each cut, and totals."""

from collections import Counter
from collections.abc import Sequence

from gbcs_hil.powercut.cases import Place
from gbcs_hil.powercut.run import Result
from gbcs_hil.powercut.sweep import Sweep


def line(result: Result) -> str:
    """Return a cut's line."""
    verdict = result.verdict
    if verdict.violations:
        seen = "; ".join(f"{found.invariant}: {found.detail}" for found in verdict.violations)
        return f"FAIL {result.case}  {seen}"
    where = f"; {result.where}" if result.where else ""
    done = "nothing" if not verdict.left else f"{verdict.left} step{'s'[verdict.left < 2 :]}"
    return f"ok   {result.case}  {done} done{where}"


def head(sweep: Sweep) -> str:
    """Return a line that says what was cut and what came of it."""
    results = sweep.results
    reads = sum(1 for result in results if any(fault.read for fault in result.case.faults))
    double = sum(
        1 for result in results if len(result.case.faults) > 1 and not result.case.faults[-1].read
    )
    cuts = len(results) - reads - double
    # One of the single ones is at rest, after the last operation.
    sampled = f" of {sweep.possible + 1} possible" if cuts + double <= sweep.possible else ""
    return (
        f"{sweep.place} (store {sweep.store}): {sweep.operations} flash operations; "
        f"{cuts} cuts and {double} double cuts{sampled}, {reads} failing reads: "
        f"{len(_violated(results))} failed"
    )


def unfinished(place: Place, results: Sequence[Result]) -> str:
    """Return a line that says how far the cuts of a scenario came."""
    return f"{place}: ended after {len(results)} runs: {len(_violated(results))} failed"


def total(results: Sequence[Result]) -> str:
    """Return the last line: how many runs, which invariants they broke, how to see one again."""
    violated = _violated(results)
    said = f"{len(results)} runs, {len(violated)} with violations"
    if not violated:
        return said
    broken = Counter(
        invariant
        for result in violated
        for invariant in {found.invariant for found in result.verdict.violations}
    )
    which = ", ".join(f"{name} {count}" for name, count in sorted(broken.items()))
    return f"{said}: {which}; the first again: gbcs-hil powercut --replay {violated[0].case}"


def failed(results: Sequence[Result]) -> bool:
    """Return whether any invariant was broken."""
    return bool(_violated(results))


def _violated(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.verdict.violations]
