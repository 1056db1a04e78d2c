"""`demo` and `run` print what they saw and leave the evidence."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from board_rig import PICO
from gbcs_hil.cli import main
from gbcs_hil.evidence import frames, manifest
from gbcs_hil.gbcs.message import parse


@pytest.fixture(params=["cpython:", "unix:", *PICO])
def target(request: pytest.FixtureRequest) -> str:
    if request.param == "unix:":
        request.getfixturevalue("micropython")
    return str(request.param)


def sent(folder: Path) -> list[frames.MessageSent]:
    record = frames.read(folder / "frames.jsonl")
    return [frame for frame in record if isinstance(frame, frames.MessageSent)]


def test_the_demonstration_leaves_its_evidence(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "evidence"
    arguments = ["demo", "--target", target, "--evidence", str(folder), "--seed", "a seed"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "1,700,000,000,124" in result.output
    assert "12 steps on a GPF" in result.output
    assert "every expectation held" in result.output
    told = json.loads((folder / "run.json").read_text())
    assert (told["verdict"], told["seed"], len(told["steps"])) == ("conformant", "a seed", 12)
    interpreter = "CPython" if target == "cpython:" else "MicroPython"
    assert told["hello"]["interpreter"].startswith(interpreter)
    kinds = [frame.kind for frame in sent(folder)]
    # Ten commands; the two that are discarded have no response.
    assert (kinds.count("command"), kinds.count("response")) == (10, 8)
    for frame in sent(folder):
        parse(frame.message)
    assert manifest.verify(folder) == []


@pytest.mark.parametrize(
    ("arguments", "status", "verdict"),
    [
        (["7", "--type", "gpf"], 0, "conformant"),
        (["sc-3", "--type", "gpf", "--profile", "P-KEEP"], 0, "tolerated-common"),
        (["SC-3", "--type", "gpf", "--set", "floor=keep-network-operator"], 0, "tolerated-common"),
        (["SC-3", "--type", "gpf", "--set", "gpf-prepayment-cell=absent"], 0, "conformant"),
        (["SC-7", "--type", "gpf", "--defect", "D14"], 1, "device-defect"),
    ],
)
def test_a_scenario_is_run_and_judged(
    arguments: list[str], status: int, verdict: str, tmp_path: Path
) -> None:
    folder = str(tmp_path / "evidence")
    common = ["--target", "cpython:", "--evidence", folder, "--seed", "x"]
    result = CliRunner().invoke(main, ["run", *arguments, *common])
    assert result.exit_code == status, result.output
    told = json.loads((tmp_path / "evidence" / "run.json").read_text())
    assert told["verdict"] == verdict
    assert (verdict in result.output) == (verdict != "conformant")


def test_a_policy_is_read_from_a_file(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[policy]\nfaults = ["H1"]\n')
    folder = tmp_path / "evidence"
    arguments = ["run", "SC-3", "--type", "gpf", "--policy", str(policy), "--target", "cpython:"]
    result = CliRunner().invoke(main, [*arguments, "--evidence", str(folder)])
    assert result.exit_code == 1
    assert "dcc-defect" in result.output
    policies = json.loads((folder / "run.json").read_text())["policies"]
    assert policies["dcc-sc-3-1"]["faults"] == ["H1"]


def test_what_a_setting_brings_about_is_told_to_be_no_defect(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    arguments = ["run", "SC-6", "--type", "gsme", "--set", "floor-meaning=first-allowed"]
    result = CliRunner().invoke(
        main, [*arguments, "--target", "cpython:", "--evidence", str(folder)]
    )
    assert result.exit_code == 1
    assert "for floor-meaning=first-allowed alone shows no defect" in result.output
    assert "shows what it was set to" in (folder / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["SC-99", "--type", "gpf"], "no scenario SC-99; there are SC-1, "),
        (["SC-2", "--type", "gsme"], "SC-2: not for a device of type gsme"),
        (["SC-2", "--type", "gpf", "--defect", "D99"], "no defect D99"),
        (["SC-2", "--type", "gpf", "--set", "floor"], "--set floor: "),
        (["SC-2", "--type", "gpf", "--set", "floor=up"], "floor"),
        (["SC-2", "--type", "gpf", "--profile", "P-NONE"], "P-NONE"),
        (["SC-2", "--type", "gpf", "--policy", "none.toml"], "none.toml"),
        (["SC-2", "--type", "gpf", "--rig", "a.toml"], "--target cpython: and --rig a.toml: "),
        (["SC-2", "--type", "gpf", "--board", "gpf-a"], "--board gpf-a: of which rig?"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], told: str, tmp_path: Path) -> None:
    common = ["--target", "cpython:", "--evidence", str(tmp_path / "evidence")]
    result = CliRunner().invoke(main, ["run", *arguments, *common])
    assert result.exit_code == 2
    (line,) = [line for line in result.output.splitlines() if line]
    assert told in line


def test_wireshark_finds_nothing_malformed_in_a_run(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed (apt-get install tshark)")
    folder = tmp_path / "evidence"
    arguments = ["demo", "--target", "cpython:", "--evidence", str(folder)]
    assert CliRunner().invoke(main, arguments).exit_code == 0

    def dissect(*arguments: str) -> list[str]:
        command = [tshark, "-r", str(folder / "capture.pcapng"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
        return done.stdout.splitlines()

    lines = dissect()
    assert len(lines) == 18
    assert sum("CS02b Update Security Credentials" in line for line in lines) == 10
    assert sum("CS02a Provide Security Credentials Details" in line for line in lines) == 8
    assert dissect("-Y", "_ws.malformed || _ws.expert.severity >= 6291456") == []


RIG = """
schema = 1
[boards.meter]
role = "esme"
port = "cpython:"
[boards.far]
role = "gsme"
port = "/dev/none"
"""


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["SC-16", "--type", "esme"], 0, "every expectation held"),
        (["SC-7", "--type", "gpf", "--board", "meter"], 0, "every expectation held"),
        (["SC-7", "--type", "gpf"], 2, "has no gpf, only meter (esme), far (gsme)"),
        (["SC-1", "--type", "gsme"], 2, "says nothing of what can cut the power of far"),
        (["SC-16", "--type", "gsme"], 2, "board far (/dev/none): there is no such port"),
    ],
)
def test_a_scenario_runs_on_a_board_of_a_rig(
    arguments: list[str], status: int, told: str, tmp_path: Path
) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG)
    common = ["--rig", str(rig), "--evidence", str(tmp_path / "evidence"), "--seed", "x"]
    result = CliRunner().invoke(main, ["run", *arguments, *common])
    assert result.exit_code == status, result.output
    assert told in result.output
