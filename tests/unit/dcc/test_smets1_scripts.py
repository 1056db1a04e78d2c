"""SECMP0107 at the DSP and the S1SPs: the matrix, the SIT and UIT scripts, the host defects."""

from collections.abc import Mapping

import pytest

from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.smets1.cohorts import COHORT_OF_S1SP, S1SPS
from gbcs_hil.dcc.smets1.validation import H8_LEFT_OUT
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.smets1_estate import DEVICES, OPERATORS, Smets1Estate
from gbcs_hil.smki.parties import OTHER_USER, SUPPLIER_A

REFUSED = {"wrong": "E4", "again": "E4", "right": "S1VE64"}
MATRIX: Mapping[tuple[bool, bool], Mapping[str, str]] = {
    (False, False): REFUSED,
    (False, True): REFUSED,
    (True, False): {"wrong": "S1VE4", "again": "S1VE4", "right": "S1VE64"},
    (True, True): {"wrong": "I0", "again": "S1VE64", "right": "I0"},
}
"""What network operators get, by whether SECMP0107 is live at the DSP and at the S1SPs."""

ALWAYS = {"place": "I0", "supplier": "E4", "other": "E2", "suppliers-own": "I0"}


def policy(dsp: bool, s1sps: bool, *faults: Fault) -> Policy:
    carrying = frozenset(S1SPS) if s1sps else frozenset()
    return Policy(secmp0107=dsp, secmp0107_s1sps=carrying, faults=frozenset(faults))


def play(s1sp: str, device_type: str, policy: Policy) -> dict[str, str | None]:
    """Put the wrong operator's certificates in, have everybody try a 6.15.1; return the codes.

    Before and after the wrong operator tries, who gets the device's alerts.
    """
    estate = Smets1Estate(policy)
    device, operators = DEVICES[s1sp, device_type], OPERATORS[device_type]
    wrong, right = operators.wrong, operators.right
    seen: dict[str, str | None] = {}
    seen["place"] = estate.hand_over(device, wrong).code.code
    seen["alert-before"] = estate.alert_recipient(device)
    seen["wrong"] = estate.update(wrong, device, right).code.code
    seen["alert-after"] = estate.alert_recipient(device)
    seen["again"] = estate.update(wrong, device, right).code.code
    seen["right"] = estate.update(right, device, right).code.code
    seen["supplier"] = estate.update(SUPPLIER_A, device, right).code.code
    seen["other"] = estate.update(OTHER_USER, device, right).code.code
    own = estate.update(SUPPLIER_A, device, SUPPLIER_A, RemotePartyRole.SUPPLIER)
    seen["suppliers-own"] = own.code.code
    estate.close()
    return seen


def expected(device_type: str, dsp: bool, s1sps: bool) -> dict[str, str | None]:
    operators, codes = OPERATORS[device_type], MATRIX[dsp, s1sps]
    holder = operators.right if codes["wrong"] == "I0" else operators.wrong
    alerts = {"alert-before": operators.wrong.name, "alert-after": holder.name}
    return {**ALWAYS, **codes, **alerts}


def surprises(s1sp: str, device_type: str, dsp: bool, s1sps: bool, *faults: Fault) -> object:
    """Return what did not come out as it does without faults, by step."""
    seen = play(s1sp, device_type, policy(dsp, s1sps, *faults))
    usual = expected(device_type, dsp, s1sps)
    return {name: code for name, code in seen.items() if code != usual[name]}


@pytest.mark.requirement("S107-9")
def test_every_s1sp_has_a_cohort() -> None:
    assert set(COHORT_OF_S1SP.values()) == {"IOC", "MOC", "FOC"}
    assert len(S1SPS) == 3


@pytest.mark.requirement(
    "S107-1", "S107-3", "S107-11", "S107-12", "S107-13", "S107-14", "S107-15", "S107-16",
    "S107-18", "S107-19", "S107-21", "S107-22", "S107-23", "S107-24", "S107-26", "S107-31",
    "S107-32",
)  # fmt: skip
@pytest.mark.parametrize("device_type", OPERATORS)
@pytest.mark.parametrize(("dsp", "s1sps"), MATRIX)
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_matrix(s1sp: str, dsp: bool, s1sps: bool, device_type: str) -> None:
    assert surprises(s1sp, device_type, dsp, s1sps) == {}


@pytest.mark.requirement("S107-30", "S107-33")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_sit_and_uit_script(s1sp: str) -> None:
    """A 6.21 puts the wrong certificate in; its owner's 6.15.1 brings the right one."""
    seen = play(s1sp, "esme", policy(True, True))
    assert (seen["place"], seen["wrong"]) == ("I0", "I0")


@pytest.mark.requirement("S107-19", "S107-31")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_script_in_a_mixed_state(s1sp: str) -> None:
    seen = play(s1sp, "esme", policy(True, False))
    assert (seen["place"], seen["wrong"]) == ("I0", "S1VE4")


@pytest.mark.requirement("S107-24", "S107-32")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_the_negative_script(s1sp: str) -> None:
    """Who is no operator is refused by the DSP; the Supplier changes its own certificates."""
    seen = play(s1sp, "esme", policy(True, True))
    assert (seen["supplier"], seen["other"], seen["suppliers-own"]) == ("E4", "E2", "I0")


@pytest.mark.requirement("S107-18", "S107-19")
@pytest.mark.parametrize("s1sp", S1SPS)
def test_h8_shows_at_one_s1sp_only(s1sp: str) -> None:
    wrong = OPERATORS["esme"].wrong.name
    left_out = {"wrong": "S1VE4", "again": "S1VE4", "right": "S1VE64", "alert-after": wrong}
    found = surprises(s1sp, "esme", True, True, Fault.H8)
    assert found == (left_out if s1sp == H8_LEFT_OUT else {})


@pytest.mark.requirement("S107-16", "S107-32")
@pytest.mark.parametrize("device_type", OPERATORS)
def test_h9_lets_a_supplier_change_the_operators_certificates(device_type: str) -> None:
    assert surprises("S1SP1", device_type, True, True, Fault.H9) == {"supplier": "I0"}


@pytest.mark.requirement("S107-18", "S107-32")
def test_h9_lets_nobody_past_where_there_is_no_exemption() -> None:
    assert surprises("S1SP1", "esme", False, True, Fault.H9) == {}
    assert surprises("S1SP1", "esme", True, False, Fault.H9) == {"supplier": "S1VE4"}


@pytest.mark.requirement("S107-26")
def test_h10_shows_in_alerts_that_do_not_move_after_the_fix() -> None:
    right = OPERATORS["esme"].right.name
    assert surprises("S1SP1", "esme", True, True, Fault.H10) == {"alert-before": right}
    seen = play("S1SP1", "esme", policy(True, True, Fault.H10))
    assert seen["alert-before"] == seen["alert-after"]
