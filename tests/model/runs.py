"""Run the machine: the same few sequences in every test run, or new ones for a given time."""

import os
import sys
from time import monotonic

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine

DEVICE_TYPES = ("gpf", "gsme", "esme")
_EXAMPLES_OF_A_ROUND, _STEPS_OF_A_ROUND = 6, 50


def wanted_seconds() -> float:
    """Return how long GBCS_HIL_MODEL_SECONDS asks to go on; 0 if it is not set."""
    return float(os.environ.get("GBCS_HIL_MODEL_SECONDS") or 0)


def run(
    machine: type[Machine], device_type: str, examples: int, steps: int, *, shrink: bool = True
) -> None:
    """Run the same sequences every time; shorten one that fails if told so."""
    run_state_machine_as_test(
        _of_type(machine, device_type), settings=_settings(examples, steps, shrink=shrink)
    )


def run_for(machine: type[Machine], seconds: float, *, shrink: bool = True) -> int:
    """Run new sequences until the time is up; return how many steps of them.

    GBCS_HIL_MODEL_SEED is the seed of the first round, 0 by default; each round says its own.
    """
    end = monotonic() + seconds
    number = int(os.environ.get("GBCS_HIL_MODEL_SEED") or 0)
    chance = settings(
        _settings(_EXAMPLES_OF_A_ROUND, _STEPS_OF_A_ROUND, shrink=shrink), derandomize=False
    )
    taken = 0
    while monotonic() < end:
        device_type = DEVICE_TYPES[number % len(DEVICE_TYPES)]
        seeded = seed(number)(_of_type(machine, device_type))
        run_state_machine_as_test(seeded, settings=chance)
        taken += seeded.taken
        left = max(end - monotonic(), 0)
        sys.stderr.write(
            f"model: seed {number}, {device_type}: {taken} steps, {left:.0f} s to go\n"
        )
        number += 1
    return taken


def _of_type(machine: type[Machine], device_type: str) -> type[Machine]:
    return type(machine.__name__, (machine,), {"device_type": device_type})


def _settings(examples: int, steps: int, *, shrink: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        # The steps that a failure notes are easier to read.
        verbosity=Verbosity.quiet,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
    )
