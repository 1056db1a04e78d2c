"""A scenario and the table of what its steps must show."""

from pathlib import Path

import pytest

from gbcs_hil.errors import BadInput
from gbcs_hil.scenarios.observations import Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.scenarios.verdicts import Expect
from played import without_a_board


def told(*names: str, seen: str = "1", expected: tuple[str, ...] = ("first", "last")) -> Scenario:
    def act(play: Play) -> None:
        for name in names:
            play.begin(name)
            play.tell(name, "DCC", "what it counts", Told(seen), note="twice")

    table = {name: Expect(Told("1")) for name in expected}
    return Scenario("SC-0", "a scenario", act, {"gpf": table})


def test_a_step_that_nothing_is_expected_of_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="SC-0: its table says nothing of the step 'fist'"):
        without_a_board(told("fist"), tmp_path, "gpf")


def test_what_is_expected_and_never_played_does_not_pass(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="SC-0: its table has steps that it did not play: 'last'"):
        without_a_board(told("first"), tmp_path, "gpf")


def test_a_failure_may_leave_steps_unplayed(tmp_path: Path) -> None:
    assert without_a_board(told("first", seen="2"), tmp_path, "gpf").verdict.failed


def test_failures_are_a_line_each(tmp_path: Path) -> None:
    play = without_a_board(told("first", seen="2", expected=("first",)), tmp_path, "gpf")
    assert play.failures == (
        "first: DCC, what it counts: expected 1; seen 2: device-defect; twice"
    )
    assert without_a_board(told("first", "last"), tmp_path, "gpf").failures == ""
