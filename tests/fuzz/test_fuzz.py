"""No input crashes the device, hangs it, or changes anything unless it is accepted.

A few seconds here, a minute in CI; for longer, see CONTRIBUTING.
"""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from conftest import REPO
from fuzz.conftest import Options
from fuzz.fuzzing import Run, replay
from fuzz.subjects import InProcess, OnBoard, Subject
from valid_messages import BY_TYPE

# Each message has a deadline of its own.
pytestmark = pytest.mark.timeout(0)

FINDINGS = REPO / "findings"
LONG = 10
"""Seconds after which a person wants to see progress."""


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def out(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}")
            sys.stdout.flush()

    return out


@pytest.fixture
def fuzz(
    options: Options, say: Callable[[str], None]
) -> Callable[[Subject, tuple[str, ...], float], None]:
    def until(subject: Subject, types: tuple[str, ...], seconds: float) -> None:
        if options.replay:
            return replay(subject, options.replay)
        quiet = seconds < LONG
        run = Run(subject, types, options.seed, FINDINGS, (lambda _: None) if quiet else say)
        run.until(seconds)
        assert run.delivered > run.accepted

    return until


def test_no_input_does_harm_to_the_core(fuzz: Callable[..., None], options: Options) -> None:
    fuzz(InProcess(), tuple(BY_TYPE), options.seconds)


@pytest.mark.parametrize("device_type", BY_TYPE)
def test_no_input_does_harm_to_a_board(
    device_type: str,
    fuzz: Callable[..., None],
    options: Options,
    micropython: object,
    tmp_path: Path,
) -> None:
    """On a heap of which less is free than a message may make it grow."""
    with closing(OnBoard("unix", tmp_path)) as board:
        fuzz(board, (device_type,), options.seconds / len(BY_TYPE))
