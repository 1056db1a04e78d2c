"""The device against the model: random sequences, and proof that a defect would be seen."""

import pytest

from model import quick_curve
from model.in_memory import InMemory
from model.machine import Machine
from model.runs import DEVICE_TYPES, run, run_for, wanted_seconds
from model.subject import Subject

EXAMPLES, STEPS = 12, 40
SECONDS = wanted_seconds()


@pytest.fixture(autouse=True)
def _quick_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_curve.install(monkeypatch)


class OnCPython(Machine):
    """The device in this process."""

    def virgin(self) -> Subject:
        return InMemory()


@pytest.mark.timeout(600)  # It needs a few seconds, but a sequence that fails is made shorter.
@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_the_device_does_what_the_model_says(device_type: str) -> None:
    run(OnCPython, device_type, EXAMPLES, STEPS)


@pytest.mark.skipif(not SECONDS, reason="set GBCS_HIL_MODEL_SECONDS for a long run")
@pytest.mark.timeout(0)
def test_the_device_goes_on_doing_what_the_model_says() -> None:
    run_for(OnCPython, SECONDS)


# The other defects need a power cut within a command, or show only in what is kept secret.
NOTICED = [f"D{number}" for number in range(1, 22) if number not in (3, 11, 12, 20)]


@pytest.mark.timeout(600)  # As above.
@pytest.mark.parametrize("defect", NOTICED)
def test_a_defect_is_noticed(defect: str) -> None:
    machine = type("Defective", (OnCPython,), {"defects": (defect,), "most_settings": 0})
    with pytest.raises(AssertionError, match="the steps, the last of which failed"):
        run(machine, "esme", examples=300, steps=40, shrink=False)
