"""The options of a run by hand."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

_CI, _ELSEWHERE = 60.0, 4.0


@dataclass(frozen=True)
class Options:
    """How long to fuzz each target, with which seed, and what to play again."""

    seconds: float
    seed: int
    replay: Path | None


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz")
    group.addoption("--seconds", type=float, help="how long to fuzz each target")
    group.addoption("--seed", type=int, help="what decides the mutants (default: 1)")
    group.addoption("--replay", type=Path, help="a finding to play again, in place of mutants")


@pytest.fixture(scope="session")
def options(request: pytest.FixtureRequest) -> Options:
    """The options; they exist only where this folder is named on the command line."""
    config = request.config
    seconds = config.getoption("--seconds", None)
    if seconds is None:
        usual = _CI if os.environ.get("CI") == "true" else _ELSEWHERE
        seconds = float(os.environ.get("GBCS_HIL_FUZZ_SECONDS") or usual)
    seed = config.getoption("--seed", None)
    return Options(seconds, 1 if seed is None else seed, config.getoption("--replay", None))
