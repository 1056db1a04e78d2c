"""What a sweep prints: a line for each cut, and totals."""

from collections import Counter
from collections.abc import Sequence

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
    failed = [result for result in results if result.verdict.violations]
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
        f"{len(failed)} failed"
    )


def total(sweeps: Sequence[Sweep]) -> str:
    """Return the last line: how many cuts, and which invariants they broke."""
    results = [result for sweep in sweeps for result in sweep.results]
    broken = Counter(
        invariant
        for result in results
        for invariant in {found.invariant for found in result.verdict.violations}
    )
    failed = sum(1 for result in results if result.verdict.violations)
    which = ", ".join(f"{name} {count}" for name, count in sorted(broken.items()))
    return f"{len(results)} runs, {failed} with violations{': ' if which else ''}{which}"


def failed(sweeps: Sequence[Sweep]) -> bool:
    """Return whether any invariant was broken."""
    return any(result.verdict.violations for sweep in sweeps for result in sweep.results)
