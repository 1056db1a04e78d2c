"""Each of the DSP's checks: what it refuses, with which code, and what it lets pass."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dcc_world import DEVICE, NOW, PKI, POINT, World, meter
from gbcs_hil.dcc.outcome import Outcome, Rejected
from gbcs_hil.dcc.participants import PARTICIPANTS, UserStatus
from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.registration_data import Registration
from gbcs_hil.dcc.requests import UpdatePaymentMode
from gbcs_hil.dcc.users import User
from gbcs_hil.dcc.validation import CHECKS
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    OTHER_USER,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
    Party,
)


def refused(outcome: Outcome) -> tuple[str, str]:
    assert outcome.rejected
    return outcome.code.code, outcome.check


def test_the_checks_have_names_of_their_own() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names))


def test_who_is_no_participant_is_e1() -> None:
    world = World()
    assert refused(world.ask(SUPPLIER_A, world.handover(sender=TRANSITIONAL_COS))) == (
        "E1",
        "user-known",
    )


@pytest.mark.parametrize("status", [UserStatus.SUSPENDED, UserStatus.CEASED])
@pytest.mark.requirement("MP128A-2")
def test_who_is_no_dcc_user_any_longer_is_e3(status: UserStatus) -> None:
    world = World()
    gone = tuple(
        replace(p, status=status) if p.eui == GAS_NETWORK_A.eui else p for p in PARTICIPANTS
    )
    world.dsp.estate = replace(world.dsp.estate, participants=gone)
    assert refused(world.leave()) == ("E3", "user-active")
    assert not world.sent


@pytest.mark.parametrize("sender", [GAS_NETWORK_B, OTHER_USER])
def test_a_network_operator_cannot_ask_for_a_handover(sender: Party) -> None:
    world = World()
    assert refused(world.dsp.submit(world.handover(sender=sender))) == ("E2", "role-eligible")


@pytest.mark.parametrize("status", ["decommissioned", "withdrawn"])
def test_a_device_that_is_gone_gets_nothing(status: str) -> None:
    world = World(device=meter(status=status))
    assert refused(world.leave()) == ("E5", "device-status")


def test_which_states_get_nothing_is_the_policys() -> None:
    world = World(Policy(refused_statuses=frozenset()), device=meter(status="decommissioned"))
    assert world.leave().code.code == "E21"


def payment(world: World) -> Outcome:
    user = User(SUPPLIER_A, PKI)
    return user.ask(world.dsp, UpdatePaymentMode(id=user.request_id(DEVICE, 7)))


def test_a_gpf_has_no_payment_mode() -> None:
    assert refused(payment(World())) == ("E11", "device-type")
    assert payment(World(device=meter("gsme"))).code.code == "E21"


def test_a_time_that_is_past_is_refused() -> None:
    world = World()
    for execution in (NOW, NOW - timedelta(days=1)):
        assert refused(world.leave(execution=execution)) == ("B-TIME", "execution-time")
    assert world.leave(execution=NOW + timedelta(days=1)).code.code == "E21"


def test_a_read_cannot_be_dated() -> None:
    world = World()
    request = replace(world.retrieval(), execution=NOW + timedelta(days=1))
    outcome = world.dsp.submit(request)
    assert refused(outcome) == ("B-TIME", "execution-time")
    assert outcome.code.of_the_bench


@pytest.mark.requirement("S107-7")
def test_a_non_critical_request_needs_the_registration() -> None:
    world = World(registered=("SUPB", "GTNA"))
    assert refused(world.dsp.submit(world.retrieval(SUPPLIER_A))) == ("E4", "eligible-user")
    assert refused(world.dsp.submit(world.retrieval(GAS_NETWORK_B))) == ("E4", "eligible-user")
    assert world.dsp.submit(world.retrieval(SUPPLIER_B)).code.code == "E21"
    assert world.dsp.submit(world.retrieval(GAS_NETWORK_A)).code.code == "E21"


@pytest.mark.requirement("S107-4")
def test_a_critical_request_to_smets2_needs_no_registration() -> None:
    world = World(registered=("SUPB", "GTNB"))
    assert world.leave().code.code == "E21"
    assert len(world.sent) == 1


@pytest.mark.requirement("S107-7")
def test_who_will_be_registered_at_the_time_of_execution_may_ask_for_then() -> None:
    world = World()
    data = world.dsp.estate.registration
    change = Registration(POINT, date(2026, 6, 10), "SUPB", "GTNB")
    world.dsp.estate = replace(world.dsp.estate, registration=data.with_registration(change))
    request = world.change_of_supplier()
    assert refused(world.dsp.submit(request)) == ("E4", "eligible-user")
    dated = replace(request, execution=NOW + timedelta(days=9))
    assert world.dsp.submit(dated).acknowledged


@pytest.mark.requirement("S63-10")
def test_with_stale_registration_the_new_supplier_is_not_known_yet() -> None:
    world = World(Policy(faults=frozenset({Fault.H7})))
    change = Registration(POINT, date(2025, 1, 1), "SUPB", "GTNB")
    data = world.dsp.estate.registration.with_registration(change)
    world.dsp.estate = replace(world.dsp.estate, registration=data)
    assert refused(world.dsp.submit(world.retrieval(SUPPLIER_B))) == ("E4", "eligible-user")
    assert world.dsp.submit(world.retrieval(SUPPLIER_A)).code.code == "E21"


def test_a_device_without_a_meter_point_is_nobodys() -> None:
    world = World(device=replace(meter(), meter_point=None))
    assert refused(world.dsp.submit(world.retrieval())) == ("E4", "eligible-user")


def test_a_rejection_comes_before_the_transformation() -> None:
    world = World(device=meter(status="withdrawn"))
    request = world.update(GAS_NETWORK_A, ACB)
    with pytest.raises(Rejected, match="E5") as caught:
        world.dsp.transform(request)
    assert caught.value.outcome.check == "device-status"
    rows = world.ledger.trail.rows()
    assert (rows[0].kind, rows[0].event) == ("request", "transform")
    assert (rows[-1].kind, rows[-1].event) == ("outcome", "E5")
