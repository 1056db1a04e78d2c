"""SECMP0107 at the DSP and the S1SPs: the matrix, the SIT and UIT scripts, the host defects."""

import pytest

from gbcs_hil.dcc.policy import Fault
from gbcs_hil.dcc.smets1.cohorts import COHORT_OF_S1SP, S1SPS
from gbcs_hil.dcc.smets1.validation import H8_LEFT_OUT
from gbcs_hil.scenarios.smets1_update import negative, sc_9, sit_uit
from gbcs_hil.scenarios.step import Step


def surprises(steps: list[Step]) -> dict[str, str]:
    """Return what did not come out as expected, by step."""
    return {step.name: str(step.seen) for step in steps if not step.held}


@pytest.mark.requirement("S107-9")
def test_every_s1sp_has_a_cohort() -> None:
    assert set(COHORT_OF_S1SP.values()) == {"IOC", "MOC", "FOC"}
    assert len(S1SPS) == 3


@pytest.mark.requirement(
    "S107-1", "S107-3", "S107-11", "S107-12", "S107-13", "S107-14", "S107-15", "S107-16",
    "S107-18", "S107-19", "S107-21", "S107-22", "S107-23", "S107-24", "S107-26", "S107-31",
    "S107-32",
)  # fmt: skip
@pytest.mark.parametrize("s1sp_on", [False, True], ids=["s1sp-off", "s1sp-on"])
@pytest.mark.parametrize("dsp_on", [False, True], ids=["dsp-off", "dsp-on"])
@pytest.mark.parametrize("device_type", ["esme", "gpf"])
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_matrix(s1sp: str, device_type: str, dsp_on: bool, s1sp_on: bool) -> None:
    assert surprises(sc_9(s1sp, device_type, dsp_on, s1sp_on)) == {}


@pytest.mark.requirement("S107-30", "S107-33")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_sit_and_uit_script(s1sp: str) -> None:
    steps = sit_uit(s1sp)
    assert surprises(steps) == {}
    assert [step.name for step in steps] == ["place", "correct"]


@pytest.mark.requirement("S107-19", "S107-31")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_script_in_a_mixed_state(s1sp: str) -> None:
    assert surprises(sit_uit(s1sp, s1sp_changed=False)) == {}


@pytest.mark.requirement("S107-24", "S107-32")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_negative_script(s1sp: str) -> None:
    assert surprises(negative(s1sp)) == {}


@pytest.mark.requirement("S107-18", "S107-19")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_h8_shows_at_one_s1sp_only(s1sp: str) -> None:
    seen = surprises(sc_9(s1sp, "esme", True, True, faults=frozenset({Fault.H8})))
    if s1sp == H8_LEFT_OUT:
        assert seen["wrong"] == "S1VE4"
    else:
        assert seen == {}


@pytest.mark.requirement("S107-16", "S107-32")
@pytest.mark.parametrize("device_type", ["esme", "gpf"])
def test_h9_lets_a_supplier_change_the_operators_certificates(device_type: str) -> None:
    seen = surprises(sc_9("S1SP1", device_type, True, True, faults=frozenset({Fault.H9})))
    assert seen == {"supplier": "I0"}


@pytest.mark.requirement("S107-18", "S107-32")
def test_h9_lets_nobody_past_where_there_is_no_exemption() -> None:
    h9 = frozenset({Fault.H9})
    assert surprises(sc_9("S1SP1", "esme", False, True, faults=h9)) == {}
    assert surprises(sc_9("S1SP1", "esme", True, False, faults=h9)) == {"supplier": "S1VE4"}


@pytest.mark.requirement("S107-26")
def test_h10_shows_in_alerts_that_do_not_move_after_the_fix() -> None:
    steps = sc_9("S1SP1", "esme", True, True, faults=frozenset({Fault.H10}))
    seen = {step.name: step.seen for step in steps}
    assert seen["alert-before"] == seen["alert-after"]
    assert set(surprises(steps)) == {"alert-before"}
