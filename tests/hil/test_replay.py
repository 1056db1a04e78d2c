"""A record is replayed on a device, whatever it was kept as; differences are shown."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gbcs_hil.cli import main
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.scenarios import stage
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.handover import HANDOVER
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki
from hidden_device import hidden_device, quick_curve

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.issue(Authority.create(seed=b"replay"), EVERYBODY)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with quick_curve():
        yield


def played(folder: Path, pki: Pki, scenario: Scenario, device_type: str, *names: str) -> Path:
    run = folder / "run"
    with RunFolder(run, "a test") as evidence, hidden_device(pki, folder, evidence) as (bench, _):
        scenario.play(bench, Conditions(device_type, defects=names))
    return run


@pytest.fixture(scope="module")
def conformant(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of a handover to a good GPF, without a loss of power."""
    return played(tmp_path_factory.mktemp("good"), pki, HANDOVER, "gpf")


@pytest.fixture(scope="module")
def replaying(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of SC-1 on an ESME that takes a counter twice."""
    return played(tmp_path_factory.mktemp("bad"), pki, SCENARIOS["SC-1"], "esme", "D1")


def replay(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["replay", *map(str, arguments)])
    return done.exit_code, done.output


def test_a_good_device_does_what_a_good_device_did(conformant: Path) -> None:
    status, text = replay(conformant)
    assert status == 0, text
    assert "does what the record says" in text


def test_messages_and_counters_stand_side_by_side(conformant: Path) -> None:
    _, text = replay(conformant)
    assert "response: 2 success, networkOperator floor 0" in text
    assert "networkOperator 1,700,000,000,123" in text


def test_the_first_difference_is_named(replaying: Path) -> None:
    status, text = replay(replaying)
    assert status == 1
    assert "First difference at SC-1 replay: the record has an answer" in text


def test_the_same_defect_leaves_no_difference(replaying: Path) -> None:
    assert replay(replaying, "--defect", "D1")[0] == 0


def test_a_power_cut_during_a_command_may_have_come_at_any_moment(
    pki: Pki, tmp_path: Path
) -> None:
    run = played(tmp_path, pki, SCENARIOS["SC-10"], "gpf", "D12")
    assert replay(run, "--defect", "D12")[0] == 0
    status, text = replay(run)
    assert status == 1, text
    assert "SC-10 6.15.1 cut short" in text.partition("First difference")[2]


def test_micropython_cuts_between_the_cells_where_the_simulated_device_does(
    pki: Pki, tmp_path: Path, micropython: object
) -> None:
    scenario, conditions = SCENARIOS["SC-10"], Conditions("gpf", defects=("D12",))
    run = tmp_path / "run"
    with (
        RunFolder(run, "a test") as evidence,
        stage.emulated("unix:", pki, tmp_path, run, evidence) as bench,
    ):
        assert scenario.play(bench, conditions).verdict.failed
    status, text = replay(run, "--defect", "D12")
    assert status == 0, text


def test_a_folder_of_hexadecimal_needs_a_start(conformant: Path) -> None:
    status, text = replay(conformant / "messages")
    assert (status, "--start" in text) == (2, True)


@pytest.mark.parametrize("kept", ["messages", "capture.pcapng"])
def test_messages_alone_are_replayed(kept: str, conformant: Path, replaying: Path) -> None:
    assert replay(conformant / kept, "--start", conformant)[0] == 0
    status, text = replay(replaying / kept, "--start", replaying / "frames.jsonl")
    assert status == 1, text


@pytest.mark.parametrize(("order", "magic"), [("<", 0xA1B2C3D4), (">", 0xA1B23C4D)])
def test_a_pcap_may_carry_messages_in_anything(
    order: str, magic: int, replaying: Path, tmp_path: Path
) -> None:
    """Wrapped here as UDP over IPv4 would: octets in front that are no message."""
    written = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, 228)]
    for number, path in enumerate(sorted((replaying / "messages").iterdir())):
        packet = b"\x45" + bytes(27) + bytes.fromhex(path.read_text())
        head = struct.pack(f"{order}IIII", 1_900_000_000 + number, 0, len(packet), len(packet))
        written.append(head + packet)
    capture = tmp_path / "some.pcap"
    capture.write_bytes(b"".join(written))
    status, text = replay(capture, "--start", replaying)
    assert status == 1
    assert "First difference at packet 5" in text


def test_a_capture_that_is_cut_short_is_refused(conformant: Path, tmp_path: Path) -> None:
    capture = tmp_path / "short.pcapng"
    capture.write_bytes((conformant / "capture.pcapng").read_bytes()[:-9])
    status, text = replay(capture, "--start", conformant)
    assert (status, "no capture that can be read to its end" in text) == (2, True)


@pytest.mark.parametrize("content", [b"", b"no capture", b"\n\r\r\n"])
def test_what_is_no_log_is_refused(content: bytes, conformant: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(content)
    status, text = replay(log, "--start", conformant)
    assert status == 2, text
    assert "Traceback" not in text


def test_a_log_goes_on_where_the_one_before_ends(replaying: Path, tmp_path: Path) -> None:
    lines = (replaying / "frames.jsonl").read_text().splitlines(keepends=True)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text("".join(lines[:9]))
    second.write_text("".join(lines[9:]))
    assert replay(first, second, "--defect", "D1")[0] == 0
