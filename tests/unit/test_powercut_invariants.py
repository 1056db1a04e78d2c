"""What is said of a device that has done all that it was asked, and was started once more."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from gbcs_hil.bench.board import DeviceState, PaymentMode
from gbcs_hil.powercut.invariants import Invariant, must_remember

LAST = DeviceState(
    cells={},
    counters={"supplier": 8, "networkOperator": 3},
    prepayment_floor=0,
    originator_counter=5,
    pending=(),
    payment=PaymentMode("credit", 0, 0),
    sequence=4,
    epoch=0,
    store="lfs",
    now="20260601120000",
)


def seen(condition: str = "provisioned", **changes: Any) -> list[tuple[Invariant, str]]:
    board = SimpleNamespace(
        hello=lambda: {"condition": condition, "problem": "a reason"},
        state=lambda: replace(LAST, **changes),
    )
    device: Any = SimpleNamespace(board=board)
    return [(found.invariant, found.detail) for found in must_remember(device, LAST)]


def test_a_device_that_remembers_breaks_no_promise() -> None:
    # How it came to that state, and what its clock says, is no matter.
    assert seen(sequence=9, now="20260601130000") == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"condition": "lost"},
            (Invariant.STILL_SERVES, "started once more, the device is lost: a reason"),
        ),
        (
            {"counters": {"supplier": 7, "networkOperator": 3}},
            (Invariant.NEVER_BACKWARDS, "started once more, supplier is at 7"),
        ),
        (
            {"originator_counter": 4},
            (Invariant.ALL_OR_NOTHING, "started once more, it differs in originator_counter"),
        ),
    ],
)
def test_what_a_device_has_forgotten_has_a_name(
    changes: dict[str, Any], expected: tuple[Invariant, str]
) -> None:
    assert seen(**changes) == [expected]
