"""The device on MicroPython against the model, over the link."""

from typing import Any

import pytest

from board_rig import PICO
from model.machine import Machine
from model.on_board import OnBoard
from model.runs import DEVICE_TYPES, run, run_for, wanted_seconds
from model.subject import Subject

SECONDS = wanted_seconds()


class OnUnix(Machine):
    """The device on the unix port."""

    def virgin(self) -> Subject:
        return OnBoard("unix")


class OnPico(Machine):
    """The device on an emulated Pico."""

    def virgin(self) -> Subject:
        return OnBoard("rp2040:")


BOARDS: dict[str, Any] = {"unix:": OnUnix, "rp2040:": OnPico}


@pytest.mark.parametrize("kind", ["unix:", *PICO])
@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_a_short_sequence(micropython: object, device_type: str, kind: str) -> None:
    run(BOARDS[kind], device_type, examples=1, steps=15)


@pytest.mark.skipif(not SECONDS, reason="set GBCS_HIL_MODEL_SECONDS for a long run")
@pytest.mark.timeout(0)
def test_many_sequences(micropython: object) -> None:
    # Over a link, to make a failing sequence shorter takes longer than to read it.
    run_for(OnUnix, SECONDS, shrink=False)
