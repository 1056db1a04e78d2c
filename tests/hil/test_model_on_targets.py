"""The device on MicroPython's unix port against the model, over the link."""

import pytest

from model.machine import Machine, Subject
from model.on_target import OnTarget
from model.runs import run, run_for, wanted_seconds

SECONDS = wanted_seconds()


class OnUnix(Machine):
    """The device on the unix port."""

    def virgin(self) -> Subject:
        return OnTarget("unix")


def test_a_short_sequence(micropython: object) -> None:
    run(OnUnix, examples=2, steps=15)


@pytest.mark.skipif(not SECONDS, reason="set GBCS_HIL_MODEL_SECONDS for a long run")
@pytest.mark.timeout(0)
def test_many_sequences(micropython: object) -> None:
    run_for(OnUnix, SECONDS)
