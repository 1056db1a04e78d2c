"""Whose doing a step is, and what it counts for."""

import pytest

from gbcs_hil.scenarios.observations import Answered, Routed
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Expect, Verdict, worst

DONE, SILENT, REFUSED = Answered("I0"), Answered("E21"), Answered("E4")


@pytest.mark.parametrize(
    ("expect", "seen", "counter", "verdict", "holds"),
    [
        (Expect(DONE), DONE, None, Verdict.CONFORMANT, True),
        (Expect(DONE), SILENT, None, Verdict.DEVICE_DEFECT, False),
        (Expect(DONE, tolerated=(SILENT,)), SILENT, None, Verdict.TOLERATED, True),
        (Expect(DONE, counter=5), DONE, 5, Verdict.CONFORMANT, True),
        (Expect(DONE, counter=5), DONE, 6, Verdict.DCC_DEFECT, False),
        # What the DCC refuses never reached the device.
        (Expect(DONE), REFUSED, None, Verdict.DCC_DEFECT, False),
        (Expect(REFUSED), SILENT, None, Verdict.DCC_DEFECT, False),
        (Expect(Routed("Supplier A")), Routed(None), None, Verdict.DCC_DEFECT, False),
        (Expect(SILENT, practice="no floor"), SILENT, None, Verdict.USER_PRACTICE, True),
        (Expect(SILENT, practice="no floor"), DONE, None, Verdict.DEVICE_DEFECT, False),
        (
            Expect(DONE, otherwise=Verdict.USER_PRACTICE),
            SILENT,
            None,
            Verdict.USER_PRACTICE,
            False,
        ),
    ],
)
def test_a_step_is_laid_at_somebodys_door(
    expect: Expect, seen: Answered, counter: int | None, verdict: Verdict, holds: bool
) -> None:
    assert (expect.judge(seen, counter), expect.holds(seen, counter)) == (verdict, holds)


def step(verdict: Verdict, held: bool) -> Step:
    return Step("SC-0", "a step", "Supplier A", "6.24.1", None, SILENT, SILENT, verdict, held)


def test_what_users_have_chosen_is_nobodys_failure() -> None:
    assert step(Verdict.USER_PRACTICE, held=True).counts is Verdict.CONFORMANT
    assert step(Verdict.USER_PRACTICE, held=False).counts is Verdict.USER_PRACTICE
    assert step(Verdict.TOLERATED, held=True).counts is Verdict.TOLERATED


def test_the_worst_verdict_is_the_devices() -> None:
    assert worst([Verdict.DCC_DEFECT, Verdict.DEVICE_DEFECT, Verdict.TOLERATED]) is (
        Verdict.DEVICE_DEFECT
    )
    assert worst([]) is Verdict.CONFORMANT
