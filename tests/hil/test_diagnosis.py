"""A record with a defect whose name is hidden is diagnosed to that defect.

The records are made by scenarios that the diagnosis did not choose, on a device of which only
its bench port can be reached; what the diagnosis then proposes is done to that same device.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest
from click.testing import CliRunner

from gbcs_device import profile
from gbcs_hil.bench import defects
from gbcs_hil.cli import main
from gbcs_hil.diagnosis.candidates import DEFAULT, PROFILES, candidates
from gbcs_hil.diagnosis.investigation import MOST_EXPERIMENTS, Investigation
from gbcs_hil.diagnosis.record import lines_of, of_frames
from gbcs_hil.diagnosis.signed_commands import SignedCommands
from gbcs_hil.diagnosis.simulator import Question, Simulator, World
from gbcs_hil.diagnosis.undertaking import undertake
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.gbcs.message import parse
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki
from hidden_device import HiddenDevice, hidden_device, quick_curve, standing_clock

# Hundreds of devices are simulated; a loaded machine takes its time.
pytestmark = pytest.mark.timeout(600)

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


# On these types a record of a good device is what several others would have given too.
HIDDEN = [
    ("gpf", "SC-7", "D11"),
    ("gsme", "SC-13", "D20"),
]


@pytest.mark.parametrize(("device_type", "scenario", "name"), HIDDEN)
def test_equivalents_are_one_diagnosis(
    device_type: str,
    scenario: str,
    name: str,
    play: Callable[..., tuple[Bench, HiddenDevice, Path]],
    pki: Pki,
    simulator: Simulator,
) -> None:
    left, _ = diagnosed(*play(scenario, device_type, name), pki, simulator, Random(name))
    # That no power cut has parted the cells so far never proves that none will.
    assert left - {"D12"} == class_of(name, device_type)


def test_counters_at_the_end_of_their_range_leave_nothing_to_renew(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]], simulator: Simulator, pki: Pki
) -> None:
    *_, record = play("SC-11", "gsme")
    known = Investigation.of(of_frames(lines_of(record)), EVERY, simulator)
    proposed = known.proposals(SignedCommands(known.record, pki), simulator)
    assert not [each for each in proposed if each.experiment.what.startswith("renew")]


def test_the_profiles_are_the_firmwares() -> None:
    assert set(PROFILES) == set(profile.PROFILES)
    assert profile.DEFAULT == DEFAULT


def diagnose(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["diagnose", *map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


def test_the_command_says_what_explains_and_what_rules_out(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]],
) -> None:
    *_, record = play("SC-1", "gpf", "D1")
    status, text = diagnose(record, "--type", "gpf")
    assert status == 0, text
    assert "Explain everything: D1 " in text
    assert "SC-1 replay: the record has an answer, this device would send silence" in text


def test_a_record_of_another_device_type_is_refused(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]],
) -> None:
    *_, record = play("SC-12", "gpf")
    status, text = diagnose(record, "--type", "esme")
    assert (status, "not of esme" in text) == (2, True)


def test_two_defects_at_once_are_found_as_a_pair(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]],
) -> None:
    *_, record = play("SC-1", "gpf", "D2", "D9")
    against = "P-FLOOR,D2,D9,D19,D2+D9,D9+D19"
    status, text = diagnose(record, "--against", against)
    assert status == 0, text
    assert "Explain everything: D2+D9 " in text
    assert diagnose(record, "--against", "D2,D9")[0] == 1


def test_an_unknown_candidate_is_refused(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]],
) -> None:
    *_, record = play("SC-12", "gpf")
    status, text = diagnose(record, "--against", "D99")
    assert (status, "no D99" in text) == (2, True)


def test_answers_of_another_laboratory_go_on_from_a_record(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]], tmp_path: Path
) -> None:
    bench, device, record = play("SC-1", "gpf", "D2")
    out = tmp_path / "experiment"
    narrow = (record, "--seed", SEED, "--against", "D2,D3,D17")
    status, text = diagnose(*narrow, "--out", out)
    assert status == 0, text
    form = out / "answers.txt"
    assert diagnose(*narrow, "--answer", out)[0] == 2, "nothing is filled in yet"
    lines = [line for line in form.read_text().splitlines() if not line.startswith("#")]
    filled = [_answer(bench, device, out, line) for line in lines]
    form.write_text("\n".join(filled) + "\n")
    status, text = diagnose(*narrow, "--answer", out)
    assert status == 0, text
    assert "Explain everything: D2 " in text
    assert "D17 experiment" in text


def _answer(bench: Bench, device: HiddenDevice, out: Path, line: str) -> str:
    """Do what an act of an experiment's folder says, and write the answer down."""
    number, _, given = line.partition(": ")
    if given == "silence":
        device.power_cycle()
        return line
    message = out / f"{int(number):02d}-command.hex"
    if not message.exists():
        return f"{number}: silence"
    outputs = bench.deliver(bytes.fromhex(message.read_text())).outputs
    return f"{number}: {' '.join(each.hex() for each in outputs) or 'silence'}"


def test_commands_for_others_to_sign_are_left_without_signature_and_mac(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]], tmp_path: Path
) -> None:
    *_, record = play("SC-1", "gpf", "D4")
    out = tmp_path / "experiment"
    told = diagnose(record, "--unsigned", "--against", "P-FLOOR,D4", "--out", out)
    assert told[0] == 0, told[1]
    messages = [parse(bytes.fromhex(path.read_text())) for path in sorted(out.glob("*.hex"))]
    assert messages
    assert {(message.signature, message.mac) for message in messages} == {(None, None)}
    assert (
        "for 02-47-42-48-49-4C-02-00 to sign, and the ACB to MAC"
        in (out / "experiment.txt").read_text()
    )


def test_a_record_without_z_is_explained_too(
    play: Callable[..., tuple[Bench, HiddenDevice, Path]], tmp_path: Path
) -> None:
    """Nobody knows a real device's shared secrets."""
    *_, record = play("SC-1", "esme", "D9")
    lines = [msgspec.json.decode(line) for line in record.read_bytes().splitlines()]
    lines[0]["shared_secrets"] = []
    bare = tmp_path / "bare.jsonl"
    bare.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    status, text = diagnose(bare)
    assert status == 0, text
    assert "Explain everything: D9 " in text
