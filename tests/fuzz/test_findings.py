"""A fuzz that finds nothing has to be able to find: devices with a fault, on purpose."""

from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from fuzz import fuzzing
from fuzz.fuzzing import Found, Run, replay
from fuzz.subjects import InProcess
from gbcs_device.device import Device
from gbcs_device.update_command import UpdateCommand

# The watchdog of a message takes the alarm of pytest's own.
pytestmark = pytest.mark.timeout(0)

ENOUGH = 30
"""Seconds; the first round finds all of these."""

Fault = Callable[[pytest.MonkeyPatch], None]


def crashes(patch: pytest.MonkeyPatch) -> None:
    def authorise(self: Any) -> None:
        raise IndexError("past the end")

    patch.setattr(UpdateCommand, "authorise", authorise)


def changes(patch: pytest.MonkeyPatch) -> None:
    sound = Device.rejected

    def rejected(self: Any, reason: Any) -> Any:
        self._store.state.prepayment_floor += 1
        return sound(self, reason)

    patch.setattr(Device, "rejected", rejected)


def answers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Device, "rejected", lambda self, reason: [b"no"])


def hangs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fuzzing, "HANGS", 0.1)
    patch.setattr(UpdateCommand, "authorise", lambda self: sleep(ENOUGH))


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (crashes, "IndexError: past the end"),
        (changes, "a change by what is"),
        (answers, "an answer to what is"),
        (hangs, "Hangs: no end after"),
    ],
)
def test_what_breaks_a_device_is_found_kept_and_played_again(
    fault: Fault, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fault(patch)
        with pytest.raises(Found, match=says):
            Run(InProcess(), ("gpf",), 1, tmp_path).until(ENOUGH)
        (kept,) = tmp_path.iterdir()
        with pytest.raises((AssertionError, IndexError, fuzzing.Hangs)):
            replay(InProcess(), kept)
    replay(InProcess(), kept)
