"""Each of the DSP's checks: what it refuses, with which code, and what it lets pass."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from conftest import REPO
from dcc_world import DEVICE, NOW, PKI, POINT, World, meter
from gbcs_hil.dcc.check import Case, Check
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import Outcome, Rejected
from gbcs_hil.dcc.participants import PARTICIPANTS, UserStatus
from gbcs_hil.dcc.policy import Fault, Policy
from gbcs_hil.dcc.registration_data import Registration
from gbcs_hil.dcc.requests import UpdatePaymentMode
from gbcs_hil.dcc.smets1.validation import CHECKS as S1SP_CHECKS
from gbcs_hil.dcc.users import User
from gbcs_hil.dcc.validation import CHECKS
from gbcs_hil.gbcs.names import RemotePartyRole as Role
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
from requirements_table import requirements


def refused(outcome: Outcome) -> tuple[str, str]:
    assert outcome.rejected
    return outcome.code.code, outcome.check


@pytest.mark.parametrize("checks", [CHECKS, S1SP_CHECKS], ids=["dsp", "s1sp"])
def test_the_checks_have_names_of_their_own_and_say_what_they_implement(
    checks: tuple[Check[Case], ...],
) -> None:
    names = [check.name for check in checks]
    assert len(names) == len(set(names))
    known = requirements()
    for check in checks:
        assert check.requirements, check.name
        assert set(check.requirements) <= known.keys(), check.name


@pytest.mark.requirement("DUIS-1")
def test_who_is_no_participant_is_e1() -> None:
    world = World()
    assert refused(world.ask(SUPPLIER_A, world.handover(sender=TRANSITIONAL_COS))) == (
        "E1",
        "user-known",
    )


@pytest.mark.parametrize("status", [UserStatus.SUSPENDED, UserStatus.CEASED])
@pytest.mark.requirement("DUIS-3", "MP128A-2")
def test_who_is_no_dcc_user_any_longer_is_e3(status: UserStatus) -> None:
    world = World()
    gone = tuple(
        replace(p, status=status) if p.eui == GAS_NETWORK_A.eui else p for p in PARTICIPANTS
    )
    world.dsp.estate = replace(world.dsp.estate, participants=gone)
    assert refused(world.leave()) == ("E3", "user-active")
    assert not world.sent


@pytest.mark.parametrize("sender", [GAS_NETWORK_B, OTHER_USER])
@pytest.mark.requirement("DUIS-2")
def test_a_network_operator_cannot_ask_for_a_handover(sender: Party) -> None:
    world = World()
    assert refused(world.dsp.submit(world.handover(sender=sender))) == ("E2", "role-eligible")


@pytest.mark.parametrize("status", ["decommissioned", "withdrawn"])
@pytest.mark.requirement("DUIS-5")
def test_a_device_that_is_gone_gets_nothing(status: str) -> None:
    world = World(device=meter(status=status))
    assert refused(world.leave()) == ("E5", "device-status")


def test_which_states_get_nothing_is_the_policys() -> None:
    world = World(Policy(refused_statuses=frozenset()), device=meter(status="decommissioned"))
    assert world.leave().code.code == "E21"


def payment(world: World, execution: datetime | None = None) -> Outcome:
    user = User(SUPPLIER_A, PKI)
    request = UpdatePaymentMode(id=user.request_id(DEVICE, 7), execution=execution)
    return user.ask(world.dsp, request)


@pytest.mark.requirement("DUIS-6")
def test_a_gpf_has_no_payment_mode() -> None:
    assert refused(payment(World())) == ("E11", "device-type")
    assert payment(World(device=meter("gsme"))).code.code == "E21"


@pytest.mark.requirement("DUIS-15")
def test_sequence_numbers_end_at_2_63_minus_1() -> None:
    world, last = World(), 2**63 - 1
    beyond = ("B-SEQUENCE", "sequence-numbers")
    assert refused(world.leave(last + 1)) == beyond
    assert refused(world.leave(1, floor=last + 1)) == beyond
    assert refused(world.leave(1, floor=-1)) == beyond
    assert refused(world.dsp.submit(replace(world.handover(), floor=last + 1))) == beyond
    change = replace(world.change_of_supplier(SUPPLIER_A), floor=last + 1)
    assert refused(world.dsp.submit(change)) == beyond
    assert not world.sent
    assert world.leave(last, floor=last).code.code == "E21"


@pytest.mark.requirement("DUIS-10")
def test_a_time_that_is_past_is_refused() -> None:
    world = World()
    for execution in (NOW, NOW - timedelta(days=1)):
        assert refused(world.leave(execution=execution)) == ("B-TIME", "execution-time")
    assert world.leave(execution=NOW + timedelta(days=1)).code.code == "E21"


@pytest.mark.requirement("DUIS-10")
def test_a_read_cannot_be_dated() -> None:
    world = World()
    request = replace(world.retrieval(), execution=NOW + timedelta(days=1))
    outcome = world.dsp.submit(request)
    assert refused(outcome) == ("B-TIME", "execution-time")
    assert outcome.code.of_the_bench


@pytest.mark.requirement("DUIS-10")
def test_who_keeps_a_dated_1_6_or_6_23_is_the_policys() -> None:
    later = NOW + timedelta(days=1)
    strict = Policy(future_dating_1_6="none", future_dating_6_23="none")
    for policy, code in ((Policy(), "E21"), (strict, "B-TIME")):
        assert payment(World(policy, meter("gsme")), later).code.code == code
    for policy, code in ((Policy(), "I99"), (strict, "B-TIME")):
        world = World(policy, registered=("SUPB", "GTNB"))
        dated = replace(world.change_of_supplier(), execution=later)
        assert world.dsp.submit(dated).code.code == code


@pytest.mark.requirement("DUIS-9")
def test_a_request_id_is_used_once() -> None:
    world = World()
    request = world.handover()
    assert world.dsp.submit(request).code.code == "E21"
    assert refused(world.dsp.submit(request)) == ("B-REQUEST-ID", "request-id")
    other = replace(world.retrieval(), id=request.id)
    assert refused(world.dsp.submit(other)) == ("B-REQUEST-ID", "request-id")
    assert len(world.sent) == 1


@pytest.mark.requirement("DUIS-9")
def test_a_request_that_was_refused_has_not_used_its_id() -> None:
    world = World(registered=("SUPB", "GTNB"))
    request = world.handover()
    assert refused(world.dsp.submit(request)) == ("E4", "eligible-user")
    data = world.dsp.estate.registration.wrong(POINT, supplier="SUPA")
    world.dsp.estate = replace(world.dsp.estate, registration=data)
    assert world.dsp.submit(request).code.code == "E21"


@pytest.mark.requirement("DUIS-9")
def test_a_used_request_id_outlasts_a_restart(tmp_path: Path) -> None:
    first = World(ledger=Ledger.file(tmp_path / "ledger.sqlite"))
    request = first.handover()
    first.dsp.submit(request)
    first.ledger.close()
    again = World(ledger=Ledger.file(tmp_path / "ledger.sqlite"))
    assert refused(again.dsp.submit(request)) == ("B-REQUEST-ID", "request-id")
    again.ledger.close()


@pytest.mark.requirement("DUIS-9")
def test_the_same_request_is_transformed_again_and_another_is_not() -> None:
    world = World()
    request = world.update(GAS_NETWORK_A, ACB)
    assert world.dsp.transform(request) == world.dsp.transform(request)
    with pytest.raises(Rejected, match="B-REQUEST-ID"):
        world.dsp.transform(replace(request, floor=5))
    assert world.ask(GAS_NETWORK_A, request).code.code == "E21"
    with pytest.raises(Rejected, match="B-REQUEST-ID"):
        world.dsp.transform(request)


@pytest.mark.requirement("DUIS-9")
def test_that_request_ids_are_used_once_is_a_switch() -> None:
    world = World(Policy(unique_request_ids=False))
    request = world.handover()
    codes = [world.dsp.submit(request).code.code for _ in range(2)]
    assert codes == ["E21", "E21"]


@pytest.mark.requirement("DUIS-9")
def test_of_two_processes_that_send_at_once_one_is_refused(ledger_url: str) -> None:
    Ledger(ledger_url).close()
    code = """
