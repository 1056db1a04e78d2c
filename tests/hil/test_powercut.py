"""`gbcs-hil powercut` on emulated boards: good stores keep every promise, bad ones break some.

What a sweep of every cut takes an hour for is sampled here with a seed; docs/counter-store.md
says how to run all of it.
"""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import late_board
from gbcs_hil.bench import targets
from gbcs_hil.bench.stores import STORES
from gbcs_hil.cli import main
from gbcs_hil.errors import HilError
from gbcs_hil.powercut.cases import Case, Place
from gbcs_hil.powercut.invariants import Invariant
from gbcs_hil.powercut.run import reference, run
from gbcs_hil.powercut.scenarios import SCENARIOS
from gbcs_hil.powercut.sweep import Extent, Sweep, sweep
from interrupted import interrupt, left_behind

NAMES = tuple(SCENARIOS)
FEW = Extent(singles=4, doubles=2, reads=2, seed="ci", jobs=2)


@pytest.fixture(autouse=True)
def _micropython(micropython: object) -> None:
    """Skip where there is no MicroPython."""


def swept(place: Place, extent: Extent) -> Sweep:
    return sweep(place, extent, lambda result, known: None)


def broken(sweep: Sweep) -> set[Invariant]:
    return {found.invariant for result in sweep.results for found in result.verdict.violations}


def powercut(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["powercut", *arguments])


@pytest.mark.parametrize("store", STORES)
def test_a_good_store_keeps_its_promises_at_every_cut_of_a_6_15_1(store: str) -> None:
    # NVS takes many small operations for one command.
    singles = 24 if store == "nvs" else None
    result = swept(
        Place("unix", store, "gpf", "6.15.1"), Extent(singles, 12, 4, seed="ci", jobs=2)
    )
    assert broken(result) == set()
    assert len(result.results) == (singles or 3 * result.operations) + 1 + 12 + 2 * 4
    assert {result.verdict.left for result in result.results} == {0, 1}


@pytest.mark.parametrize(("store", "age"), [("lfs", 14), ("raw2", 121), ("nvs", 62)])
def test_a_good_store_keeps_its_promises_where_it_erases_a_sector(store: str, age: int) -> None:
    place = Place("unix", store, "gpf", "6.21", age)
    result = swept(place, Extent(singles=30, doubles=12, reads=2, seed="ci", jobs=2))
    assert broken(result) == set()
    assert any("erase of sector" in result.where for result in result.results)
    assert {result.verdict.left for result in result.results} == {0, 1}


def test_a_device_is_swept_anew_and_when_it_is_about_to_erase_a_sector() -> None:
    arguments = ("--type", "gsme", "--sample", "1", "--double", "0", "--reads", "0")
    result = powercut("1.6", *arguments)
    assert result.exit_code == 0, result.output
    heads = [line.split()[0] for line in result.stdout.splitlines() if " operations; " in line]
    assert heads == ["unix/lfs/gsme/1.6", "unix/lfs/gsme/1.6@19"]


@pytest.mark.parametrize("scenario", NAMES)
@pytest.mark.parametrize("store", STORES)
def test_a_good_store_keeps_its_promises_at_some_cuts_of_every_command(
    store: str, scenario: str
) -> None:
    types = SCENARIOS[scenario].device_types
    device_type = types[(STORES.index(store) + NAMES.index(scenario)) % len(types)]
    result = swept(Place("unix", store, device_type, scenario), FEW)
    assert broken(result) == set()
    assert {result.verdict.left for result in result.results} != {0}


@pytest.mark.parametrize(
    ("store", "invariants"),
    [
        ("naive", {Invariant.STILL_SERVES}),
        (
            "ram",
            {Invariant.NEVER_BACKWARDS, Invariant.ALL_OR_NOTHING, Invariant.ACCEPTED_ONCE},
        ),
        ("stock-rp2-boot", {Invariant.NEVER_VIRGIN}),
    ],
)
def test_a_bad_store_is_caught_by_name(store: str, invariants: set[Invariant]) -> None:
    result = swept(Place("unix", store, "gpf", "6.15.1"), Extent(None, 0, 1, jobs=2))
    assert broken(result) == invariants
    assert result.store == f"{store} (deliberately bad)"


def test_a_device_that_answers_before_it_writes_is_caught_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = targets.cpython

    def late(*arguments: str) -> tuple[list[str], dict[str, str]]:
        command, variables = real(*arguments)
        at = command.index("-m")
        command[at : at + 2] = [late_board.__file__]
        return command, variables

    monkeypatch.setattr(targets, "cpython", late)
    result = swept(Place("cpython", "raw2", "gpf", "6.15.1"), Extent(4, 0, 0, jobs=2))
    assert broken(result) == {
        Invariant.NEVER_BACKWARDS,
        Invariant.ALL_OR_NOTHING,
        Invariant.ACCEPTED_ONCE,
    }
    assert "networkOperator" in result.results[0].verdict.violations[0].detail


def test_the_same_under_cpython() -> None:
    for store in STORES:
        assert broken(swept(Place("cpython", store, "gpf", "6.21"), FEW)) == set()


def test_each_cut_has_a_line_and_the_sweep_a_total() -> None:
    arguments = ("--type", "esme", "--store", "raw2", "--age", "0", "--jobs", "2", "--reads", "1")
    result = powercut("1.6", *arguments)
    *cuts, head, total = result.stdout.splitlines()
    assert result.exit_code == 0, result.output
    assert cuts[1].startswith(
        "ok   unix/raw2/esme/1.6/1h  nothing done; power cut at flash operation 1, half applied: "
    )
    assert head.startswith("unix/raw2/esme/1.6 (store raw2): 2 flash operations; 7 cuts and ")
    assert total == f"{len(cuts)} runs, 0 with violations"


def test_a_failure_is_replayed_by_its_id() -> None:
    result = powercut("1.6", "--type", "gsme", "--store", "ram", "--reads", "0")
    first = result.stdout.splitlines()[0]
    assert result.exit_code == 1
    assert first.startswith("FAIL unix/ram/gsme/1.6/rest  never-backwards: supplier is at ")
    assert result.stdout.splitlines()[-1].endswith(
        "accepted-once 1, all-or-nothing 1, never-backwards 1; "
        "the first again: gbcs-hil powercut --replay unix/ram/gsme/1.6/rest"
    )
    again = powercut("--replay", "unix/ram/gsme/1.6/rest")
    assert (again.exit_code, again.stdout.splitlines()) == (1, [first])


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc to look into")
def test_ctrl_c_leaves_nothing_running_and_says_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    status, lines, errors = interrupt(
        ["powercut", "6.21", "--type", "gpf", "--jobs", "2"], "ok   "
    )
    *cuts, place, total = lines
    assert status == 130
    assert all(line.startswith("ok   unix/lfs/gpf/6.21/") for line in cuts)
    # It may come between a cut's count and its line.
    done = len(cuts) + (f"after {len(cuts) + 1} runs" in place)
    assert place == f"unix/lfs/gpf/6.21: ended after {done} runs: 0 failed"
    assert total == f"{done} runs, 0 with violations"
    assert errors == "gbcs-hil: interrupted\n"
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ("3n", "takes only 2 flash operations"),
        ("rest+7n", "no cut, where operation 7"),
    ],
)
def test_a_cut_that_does_not_come_is_an_error(events: str, said: str) -> None:
    case = Case.parse(f"unix/lfs/esme/1.6/{events}")
    with pytest.raises(HilError, match=said):
        run(case, reference(case.place))
