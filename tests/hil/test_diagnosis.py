"""A record with a defect whose name is hidden is diagnosed to that defect.

The records are made by scenarios that the diagnosis did not choose, on a device of which only
its bench port can be reached; what the diagnosis then proposes is done to that same device.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from gbcs_hil.bench import defects
from gbcs_hil.cli import main
from gbcs_hil.diagnosis import candidates as known
from gbcs_hil.diagnosis.candidates import Candidate, candidates
from gbcs_hil.diagnosis.investigation import MOST_EXPERIMENTS, Investigation
from gbcs_hil.diagnosis.record import lines_of, of_frames
from gbcs_hil.diagnosis.signed_commands import SignedCommands
from gbcs_hil.diagnosis.simulator import Question, Simulator, World
from gbcs_hil.diagnosis.undertaking import undertake
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki
from hidden_device import HiddenDevice, hidden_device, quick_curve, standing_clock

DEFECTS = tuple(defects.catalogue())
EVERY = candidates(DEFECTS, pairs=False)
SEED = "diagnosis"

# What no experiment on a device of this type separates, as docs/diagnosis.md says and why.
EQUIVALENTS = {
    "esme": ({"P-KEEP", "D4"},),
    "gpf": ({"P-KEEP", "D4"}, {"P-FLOOR", "D11"}),
    "gsme": ({"P-FLOOR", "P-KEEP", "D4", "D13", "D20"},),
}


class Remembering(Simulator):
    """Hidden devices have long stretches of their history in common."""

    def __init__(self) -> None:
        super().__init__(2)
        self._remembered: dict[bytes, tuple[World, ...]] = {}

    def ask(self, question: Question) -> tuple[World, ...]:
        key = question.line
        if key not in self._remembered:
            self._remembered[key] = super().ask(question)
        return self._remembered[key]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Remembering() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.issue(Authority.create(seed=SEED.encode()), EVERYBODY)


@pytest.fixture(scope="module", autouse=True)
def alike() -> Iterator[None]:
    with quick_curve(), standing_clock():
        yield


@pytest.fixture
def play(tmp_path: Path, pki: Pki) -> Iterator[Callable[..., tuple[Bench, HiddenDevice, Path]]]:
    """Return what plays a scenario to a device and returns the record, without its name."""
    with RunFolder(tmp_path / "run", "a test") as run, hidden_device(pki, tmp_path, run) as held:

        def played(
            scenario: str, device_type: str, *names: str, profile: str = "P-FLOOR"
        ) -> tuple[Bench, HiddenDevice, Path]:
            conditions = Conditions(device_type, profile, defects=names)
            SCENARIOS[scenario].play(held[0], conditions)
            record = tmp_path / "record.jsonl"
            record.write_bytes((tmp_path / "run" / "frames.jsonl").read_bytes())
            return *held, record

        yield played


def diagnosed(
    bench: Bench,
    device: HiddenDevice,
    record: Path,
    pki: Pki,
    simulator: Simulator,
    chance: Random,
) -> tuple[set[str], int]:
    """Follow the best proposals; return what is left, and after how many experiments."""
    known = Investigation.of(of_frames(lines_of(record)), EVERY, simulator)
    for count in range(MOST_EXPERIMENTS + 1):
        best = known.proposals(SignedCommands(known.record, pki), simulator)
        if len(known.remaining) < 2 or not best or count == MOST_EXPERIMENTS:
            break
        acts = best[0].experiment.acts
        known = known.after(undertake(acts, bench.board, device, chance.randrange), simulator)
    return {str(each.candidate) for each in known.remaining}, count


def class_of(name: str, device_type: str) -> set[str]:
    return next((each for each in EQUIVALENTS[device_type] if name in each), {name})


@pytest.mark.parametrize("name", DEFECTS)
def test_every_defect_is_found_within_six_experiments(
    name: str,
    play: Callable[..., tuple[Bench, HiddenDevice, Path]],
    pki: Pki,
    simulator: Simulator,
) -> None:
    """SC-1 itself reveals few of them; the experiments have to find the others."""
    left, count = diagnosed(*play("SC-1", "esme", name), pki, simulator, Random(name))
    assert left == class_of(name, "esme")
    assert count <= MOST_EXPERIMENTS
