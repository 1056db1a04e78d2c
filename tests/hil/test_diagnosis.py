"""A record with a defect whose name is hidden is diagnosed to that defect."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gbcs_hil.bench import defects
from gbcs_hil.cli import main
from gbcs_hil.diagnosis.candidates import Candidate, candidates
from gbcs_hil.diagnosis.commands import Commands
from gbcs_hil.diagnosis.experiments import proposals
from gbcs_hil.diagnosis.explanation import explain_record
from gbcs_hil.diagnosis.record import Event, lines_of, of_frames
from gbcs_hil.diagnosis.simulator import Question, Simulator
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.scenarios import stage
from gbcs_hil.scenarios.baseline_replay import SC_1
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki

SHOWN_BY_SC_1 = ("D1", "D7", "D9", "D18", "D19")
FORGETFUL = ("D2", "D3", "D17")
MOST_EXPERIMENTS = 6


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(2) as simulator:
        yield simulator


SEED = b"diagnosis"


def played(folder: Path, device_type: str, *names: str) -> Path:
    """Play SC-1 to a device with defects and keep its frames alone, which name none."""
    pki = Pki.issue(Authority.create(seed=SEED), EVERYBODY)
    with (
        RunFolder(folder / "run", "a test") as run,
        stage.emulated("cpython:", pki, folder, evidence=run) as bench,
    ):
        SC_1.play(bench, Conditions(device_type, defects=names))
    record = folder / "record.jsonl"
    record.write_bytes((folder / "run" / "frames.jsonl").read_bytes())
    return record


@pytest.mark.parametrize("name", SHOWN_BY_SC_1)
def test_a_defect_that_sc_1_shows_is_the_only_explanation(
    name: str, tmp_path: Path, simulator: Simulator
) -> None:
    (record,) = of_frames(lines_of(played(tmp_path, "esme", name)))
    found = explain_record(record, candidates(tuple(defects.catalogue()), pairs=False), simulator)
    assert [str(each.candidate) for each in found if each.holds] == [name]


@pytest.mark.parametrize("name", FORGETFUL)
def test_experiments_tell_what_a_power_cut_undoes(
    name: str, tmp_path: Path, simulator: Simulator
) -> None:
    """SC-1 leaves it open which of these a device has; the hidden one answers experiments."""
    (record,) = of_frames(lines_of(played(tmp_path, "esme", name)))
    pki = Pki.issue(Authority.create(seed=SEED), EVERYBODY)
    thought_of = candidates(tuple(defects.catalogue()), pairs=False)
    for _ in range(MOST_EXPERIMENTS + 1):
        found = explain_record(record, thought_of, simulator)
        remaining = [each for each in found if each.holds]
        thought_of = tuple(each.candidate for each in remaining)
        if len(remaining) == 1:
            break
        best = proposals(record, remaining, Commands(record, pki), simulator)[0]
        acts = best.experiment.acts
        hidden = Question(record.start, Candidate(defects=(name,)), (*record.acts, *acts))
        answers = simulator.ask(hidden)[0].answers[-len(acts) :]
        record = record.followed_by(
            Event(act, tuple(map(bytes.fromhex, sent)))
            for act, sent in zip(acts, answers, strict=True)
        )
    assert [str(each) for each in thought_of] == [name]


def test_the_command_says_what_explains_and_what_rules_out(tmp_path: Path) -> None:
    record = played(tmp_path, "gpf", "D1")
    done = CliRunner().invoke(main, ["diagnose", str(record), "--type", "gpf"])
    assert done.exit_code == 0, done.output
    text = " ".join(done.output.split())
    assert "Explain everything: D1 " in text
    assert "D19 SC-1 replay of the first: the record has silence" in text


def test_a_record_of_another_device_type_is_refused(tmp_path: Path) -> None:
    record = played(tmp_path, "gpf")
    done = CliRunner().invoke(main, ["diagnose", str(record), "--type", "esme"])
    assert (done.exit_code, "not of esme" in done.output) == (2, True)
