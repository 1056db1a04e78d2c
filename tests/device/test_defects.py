"""Each defect shows as the catalogue says, and only on a device that has it."""

from collections.abc import Callable
from typing import Any

import pytest
from payment_messages import ECS02
from rig import Medium, Rig, after, provisioned
from test_device_power_cuts import Cut, FailingMedium

from gbcs_device import defects
from gbcs_device.defects import storage
from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
)
from head_end import (
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    role_cells,
    signing,
    statuses,
)

NETWORK, SUPPLIER = Role.NETWORK_OPERATOR, Role.SUPPLIER
NO_DS, NO_KA = role_cells(NETWORK)

GOOD, REPLAY = "accepted", "replay"


def network(rig: Rig, counter: int, to: Party = GAS_NETWORK_B, **fields: Any) -> bytes:
    """Return the network operator's replacement of its own cells."""
    return rig.head_end.update(NETWORK_BY_NETWORK, counter, certificates(NETWORK, to), **fields)


def renewal(rig: Rig, counter: int, **fields: Any) -> bytes:
    return network(rig, counter, GAS_NETWORK_A, **fields)


def supplier(rig: Rig, counter: int, **fields: Any) -> bytes:
    pairs = certificates(SUPPLIER, SUPPLIER_A)
    return rig.head_end.update(SUPPLIER_BY_SUPPLIER, counter, pairs, **fields)


def told(rig: Rig, role: Role) -> int:
    """Return the counter of a role in a CS02a response."""
    command = rig.head_end.read(1, role)
    payload = rig.head_end.response(command, rig.accept(command), None).payload
    (read,) = ReadResponse.decode(payload).roles
    assert read.sequence_number is not None
    return read.sequence_number


def verdicts(rig: Rig, *commands: bytes) -> list[str]:
    return [str(rig.deliver(command).verdict) for command in commands]


def exact_replay(rig: Rig) -> object:
    command = renewal(rig, 10)
    return verdicts(rig, command, command)


def replay_after_a_restart(rig: Rig) -> object:
    command = renewal(rig, 10)
    first = verdicts(rig, command)
    rig.restart()
    return first + verdicts(rig, command)


def replay_two_commands_after_a_restart(rig: Rig) -> object:
    commands = renewal(rig, 10), renewal(rig, 11)
    first = verdicts(rig, *commands)
    rig.restart()
    return first + verdicts(rig, *commands)


def floor_of_network_operator(rig: Rig) -> object:
    return [*verdicts(rig, network(rig, 1000, floor=5)), rig.live_counter(NETWORK)]


def floor_of_supplier(rig: Rig) -> object:
    pairs = certificates(SUPPLIER, SUPPLIER_B)
    verdicts(rig, supplier(rig, 1000))
    others = (SequenceNumberChange(SUPPLIER, 5),)
    command = rig.head_end.update(SUPPLIER_BY_COS, 7, pairs, other_floors=others)
    return [*verdicts(rig, command), rig.live_counter(SUPPLIER), rig.live_counter(NETWORK)]


def a_small_number_of_another_role(rig: Rig) -> object:
    return [*verdicts(rig, renewal(rig, 1000), supplier(rig, 10)), told(rig, SUPPLIER)]


def a_forged_high_counter(rig: Rig) -> object:
    forged = renewal(rig, 2**62, signer=signing(SUPPLIER_A))
    return verdicts(rig, forged, renewal(rig, 10))


def a_failed_command_again(rig: Rig) -> object:
    wrong = [certificate for certificate, _ in certificates(SUPPLIER, SUPPLIER_A)][:2]
    cells = list(zip(wrong, (NO_DS, NO_KA), strict=True))
    command = rig.head_end.update(NETWORK_BY_NETWORK, 10, cells)
    return verdicts(rig, command, command)


def milliseconds(rig: Rig) -> object:
    commands = renewal(rig, 2**32 - 1), renewal(rig, 2**32 + 5)
    return [*verdicts(rig, *commands), told(rig, NETWORK)]


def top(rig: Rig, counter: int) -> bytes:
    """Return a command that names its counter in the header alone."""
    return ECS02.command(rig, counter)


