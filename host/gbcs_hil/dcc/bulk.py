"""The same kind of request to many devices, with an outcome for each (MP128A-16)."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.requests import ServiceRequest
from gbcs_hil.dcc.users import User
from gbcs_hil.errors import HilError


class Result(StrEnum):
    """What became of one device."""

    DONE = "done"
    PENDING = "pending"
    FAILED = "failed"
    NO_RESPONSE = "no response"
    REJECTED = "rejected"


@dataclass(frozen=True)
class BulkOutcome:
    """One line of a bulk run.

    Attributes:
        request: what was asked.
        result: what became of it.
        outcome: what the user got; None if the bench itself failed.
        detail: why, for a person.
    """

    request: ServiceRequest
    result: Result
    outcome: Outcome | None
    detail: str = ""


def run(
    dsp: Dsp,
    user: User,
    requests: Iterable[ServiceRequest],
    on_outcome: Callable[[BulkOutcome], None] = lambda outcome: None,
) -> tuple[BulkOutcome, ...]:
    """Send requests one after the other; what fails does not stop those behind it."""
    lines = []
    for request in requests:
        line = _ask(dsp, user, request)
        on_outcome(line)
        lines.append(line)
    return tuple(lines)


def totals(lines: Iterable[BulkOutcome]) -> Counter[Result]:
    """Count the lines of each result."""
    return Counter(line.result for line in lines)


def _ask(dsp: Dsp, user: User, request: ServiceRequest) -> BulkOutcome:
    try:
        outcome = user.ask(dsp, request)
        return BulkOutcome(request, _result(outcome), outcome, outcome.detail)
    except HilError as error:
        return BulkOutcome(request, Result.FAILED, None, str(error))


def _result(outcome: Outcome) -> Result:
    if outcome.rejected:
        return Result.REJECTED
    if outcome.acknowledged:
        return Result.PENDING
    if outcome.code == response_codes.NO_RESPONSE:
        return Result.NO_RESPONSE
    if outcome.response is None:
        return Result.FAILED
    if not outcome.is_update:
        return Result.DONE
    return {True: Result.DONE, False: Result.FAILED, None: Result.PENDING}[outcome.replaced]
