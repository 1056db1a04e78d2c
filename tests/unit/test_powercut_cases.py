"""Ids of cuts, and what the command line refuses before anything runs."""

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gbcs_hil.bench.flash_faults import Fault, Tear
from gbcs_hil.bench.stores import BAD_STORES, STORES
from gbcs_hil.cli import main
from gbcs_hil.errors import BadInput
from gbcs_hil.powercut.cases import Case, Place
from gbcs_hil.powercut.scenarios import SCENARIOS

places = st.builds(
    Place,
    st.sampled_from(["unix", "cpython"]),
    st.sampled_from(STORES + BAD_STORES),
    st.sampled_from(["esme", "gpf", "gsme"]),
    st.sampled_from(list(SCENARIOS)),
    st.integers(0, 99_999),
)
numbers = st.integers(1, 10**6)
faults = st.one_of(
    st.just(Fault()),
    st.builds(Fault, operation=numbers, tear=st.sampled_from(Tear)),
    st.builds(Fault, read=numbers),
)


@given(st.builds(Case, places, st.lists(faults, min_size=1, max_size=3).map(tuple)))
def test_an_id_names_one_case(case: Case) -> None:
    assert Case.parse(str(case)) == case


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5h",
        "unix/lfs/gpf/6.15.1",
        "unix/lfs/gpf/6.15.1/",
        "unix/lfs/gpf/6.15.1/5",
        "unix/lfs/gpf/6.15.1/0n",
        "unix/lfs/gpf/6.15.1/5h+",
        "unix/lfs/gpf/6.15.9/5h",
        "unix/lfs/gpf/6.15.1@/5h",
        "unix/lfs/gpf/6.15.1@0/5h",
        "unix/lfs/gpf/6.15.1@erase/5h",
        "unix/files/gpf/6.15.1/5h",
        "pico/lfs/gpf/6.15.1/5h",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Case.parse(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which SCENARIO? 6.15.1, 6.21, 6.23, future-dated, 1.6, all"),
        (["6.15.9"], "no scenario '6.15.9'"),
        (["1.6", "--target", "unix:", "--type", "gpf"], "no device of type gpf"),
        (["1.6", "--target", "unix:", "--store", "files"], "no store 'files'"),
        (["1.6", "--target", "unix:?store=files"], "no option 'store=files'"),
        (["1.6", "--target", "toaster:"], "no emulated board 'toaster'"),
        (["1.6", "--replay", "unix/lfs/gpf/6.15.1/5h"], "leave SCENARIO out"),
        (["1.6", "--cuts", "3"], "give --rig"),
        (["1.6", "--rig", "hil_rigs/emulated.toml"], "has 4 boards"),
        (["1.6", "--rig", "hil_rigs/emulated.toml", "--target", "unix:"], "give one"),
        (
            ["1.6", "--rig", "hil_rigs/emulated.toml", "--board", "gpf-a", "--cuts", "1"],
            "no device of type gpf",
        ),
        (
            ["1.6", "--rig", "hil_rigs/pico.toml", "--sample", "1"],
            "only --cuts says how often",
        ),
        (["1.6", "--rig", "hil_rigs/pico.toml", "--age", "0"], "only --cuts says how often"),
        (["--replay", "5h"], "'5h' is no id of a cut"),
        (["--replay", "unix/lfs/gpf/1.6/5h"], "not on a device of type 'gpf'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["powercut", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