def beyond_signed(rig: Rig) -> object:
    return verdicts(rig, top(rig, 2**63 - 1), top(rig, 2**63))


def power_cut_between_cells(rig: Rig) -> object:
    """Cut the power at each write of a handover; tell whether cells and counter ever part."""
    seen = set()
    for at in range(40):
        cut = Rig(FailingMedium(rig.medium.files, 10**9), rig.head_end)
        assert isinstance(cut.medium, FailingMedium)
        cut.medium.left = at
        try:
            cut.deliver(network(cut, 10))
        except Cut:
            pass
        else:
            break
        left = Rig(Medium(cut.medium.files), rig.head_end)
        owners = {left.in_cell(NO_DS)[0], left.in_cell(NO_KA)[0]}
        seen.add(len(owners) == 2)
    return seen


def an_acb_certificate(rig: Rig) -> object:
    return statuses(rig.outcome(network(rig, 10, ACB)))


def a_stranger_takes_the_cells(rig: Rig) -> object:
    return verdicts(rig, network(rig, 10, owner=GAS_NETWORK_B))


def a_stranger_in_anothers_name(rig: Rig) -> object:
    return verdicts(rig, network(rig, 10, signer=signing(GAS_NETWORK_B)))


def what_is_told_after_a_floor(rig: Rig) -> object:
    verdicts(rig, renewal(rig, 10, floor=3), renewal(rig, 20))
    return told(rig, NETWORK)


def commands_around_a_date(rig: Rig) -> object:
    early = verdicts(rig, renewal(rig, 10, execution=after(60)), supplier(rig, 5))
    between = renewal(rig, 20)
    early += verdicts(rig, between)
    rig.tick(after(61))
    return early + verdicts(rig, between)


def handover_and_restart(rig: Rig) -> object:
    verdicts(rig, network(rig, 10))
    rig.restart()
    return rig.in_cell(NO_DS)[0], rig.live_counter(NETWORK)


def older_than_a_renewal(rig: Rig) -> object:
    old = renewal(rig, 10)
    return verdicts(rig, old, renewal(rig, 20), old)


def outputs_of_a_replay(rig: Rig) -> object:
    command = renewal(rig, 10)
    rig.deliver(command)
    return len(rig.deliver(command).outputs)


def hub_exchange(rig: Rig) -> object:
    verdicts(rig, network(rig, 10))
    rig.restore_device_log()
    return rig.in_cell(NO_DS)[0]


SUCCESS, BAD = StatusCode.SUCCESS, StatusCode.BAD_CERTIFICATE

