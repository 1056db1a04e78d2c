"""Scenarios that touch no board, for tests of the DCC alone."""

from pathlib import Path
from typing import Any

from gbcs_hil.bench.board import Board
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.errors import BoardLost
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki

PKI = Pki.issue(Authority.create(seed=b"played"), EVERYBODY)


class _NoLine:
    """The line to a board that is not there."""

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        raise BoardLost(f"the scenario asks a board for {op}, and there is none")


def without_a_board(
    scenario: Scenario, folder: Path, device_type: str, policy: Policy | None = None
) -> Play:
    """Play a scenario that is about the DCC alone."""
    bench = Bench(Board("none", _NoLine()), PKI, folder)
    try:
        return scenario.play(bench, Conditions(device_type, policy=policy or Policy()))
    finally:
        bench.close()


def surprises(play: Play) -> dict[str, str]:
    """Return what did not come out as expected, by step."""
    return {step.name: str(step.seen) for step in play.steps if not step.held}
