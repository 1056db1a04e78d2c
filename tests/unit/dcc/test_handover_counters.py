"""MP128A's counters: which one a 6.21 gets, under each rule and each fault of a DSP."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcc_world import DEVICE, NO, World
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.policy import CounterRule, Fault, Policy
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.smki.parties import ACB

OC, FLOOR = 1_000, 5_000
MAX = Policy(mp128a_counter=CounterRule.MAX_OC_FLOOR)


def faulty(*faults: Fault, rule: CounterRule = CounterRule.OC) -> Policy:
    return Policy(mp128a_counter=rule, faults=frozenset(faults))


def handover_counter(policy: Policy, floor: int | None = None) -> int | None:
    """Return the counter of a 6.21 after a 6.15.1 at `OC`; the ACB stands at 10."""
    world = World(policy)
    world.ledger.set_last_counter(ACB.eui, DEVICE, 10)
    world.reply = world.done()
    world.leave(OC, floor=floor)
    return world.hand_over().counter


@pytest.mark.requirement("MP128A-13", "MP128A-14")
@pytest.mark.parametrize(
    ("policy", "floor", "counter"),
    [
        (Policy(mp128a=False), None, 11),
        (Policy(), None, OC + 1),
        (Policy(), FLOOR, OC + 1),
        (MAX, None, OC + 1),
        (MAX, OC - 1, OC + 1),
        (MAX, FLOOR, FLOOR + 1),
        (faulty(Fault.H1), None, 11),
        (faulty(Fault.H4), None, OC),
        (faulty(Fault.H5, rule=CounterRule.MAX_OC_FLOOR), FLOOR, OC + 1),
    ],
)
def test_the_counter_of_a_handover(policy: Policy, floor: int | None, counter: int) -> None:
    assert handover_counter(policy, floor) == counter


@pytest.mark.requirement("MP128A-14")
@settings(max_examples=20)
@given(counter=st.integers(1, 2**63 - 1), floor=st.none() | st.integers(0, 2**63 - 2))
def test_a_handover_is_above_what_was_recorded_whatever_it_was(
    counter: int, floor: int | None
) -> None:
    for policy in (Policy(), MAX):
        world = World(policy)
        world.reply = world.done()
        world.leave(counter, floor=floor)
        heeded = floor if floor is not None and policy is MAX else 0
        assert world.hand_over().counter == max(counter, heeded) + 1


def test_with_h2_a_6_15_1_that_failed_is_recorded_all_the_same() -> None:
    counters = []
    for policy in (Policy(), faulty(Fault.H2)):
        world = World(policy)
        world.reply = world.done(StatusCode.BAD_CERTIFICATE)
        world.leave(OC)
        counters.append(world.hand_over().counter)
    assert counters == [1, OC + 1]


@pytest.mark.parametrize(("faults", "counter"), [((), OC + 1), ((Fault.H3,), 1)])
def test_with_h3_a_restart_loses_the_record(faults: tuple[Fault, ...], counter: int) -> None:
    ledger = Ledger("sqlite://")
    world = World(faulty(*faults), ledger=ledger)
    world.reply = world.done()
    world.leave(OC)
    again = World(faulty(*faults), ledger=ledger)
    assert again.hand_over().counter == counter


def test_with_h6_one_counter_for_all_devices_goes_backwards() -> None:
    world = World(faulty(Fault.H6))
    world.reply = world.done()
    world.leave(OC)
    assert world.hand_over().counter == OC + 1
    world.reply = lambda command: ()
    assert world.dsp.submit(world.retrieval()).counter == OC + 2
    world.reply = world.done()
    world.leave(100)
    assert world.hand_over().counter == 101


@pytest.mark.requirement("MP128A-13")
def test_a_future_dated_6_15_1_is_recorded_when_the_device_says_that_it_was_executed() -> None:
    """Settled by the alert 0x00CB; see the flow on an emulated device."""
    world = World()
    counters = world.dsp._gbcs._counters
    counters.expect(world.update(ACB, ACB, 2_000))
    counters.settle(DEVICE, NO, 1_999, True)
    placement = world.ledger.placement(DEVICE, NO)
    assert placement is not None
    assert not placement.confirmed
    counters.settle(DEVICE, NO, 2_000, True)
    placement = world.ledger.placement(DEVICE, NO)
    assert placement is not None
    assert placement.confirmed


def test_a_future_dated_6_15_1_that_failed_is_forgotten() -> None:
    world = World()
    counters = world.dsp._gbcs._counters
    counters.expect(world.update(ACB, ACB, 2_000))
    counters.settle(DEVICE, NO, 2_000, False)
    assert world.ledger.placement(DEVICE, NO) is None
