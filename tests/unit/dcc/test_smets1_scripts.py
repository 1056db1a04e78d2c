"""SECMP0107 at the DSP and S1SPs: SC-9 with the SIT and UIT scripts in it, the host defects."""

from pathlib import Path

import pytest

from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.smets1.cohorts import COHORT_OF_S1SP, S1SPS
from gbcs_hil.dcc.smets1.validation import H8_LEFT_OUT
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.smets1_update import SC_9, step_name
from gbcs_hil.scenarios.verdicts import Verdict
from played import surprises, without_a_board

ON, OFF = True, False


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """SC-9 on an ESME, by a DCC without a fault."""
    return without_a_board(SC_9, tmp_path_factory.mktemp("sc-9"), "esme")


def seen(play: Play, s1sp: str, dsp: bool, s1sps: bool, *names: str) -> list[str]:
    found = {step.name: str(step.seen) for step in play.steps}
    return [found[step_name(name, s1sp, dsp, s1sps)] for name in names]


def faulty(fault: Fault, folder: Path, device_type: str = "esme") -> Play:
    return without_a_board(SC_9, folder, device_type, Policy(faults=frozenset({fault})))


@pytest.mark.requirement("S107-9")
def test_every_s1sp_has_a_cohort() -> None:
    assert set(COHORT_OF_S1SP.values()) == {"IOC", "MOC", "FOC"}
    assert len(S1SPS) == 3


@pytest.mark.requirement(
    "S107-1", "S107-3", "S107-9", "S107-11", "S107-12", "S107-13", "S107-14", "S107-15", "S107-16",
    "S107-18", "S107-19", "S107-21", "S107-22", "S107-23", "S107-24", "S107-26", "S107-31",
    "S107-32",
)  # fmt: skip
@pytest.mark.parametrize("device_type", ["esme", "gpf"])
def test_every_state_of_the_switches_at_every_s1sp(device_type: str, tmp_path: Path) -> None:
    play = without_a_board(SC_9, tmp_path, device_type)
    assert surprises(play) == {}
    assert {step.name for step in play.steps} == set(SC_9.expectations[device_type])
    # Three S1SPs, four states, nine steps; and the one-off update, before and after.
    assert len(play.steps) == 3 * 4 * 9 + 2


@pytest.mark.requirement("S107-5")
def test_a_gsme_is_checked_by_its_mprn_and_has_no_operators_slot(tmp_path: Path) -> None:
    play = without_a_board(SC_9, tmp_path, "gsme")
    assert surprises(play) == {}
    assert len(play.steps) == 3 * 4 * 6


@pytest.mark.requirement("S107-27", "S107-28")
def test_the_one_off_update_leaves_no_mismatch(sound: Play) -> None:
    before, after = sound.steps[-2:]
    assert str(before.seen) == "9,024 + 18,905 + 125 + 1,226 of 58,560"
    assert str(after.seen) == "0 + 0 + 0 + 0 of 58,560"


@pytest.mark.requirement("S107-30", "S107-33")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_sit_and_uit_script(sound: Play, s1sp: str) -> None:
    assert seen(sound, s1sp, ON, ON, "place", "wrong") == ["I0", "I0"]


@pytest.mark.requirement("S107-19", "S107-31")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_script_in_a_mixed_state(sound: Play, s1sp: str) -> None:
    assert seen(sound, s1sp, ON, OFF, "place", "wrong") == ["I0", "S1VE4"]


@pytest.mark.requirement("S107-24", "S107-32")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_negative_script(sound: Play, s1sp: str) -> None:
    found = seen(sound, s1sp, ON, ON, "supplier", "other", "suppliers-own")
    assert found == ["E4", "E2", "I0"]


@pytest.mark.requirement("S107-18", "S107-19")
def test_h8_shows_at_one_s1sp_only(tmp_path: Path) -> None:
    play = faulty(Fault.H8, tmp_path)
    found = surprises(play)
    assert found[step_name("wrong", H8_LEFT_OUT, ON, ON)] == "S1VE4"
    assert all(name.startswith(H8_LEFT_OUT) for name in found)
    assert play.verdict is Verdict.DCC_DEFECT


@pytest.mark.requirement("S107-16", "S107-18", "S107-32")
@pytest.mark.parametrize("device_type", ["esme", "gpf"])
def test_h9_lets_a_supplier_change_the_operators_certificates(
    device_type: str, tmp_path: Path
) -> None:
    """Where there is no exemption it lets nobody past."""
    assert surprises(faulty(Fault.H9, tmp_path, device_type)) == {
        step_name("supplier", s1sp, ON, s1sps): "I0" if s1sps else "S1VE4"
        for s1sp in S1SPS
        for s1sps in (ON, OFF)
    }


@pytest.mark.requirement("S107-26")
def test_h10_shows_in_alerts_that_do_not_move_after_the_fix(tmp_path: Path) -> None:
    play = faulty(Fault.H10, tmp_path)
    before, after = seen(play, "S1SP1", ON, ON, "alert-before", "alert-after")
    assert before == after
    assert step_name("alert-before", "S1SP1", ON, ON) in surprises(play)
    assert all("alert" in name for name in surprises(play))
