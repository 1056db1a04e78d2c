"""The investigator's scripts on emulated boards: conformant devices pass, others are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from board_rig import PICO
from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.scenarios import stage
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.catalogue import SCENARIOS
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.step import Step
from gbcs_hil.scenarios.verdicts import Verdict
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import EVERYBODY, Pki

PKI = Pki.issue(Authority.create(seed=b"scenarios"), EVERYBODY)
EVERY = [
    (scenario.name, kind) for scenario in SCENARIOS.values() for kind in scenario.expectations
]


@contextmanager
def bench_on(target: str, folder: Path) -> Iterator[Bench]:
    with stage.emulated(target, PKI, folder) as bench:
        yield bench


def played(name: str, conditions: Conditions, folder: Path, target: str = "cpython:") -> Play:
    with bench_on(target, folder) as bench:
        return SCENARIOS[name].play(bench, conditions)


def unexpected(play: Play) -> list[str]:
    return [step.name for step in play.steps if step.counts is not Verdict.CONFORMANT]


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_a_conformant_device_does_what_is_expected(name: str, kind: str, tmp_path: Path) -> None:
    play = played(name, Conditions(kind), tmp_path)
    assert unexpected(play) == []
    assert {step.name for step in play.steps} == set(SCENARIOS[name].expectations[kind])


@pytest.mark.timeout(180)
@pytest.mark.parametrize("target", ["unix:", *PICO])
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.usefixtures("micropython")
def test_micropython_does_the_same(name: str, target: str, tmp_path: Path) -> None:
    kind = list(SCENARIOS[name].expectations)[-1]
    assert unexpected(played(name, Conditions(kind), tmp_path, target)) == []


def test_scenarios_run_on_one_board_one_after_the_other(tmp_path: Path) -> None:
    told: list[Step] = []
    with bench_on("cpython:", tmp_path) as bench:
        first = SCENARIOS["SC-2"].play(bench, Conditions("gpf"), told.append)
        assert bench.board.state().epoch == 0
        second = SCENARIOS["SC-12"].play(bench, Conditions("gpf"), told.append)
        assert bench.board.state().epoch == 1
    assert told == first.steps + second.steps
    assert second.verdict is Verdict.CONFORMANT


@pytest.mark.parametrize("profile", ["P-KEEP", "P-ZERO"])
@pytest.mark.parametrize("name", ["SC-2", "SC-3", "SC-4", "SC-6"])
def test_what_is_common_is_tolerated(name: str, profile: str, tmp_path: Path) -> None:
    assert not played(name, Conditions("gpf", profile), tmp_path).verdict.failed


@pytest.mark.parametrize(
    ("name", "kind", "setting"),
    [
        ("SC-1", "esme", "replay-alert"),
        ("SC-10", "gsme", "replay-alert"),
        ("SC-16", "gsme", "replay-alert"),
        ("SC-7", "esme", "rejection-alert"),
    ],
)
def test_an_alert_is_no_answer(name: str, kind: str, setting: str, tmp_path: Path) -> None:
    play = played(name, Conditions(kind, settings={setting: "supplier"}), tmp_path)
    assert unexpected(play) == []


def test_an_alert_of_something_else_is_not_taken_for_a_dated_commands(tmp_path: Path) -> None:
    settings = {"credentials-updated-alert": "supplier"}
    play = played("SC-13", Conditions("gsme", settings=settings), tmp_path)
    assert [str(step.seen) for step in play.steps if not step.held] == ["alerts 8F66 1000"]


def test_a_device_that_keeps_its_counter_locks_the_incoming_operator_out(tmp_path: Path) -> None:
    play = played("SC-3", Conditions("gpf", "P-KEEP"), tmp_path)
    assert unexpected(play) == ["renew", "after"]
    assert play.verdict is Verdict.TOLERATED
    note = next(step.note for step in play.steps if step.name == "renew")
    assert "why the device is silent: replay: " in note


@pytest.mark.parametrize(
    ("name", "kind", "steps"),
    [
        ("SC-5", "esme", ["small number without a floor"]),
        ("SC-13", "gpf", ["handover after the date"]),
        ("SC-16", "gsme", ["locked out"]),
    ],
)
def test_what_the_users_brought_about_is_told_and_fails_nothing(
    name: str, kind: str, steps: list[str], tmp_path: Path
) -> None:
    play = played(name, Conditions(kind), tmp_path)
    practice = {s.name: s.practice for s in play.steps if s.verdict is Verdict.USER_PRACTICE}
    assert list(practice) == steps
    assert all(practice.values())
    assert play.verdict is Verdict.CONFORMANT


@pytest.mark.parametrize(
    ("fault", "name", "steps"),
    [
        ("H1", "SC-3", ["handover", "response", "alert", "renew", "after"]),
        ("H3", "SC-3", ["handover", "response", "alert", "renew", "after"]),
        ("H4", "SC-3", ["handover", "response", "alert", "renew", "after"]),
        ("H2", "SC-3", ["handover too early"]),
        ("H2", "SC-13", ["recorded before the date"]),
    ],
)
def test_a_fault_of_the_dcc_is_the_dccs(
    fault: str, name: str, steps: list[str], tmp_path: Path
) -> None:
    policy = Policy(faults=frozenset({Fault(fault)}))
    play = played(name, Conditions("gpf", policy=policy), tmp_path)
    assert unexpected(play)[: len(steps)] == steps
    first = next(step for step in play.steps if not step.held)
    assert first.verdict is Verdict.DCC_DEFECT


@pytest.mark.parametrize(
    ("defect", "name", "steps"),
    [
        ("D1", "SC-1", ["replay", "replay after power", "replay of the last"]),
        ("D3", "SC-1", ["replay of the last"]),
        ("D8", "SC-12", ["honest", "read"]),
        ("D13", "SC-2", ["leave", "after"]),
        ("D14", "SC-7", ["right operator takes without a floor"]),
        ("D16", "SC-13", ["read", "replay of the one between"]),
    ],
)
def test_a_defect_of_the_device_is_the_devices(
    defect: str, name: str, steps: list[str], tmp_path: Path
) -> None:
    play = played(name, Conditions("gpf", defects=(defect,)), tmp_path)
    assert unexpected(play)[: len(steps)] == steps
    assert play.verdict is Verdict.DEVICE_DEFECT