# Defect, experiment, what a good device does, what one with the defect does.
SHOWN: list[tuple[str, Callable[[Rig], object], object, object]] = [
    ("D1", exact_replay, [GOOD, REPLAY], [GOOD, GOOD]),
    ("D2", replay_after_a_restart, [GOOD, REPLAY], [GOOD, GOOD]),
    (
        "D2",
        replay_two_commands_after_a_restart,
        [GOOD, GOOD, REPLAY, REPLAY],
        [GOOD, GOOD, GOOD, GOOD],
    ),
    ("D3", replay_after_a_restart, [GOOD, REPLAY], [GOOD, GOOD]),
    (
        "D3",
        replay_two_commands_after_a_restart,
        [GOOD, GOOD, REPLAY, REPLAY],
        [GOOD, GOOD, REPLAY, GOOD],
    ),
    ("D4", floor_of_network_operator, [GOOD, 5], [GOOD, 1000]),
    ("D4", floor_of_supplier, [GOOD, 5, 0], [GOOD, 5, 0]),
    ("D5", floor_of_network_operator, [GOOD, 5], [GOOD, 1000]),
    ("D5", floor_of_supplier, [GOOD, 5, 0], [GOOD, 1000, 0]),
    ("D6", floor_of_supplier, [GOOD, 5, 0], [GOOD, 1000, 5]),
    ("D7", a_small_number_of_another_role, [GOOD, GOOD, 10], [GOOD, REPLAY, 1000]),
    ("D8", a_forged_high_counter, ["bad-signature", GOOD], ["bad-signature", REPLAY]),
    ("D9", a_failed_command_again, [GOOD, REPLAY], [GOOD, GOOD]),
    ("D10", milliseconds, [GOOD, GOOD, 2**32 + 5], [GOOD, REPLAY, 2**32 - 1]),
    ("D11", beyond_signed, [GOOD, GOOD], [GOOD, REPLAY]),
    ("D12", power_cut_between_cells, {False}, {False, True}),
    ("D13", an_acb_certificate, [SUCCESS, SUCCESS], [BAD, BAD]),
    ("D14", a_stranger_takes_the_cells, ["not-authorised"], [GOOD]),
    ("D14", a_stranger_in_anothers_name, ["bad-signature"], [GOOD]),
    ("D15", what_is_told_after_a_floor, 20, 3),
    ("D16", commands_around_a_date, [GOOD, GOOD, GOOD, REPLAY], [GOOD, GOOD, GOOD, GOOD]),
    ("D17", handover_and_restart, (GAS_NETWORK_B.eui, 10), (GAS_NETWORK_A.eui, 0)),
    ("D18", older_than_a_renewal, [GOOD, GOOD, REPLAY], [GOOD, GOOD, GOOD]),
    ("D19", outputs_of_a_replay, 0, 1),
    ("D20", hub_exchange, GAS_NETWORK_B.eui, GAS_NETWORK_A.eui),
    ("D21", floor_of_network_operator, [GOOD, 5], [GOOD, 1000]),
]


def shown(name: str | None, experiment: Callable[[Rig], object]) -> object:
    return experiment(provisioned("esme", defects=[name] if name else []))


@pytest.mark.parametrize(
    ("name", "experiment", "good", "bad"),
    [pytest.param(*row, id=f"{row[0]}-{row[1].__name__}") for row in SHOWN],
)
def test_a_defect_shows(
    name: str, experiment: Callable[[Rig], object], good: object, bad: object
) -> None:
    assert shown(None, experiment) == good
    assert shown(name, experiment) == bad


def test_every_defect_is_shown() -> None:
    assert {name for name, *_ in SHOWN} == set(defects.MODULES)


def test_the_response_of_d21_echoes_the_floor() -> None:
    for chosen in ([], ["D21"]):
        rig = provisioned("gpf", defects=chosen)
        changes = rig.outcome(network(rig, 1000, floor=5)).changes
        assert [(change.role, change.floor) for change in changes] == [(NETWORK, 5)]


def test_defects_of_one_device_are_not_anothers() -> None:
    provisioned("gpf", defects=list(defects.MODULES))
    assert exact_replay(provisioned("gpf")) == [GOOD, REPLAY]


@pytest.mark.parametrize("name", defects.MODULES)
@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_a_defective_device_still_does_an_honest_renewal(name: str, device_type: str) -> None:
    rig = provisioned(device_type, defects=[name])
    assert statuses(rig.outcome(supplier(rig, 10)))[:2] == [SUCCESS, SUCCESS]
    assert rig.live_counter(SUPPLIER) in (10, 0)


@pytest.mark.parametrize("turned", [False, True])
def test_d12_writes_the_cells_in_one_order_whatever_a_dict_makes_of_it(turned: bool) -> None:
    """MicroPython's dict has none of its own: a simulated device would part other cells."""
    written: list[dict[str, int]] = []

    class State:
        def __init__(self, cells: dict[str, int]) -> None:
            self.cells = cells

        def copy(self) -> "State":
            return State(dict(self.cells))

    class Store:
        state = State({"a": 1, "b": 1})

        def commit(self, state: State) -> None:
            self.state = state.copy()
            written.append(dict(state.cells))

    store = Store()
    if turned:
        store.state = State({"b": 1, "a": 1})
    storage.d12(None, store)
    state = store.state.copy()
    state.cells.update(a=2_000, b=2_000)
    store.commit(state)
    assert written == [{"a": 2_000, "b": 1}, {"a": 2_000, "b": 2_000}, {"a": 2_000, "b": 2_000}]
