"""Run the machine: the same few sequences in every test run, or new ones for a given time."""

import os
import sys
from time import monotonic

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine

_EXAMPLES_OF_A_ROUND = 10
_STEPS_OF_A_ROUND = 50


def wanted_seconds() -> float:
    """Return how long GBCS_HIL_MODEL_SECONDS asks to go on; 0 if it is not set."""
    return float(os.environ.get("GBCS_HIL_MODEL_SECONDS") or 0)


def run(machine: type[Machine], examples: int, steps: int, *, shrink: bool = True) -> None:
    """Run the same sequences every time; shorten one that fails if told so."""
    run_state_machine_as_test(machine, settings=_settings(examples, steps, shrink=shrink))


def run_for(machine: type[Machine], seconds: float) -> int:
    """Run new sequences until the time is up; return how many rounds of them.

    GBCS_HIL_MODEL_SEED is the seed of the first round, 0 by default; a failure says its own.
    """
    end = monotonic() + seconds
    first = number = int(os.environ.get("GBCS_HIL_MODEL_SEED") or 0)
    chance = settings(
        _settings(_EXAMPLES_OF_A_ROUND, _STEPS_OF_A_ROUND, shrink=True), derandomize=False
    )
    while monotonic() < end:
        sys.stderr.write(f"model: seed {number}, {max(end - monotonic(), 0):.0f} s to go\n")
        seeded = seed(number)(type(machine.__name__, (machine,), {}))
        run_state_machine_as_test(seeded, settings=chance)
        number += 1
    return number - first


def _settings(examples: int, steps: int, *, shrink: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        report_multiple_bugs=False,
    )
