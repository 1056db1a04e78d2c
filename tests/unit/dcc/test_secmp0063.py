"""SECMP0063: the operator in the certificate is compared with registration data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from dcc_world import DEVICE, POINT, World, meter
from gbcs_hil.dcc.network_operator_check import TARGETS
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.participants import PARTICIPANTS
from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.registration_data import Registration
from gbcs_hil.smki.parties import (
    ACB,
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    Party,
)

ON = Policy(secmp0063=True)
ED_A, ED_B = ELECTRICITY_NETWORK_A, ELECTRICITY_NETWORK_B

Act = Callable[[World, Party], Outcome]


def by_6_15_1(world: World, brought: Party) -> Outcome:
    return world.ask(SUPPLIER_A, world.update(SUPPLIER_A, brought))


def by_6_21(world: World, brought: Party) -> Outcome:
    return world.ask(SUPPLIER_A, world.handover(brought))


def world_of(device_type: str, operator: str, policy: Policy = ON) -> World:
    return World(policy, meter(device_type), ("SUPA", operator))


@pytest.mark.requirement("S63-1", "S63-2", "S63-5", "S63-6", "S63-8", "S63-9")
@pytest.mark.parametrize(
    ("act", "device_type", "code"),
    [
        (by_6_15_1, "esme", "B0615NO"),
        (by_6_21, "esme", "B0621NO"),
        (by_6_21, "gpf", "B0621NO"),
    ],
)
def test_another_operators_certificate_does_not_reach_the_device(
    act: Act, device_type: str, code: str
) -> None:
    world = world_of(device_type, "EDNB")
    outcome = act(world, ED_A)
    assert (outcome.code.code, outcome.check) == (code, "registered-operators-certificate")
    assert outcome.code.of_the_bench
    assert not world.sent
    assert act(world, ED_B).code.code == "E21"
    assert len(world.sent) == 1


@pytest.mark.requirement("S63-5")
def test_a_suppliers_6_15_1_to_a_gpf_is_not_checked() -> None:
    assert by_6_15_1(world_of("gpf", "GTNB"), GAS_NETWORK_A).code.code == "E21"
    assert {"6.15.1": {"esme"}, "6.21": {"esme", "gpf"}} == TARGETS


@pytest.mark.requirement("S63-3", "S63-4")
def test_a_network_operator_may_repair_a_device_outside_its_region() -> None:
    world = world_of("esme", "EDNB")
    assert world.ask(ED_A, world.update(ED_A, ED_B)).code.code == "E21"
    assert world.ask(ED_A, world.update(ED_A, ED_A, 11)).code.code == "E21"


@pytest.mark.requirement("S63-3")
def test_the_exemption_for_everybody_is_a_fault() -> None:
    policy = Policy(secmp0063=True, faults=frozenset({Fault.H9}))
    assert by_6_15_1(world_of("esme", "EDNB", policy), ED_A).code.code == "E21"


@pytest.mark.requirement("S63-18")
@pytest.mark.parametrize("act", [by_6_15_1, by_6_21])
def test_the_switch_is_off_by_default(act: Act) -> None:
    assert act(world_of("esme", "EDNB", Policy()), ED_A).code.code == "E21"


@pytest.mark.requirement("S63-10")
def test_stale_registration_stops_the_right_certificate() -> None:
    policy = Policy(secmp0063=True, faults=frozenset({Fault.H7}))
    world = world_of("esme", "EDNA", policy)
    change = Registration(POINT, date(2026, 1, 1), "SUPA", "EDNB")
    data = world.dsp.estate.registration.with_registration(change)
    world.dsp.estate = replace(world.dsp.estate, registration=data)
    assert by_6_15_1(world, ED_B).code.code == "B0615NO"
    assert by_6_15_1(world, ED_A).code.code == "E21"


@pytest.mark.requirement("S63-10")
def test_wrong_and_missing_registration_stop_the_right_certificate() -> None:
    world = world_of("esme", "EDNB")
    estate = world.dsp.estate
    data = estate.registration
    world.dsp.estate = replace(estate, registration=data.wrong(POINT, operator="EDNA"))
    assert by_6_15_1(world, ED_B).code.code == "B0615NO"
    world.dsp.estate = replace(estate, registration=data.missing(POINT))
    assert by_6_15_1(world, ED_B).code.code == "B0615NO"


@pytest.mark.requirement("S63-14")
def test_no_certificate_is_right_for_an_operator_without_credentials() -> None:
    world = world_of("esme", "IDNX")
    assert next(p for p in PARTICIPANTS if p.mpid == "IDNX").eui is None
    assert by_6_15_1(world, ED_A).code.code == "B0615NO"
    assert by_6_15_1(world, ED_B).code.code == "B0615NO"


@pytest.mark.requirement("S63-1")
def test_acb_certificates_name_no_operator() -> None:
    """What MP128A does to a slot is not what SECMP0063 is about."""
    assert by_6_15_1(world_of("esme", "EDNA"), ACB).code.code == "E21"


@pytest.mark.requirement("S63-15")
def test_the_check_is_made_before_anything_is_sent_or_transformed() -> None:
    world = world_of("esme", "EDNB")
    by_6_15_1(world, ED_A)
    events = [row.event for row in world.ledger.trail.rows() if row.kind != "check"]
    assert events == ["transform", "B0615NO"]
    assert world.ledger.cells(DEVICE) == []


def test_other_roles_cells_are_not_looked_at() -> None:
    world = world_of("esme", "EDNB")
    request = replace(world.handover(GAS_NETWORK_B), role=GAS_NETWORK_B.role.SUPPLIER)
    assert world.ask(SUPPLIER_A, request).code.code == "E21"
