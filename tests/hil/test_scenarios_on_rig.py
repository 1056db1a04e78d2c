"""Every scenario on a board of any rig: `pytest tests/hil/test_scenarios_on_rig.py --rig FILE`."""

import pytest

from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.verdicts import Verdict

EVERY = [
    pytest.param(
        scenario.name,
        kind,
        marks=pytest.mark.needs(role=kind, caps={"power-cut"} if scenario.cuts_power else set()),
    )
    for scenario in SCENARIOS.values()
    for kind in scenario.expectations
]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_the_board_does_what_is_expected(bench: Bench, name: str, kind: str) -> None:
    play = SCENARIOS[name].play(bench, Conditions(kind))
    assert [
        (step.name, str(step.seen), step.note)
        for step in play.steps
        if step.verdict is not Verdict.CONFORMANT
    ] == []
