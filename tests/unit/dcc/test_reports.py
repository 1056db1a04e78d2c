"""The post-commissioning report, and the estate report's two counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dcc_world import NOW, POINT, SINCE, World, meter
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.estate_report import EstateReport, estate_report
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.network_operator_cells import Holder, slots
from gbcs_hil.dcc.participants import PARTICIPANTS
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.post_commissioning import Line, Verdict, report, rules
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.smki.parties import (
    ACB,
    ELECTRICITY_NETWORK_A,
    ELECTRICITY_NETWORK_B,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    Party,
)

LONG_AGO = NOW - timedelta(days=100)
OPERATORS = {"esme": ("EDNA", ELECTRICITY_NETWORK_A), "gpf": ("GTNA", GAS_NETWORK_A)}


def line(
    device_type: str, holder: Party | None, policy: Policy | None = None, days: int = 100
) -> Line:
    device = meter(device_type, commissioned=NOW - timedelta(days=days))
    world = World(policy, device, ("SUPA", OPERATORS[device_type][0]))
    if holder is not None:
        world.holds(holder)
    (only,) = report(world.dsp.estate, world.ledger, world.dsp.policy, NOW)
    return only


@pytest.mark.requirement("MP128A-6", "MP128A-7")
def test_acb_certificates_in_a_gpf_are_excused_while_mp183_is_live() -> None:
    assert line("gpf", ACB).verdict is Verdict.EXCUSED
    assert line("gpf", ACB, Policy(mp183=False)).verdict is Verdict.FAIL
    assert line("gpf", ACB, Policy(mp128a=False)).verdict is Verdict.EXCUSED


@pytest.mark.requirement("MP128A-6", "S63-11")
@pytest.mark.parametrize("mp183", [True, False])
def test_everything_else_is_as_before(mp183: bool) -> None:
    policy = Policy(mp183=mp183)
    assert line("esme", ACB, policy).verdict is Verdict.FAIL
    for device_type, (_, operator) in OPERATORS.items():
        assert line(device_type, operator, policy).verdict is Verdict.PASS
        assert line(device_type, SUPPLIER_A, policy).verdict is Verdict.FAIL
        assert line(device_type, None, policy).verdict is Verdict.FAIL
    assert line("gpf", GAS_NETWORK_B, policy).verdict is Verdict.FAIL


def test_the_fault_is_the_responsible_suppliers_once_its_time_is_over() -> None:
    assert line("esme", SUPPLIER_A, days=6).verdict is Verdict.NOT_DUE
    late = line("esme", SUPPLIER_A, days=7)
    assert late.verdict is Verdict.FAIL
    assert late.supplier is not None
    assert late.supplier.mpid == "SUPA"
    policy = Policy(post_commissioning_days=30)
    assert line("esme", SUPPLIER_A, policy, days=29).verdict is Verdict.NOT_DUE


def test_a_device_that_is_not_commissioned_is_not_reported() -> None:
    world = World(device=meter("gpf", commissioned=None))
    assert list(report(world.dsp.estate, world.ledger, Policy(), NOW)) == []


def test_a_rule_fits_every_holder_of_every_device_without_any_modification() -> None:
    always = [rule for rule in rules() if not rule.modification]
    for device_type in OPERATORS:
        for holder in Holder:
            assert any(device_type in r.devices and holder in r.holders for r in always)


ESTATE = (
    ("2000000000001", "esme", "EDNA", ELECTRICITY_NETWORK_A),
    ("2000000000002", "esme", "EDNA", ELECTRICITY_NETWORK_B),
    ("2000000000003", "esme", "EDNB", ELECTRICITY_NETWORK_A),
    ("2000000000004", "esme", "EDNA", SUPPLIER_A),
    ("2000000000005", "esme", "IDNX", SUPPLIER_A),
    ("4000000001", "gpf", "GTNA", ACB),
    ("4000000002", "gpf", "GTNA", GAS_NETWORK_A),
    ("4000000003", "gpf", "GTNA", None),
    ("4000000004", "gsme", "GTNA", None),
)


@pytest.mark.requirement("S63-11", "S63-12", "S63-13", "S63-14", "MP128A-4")
def test_the_estate_report_gives_both_counts_and_each_class() -> None:
    ledger = Ledger("sqlite://")
    world = World(ledger=ledger)
    devices, registered = {}, []
    for number, (point, device_type, operator, holder) in enumerate(ESTATE):
        eui = number.to_bytes(8, "big")
        devices[eui] = meter(device_type, eui, meter_point=point)
        registered.append(Registration(point, SINCE, "SUPA", operator))
        if holder is not None:
            world.holds(holder, eui)
    estate = Estate(devices, RegistrationData(registered))
    assert estate_report(slots(estate, ledger, NOW)) == EstateReport(
        devices=8,
        incorrect=2,
        never_updated=3,
        untold=1,
        without_exchange=0,
        outside_region={ELECTRICITY_NETWORK_A.eui: 1, ELECTRICITY_NETWORK_B.eui: 1},  # type: ignore[arg-type]
        foreign={"EDNA": 1, "EDNB": 1},  # type: ignore[arg-type]
        not_placed={"EDNA": 1, "IDNX": 1, "GTNA": 1},  # type: ignore[arg-type]
        without_credentials=1,
    )


@pytest.mark.requirement("S63-4", "S63-16")
def test_wrong_certificates_that_their_holder_cannot_exchange_are_counted() -> None:
    world = World()
    world.holds(GAS_NETWORK_A)
    unable = tuple(
        replace(p, can_exchange=p.eui != GAS_NETWORK_A.eui) for p in world.dsp.estate.participants
    )
    for participants, expected in ((PARTICIPANTS, 0), (unable, 1)):
        estate = replace(world.dsp.estate, participants=participants)
        counted = estate_report(slots(estate, world.ledger, NOW))
        assert (counted.incorrect, counted.without_exchange) == (1, expected)


def test_without_registration_nobody_is_the_right_operator() -> None:
    world = World()
    world.holds(GAS_NETWORK_B)
    estate = Estate(world.dsp.estate.devices, world.dsp.estate.registration.missing(POINT))
    (slot,) = slots(estate, world.ledger, NOW)
    assert (slot.holder, slot.operator) == (Holder.OTHER_OPERATOR, None)
