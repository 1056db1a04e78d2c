"""The device against the model: random sequences, and proof that a defect would be seen."""

from collections.abc import Callable
from functools import cache

import pytest

from gbcs_device import p256
from model.in_memory import InMemory
from model.machine import Machine, Subject
from model.mutants import MUTANTS
from model.runs import run, run_for, wanted_seconds

EXAMPLES, STEPS = 60, 40
SECONDS = wanted_seconds()

_verify = cache(p256.verify)


@pytest.fixture(autouse=True)
def _a_certificate_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save half of the time: the same few certificates are in all the commands."""
    monkeypatch.setattr(p256, "verify", lambda *octets: _verify(*map(bytes, octets)))


class OnCPython(Machine):
    """The device in this process."""

    def virgin(self) -> Subject:
        return InMemory()


@pytest.mark.timeout(600)  # It needs a few seconds, but a sequence that fails is made shorter.
def test_the_device_does_what_the_model_says() -> None:
    run(OnCPython, EXAMPLES, STEPS)


@pytest.mark.skipif(not SECONDS, reason="set GBCS_HIL_MODEL_SECONDS for a long run")
@pytest.mark.timeout(0)
def test_the_device_goes_on_doing_what_the_model_says() -> None:
    run_for(OnCPython, SECONDS)


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_defect_is_noticed(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(AssertionError):
        run(OnCPython, EXAMPLES, STEPS, shrink=False)
