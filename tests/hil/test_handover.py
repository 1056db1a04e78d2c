"""SC-2 and SC-3 on emulated boards, and proofs that the scenarios notice what goes wrong."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.gbcs.message import parse
from gbcs_hil.scenarios import demonstration, handover
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.script import Step
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import Pki

Play = Callable[[Bench, Callable[[Step], None]], list[Step]]


@pytest.fixture(params=["cpython:", "unix:"])
def target(request: pytest.FixtureRequest) -> str:
    if request.param == "unix:":
        request.getfixturevalue("micropython")
    return str(request.param)


@contextmanager
def bench_on(target: str, folder: Path, evidence: RunFolder | None = None) -> Iterator[Bench]:
    with ExitStack() as stack:
        device = stack.enter_context(targets.start(target, folder / "flash"))
        line = link.Link(ports.open_port(device.port))
        stack.callback(line.close)
        pki = Pki.issue(Authority.create(seed=b"handover"))
        bench = Bench(Board("gpf", line), pki, folder, evidence)
        stack.callback(bench.close)
        yield bench


def ignore(step: Step) -> None:
    """Take a step and do nothing with it."""


def unexpected(steps: list[Step]) -> list[str]:
    return [step.name for step in steps if not step.held]


@pytest.mark.parametrize("play", [handover.sc_2, handover.sc_3])
def test_every_step_of_the_handover_comes_out_as_expected(
    play: Play, target: str, tmp_path: Path
) -> None:
    told: list[Step] = []
    with bench_on(target, tmp_path) as bench:
        steps = play(bench, told.append)
    assert unexpected(steps) == []
    assert told == steps
    assert len(steps) in (len(handover.SC_2), len(handover.SC_3))


def test_both_scenarios_run_on_one_board_one_after_the_other(tmp_path: Path) -> None:
    with bench_on("cpython:", tmp_path) as bench:
        handover.sc_2(bench, ignore)
        assert bench.board.state().epoch == 0
        assert unexpected(handover.sc_3(bench, ignore)) == []
        assert bench.board.state().epoch == 1


def test_a_dsp_without_mp128a_is_noticed_in_sc_3(tmp_path: Path) -> None:
    with bench_on("cpython:", tmp_path) as bench:
        steps = handover.sc_3(bench, ignore, policy=Policy(mp128a=False))
    assert unexpected(steps) == ["handover", "renew", "after"]
    assert next(step.note for step in steps if step.name == "handover").startswith("replay: ")


def test_a_dsp_with_mp128a_is_noticed_in_sc_2(tmp_path: Path) -> None:
    with bench_on("cpython:", tmp_path) as bench:
        steps = handover.sc_2(bench, ignore, policy=Policy(mp128a=True))
    assert unexpected(steps) == ["handover", "after"]


def test_a_device_that_keeps_its_counter_locks_the_incoming_operator_out(tmp_path: Path) -> None:
    with bench_on("cpython:", tmp_path) as bench:
        steps = handover.sc_3(bench, ignore, profile="P-KEEP")
    assert unexpected(steps) == ["renew", "after"]


def test_a_device_that_forgets_its_counter_is_noticed_in_sc_2(tmp_path: Path) -> None:
    with bench_on("cpython:", tmp_path) as bench:
        steps = handover.sc_2(bench, ignore, profile="P-ZERO")
    assert unexpected(steps) == ["handover", "after"]


def test_the_demonstration_leaves_its_evidence(
    tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "evidence"
    assert demonstration.run(target, folder, "a seed")
    shown = capsys.readouterr().out
    assert "1,700,000,000,124" in shown
    assert "10 steps" in shown
    assert "every expectation held" in shown
    told = json.loads((folder / "run.json").read_text())
    assert told["verdict"] == "held"
    assert told["seed"] == "a seed"
    assert len(told["steps"]) == 10
    assert told["hello"]["interpreter"].startswith(
        "MicroPython" if target == "unix:" else "CPython"
    )
    messages = [json.loads(line) for line in (folder / "messages.jsonl").read_text().splitlines()]
    kinds = [message["kind"] for message in messages]
    # Ten commands; the two that are discarded have no response.
    assert (kinds.count("command"), kinds.count("response")) == (10, 8)
    for message in messages:
        parse(bytes.fromhex(message["octets"]))


def test_wireshark_finds_nothing_malformed_in_a_run(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed (apt-get install tshark)")
    folder = tmp_path / "evidence"
    with RunFolder(folder, "test") as evidence, bench_on("cpython:", tmp_path, evidence) as bench:
        handover.sc_2(bench, ignore)
        handover.sc_3(bench, ignore)

    def dissect(*arguments: str) -> list[str]:
        command = [tshark, "-r", str(folder / "capture.pcapng"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
        return done.stdout.splitlines()

    lines = dissect()
    assert len(lines) == 18
    assert sum("CS02b Update Security Credentials" in line for line in lines) == 10
    assert sum("CS02a Provide Security Credentials Details" in line for line in lines) == 8
    assert dissect("-Y", "_ws.malformed || _ws.expert.severity >= 6291456") == []