import sys
from dcc_world import World
from gbcs_hil.dcc.ledger import Ledger
world = World(ledger=Ledger(sys.argv[1]))
print(*[world.dsp.submit(world.handover()).code.code for _ in range(10)])
"""
    path = os.pathsep.join((str(REPO / "host"), str(REPO / "tests")))
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", code, ledger_url],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        for _ in range(2)
    ]
    codes = [sender.communicate(timeout=50)[0].split() for sender in senders]
    assert [len(seen) for seen in codes] == [10, 10]
    assert all(sorted(pair) == ["B-REQUEST-ID", "E21"] for pair in zip(*codes, strict=True))


@pytest.mark.requirement("DUIS-8")
def test_what_is_not_critical_is_not_transformed_and_not_signed() -> None:
    world = World()
    with pytest.raises(Rejected, match="E12") as caught:
        world.dsp.transform(world.handover())
    assert caught.value.outcome.check == "command-variant"
    pre_command = world.dsp.transform(world.update(GAS_NETWORK_A, ACB))
    assert refused(world.dsp.submit(world.handover(), pre_command)) == ("E12", "command-variant")


@pytest.mark.requirement("DUIS-11")
@pytest.mark.parametrize("role", [Role.ROOT, Role.RECOVERY, Role.ACCESS_CONTROL_BROKER])
def test_a_role_that_nobody_can_replace_is_refused(role: Role) -> None:
    world = World()
    update = replace(world.update(GAS_NETWORK_A, ACB), role=role)
    assert refused(world.ask(GAS_NETWORK_A, update)) == ("B-ROLE", "role-replaceable")
    handover = replace(world.handover(), role=role)
    assert refused(world.dsp.submit(handover)) == ("B-ROLE", "role-replaceable")


@pytest.mark.requirement("DUIS-4", "S107-7")
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


@pytest.mark.requirement("S107-5", "DUIS-4")
def test_a_device_that_nobody_is_registered_for_is_nobodys() -> None:
    unlinked = World(device=replace(meter(), meter_point=None))
    unregistered = World()
    data = unregistered.dsp.estate.registration.missing(POINT)
    unregistered.dsp.estate = replace(unregistered.dsp.estate, registration=data)
    for world in (unlinked, unregistered):
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
