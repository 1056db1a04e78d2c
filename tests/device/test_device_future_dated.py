"""Future-dated CS02b: kept, kept through restarts, executed at its date, told by an alert."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rig import Rig, after, provisioned

from gbcs_hil.gbcs.credential_responses import UpdateAlert, UpdateResponse
from gbcs_hil.gbcs.names import AlertCode, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
)
from head_end import (
    ACB_BY_ACB,
    AUTHORITY,
    NETWORK_BY_NETWORK,
    NOW,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    holder,
    role_cells,
    signing,
    statuses,
)

NETWORK, SUPPLIER = Role.NETWORK_OPERATOR, Role.SUPPLIER
NO_DS, NO_KA = role_cells(NETWORK)
LATER = after(3600)


def handover(rig: Rig, counter: int, execution: datetime | None = LATER, **fields: Any) -> bytes:
    pairs = certificates(NETWORK, GAS_NETWORK_B)
    return rig.head_end.update(NETWORK_BY_NETWORK, counter, pairs, execution=execution, **fields)


def accept_for_later(rig: Rig, command: bytes) -> None:
    """Deliver a command that is answered without an outcome."""
    answer = rig.head_end.response(command, rig.accept(command), rig.now)
    assert answer.payload == bytes.fromhex("30020500")
    assert UpdateResponse.decode(answer.payload).outcome is None


def alert(rig: Rig, output: bytes, recipient: bytes, counter: int) -> UpdateAlert:
    return UpdateAlert.decode(rig.head_end.alert(output, 0x00CB, recipient, counter))


def waiting(rig: Rig) -> dict[int, str]:
    return {code: date for (code, _), (date, _) in rig.state.pending.items()}


def owner(rig: Rig) -> bytes:
    return rig.in_cell(NO_DS)[0]


def test_a_command_for_which_there_is_no_room_is_refused_and_changes_nothing() -> None:
    rig = provisioned("esme")
    pairs = certificates(Role.SUPPLIER, SUPPLIER_A) * 3
    for counter, mode in enumerate((SUPPLIER_BY_SUPPLIER, SUPPLIER_BY_COS), 1):
        rig.accept(rig.head_end.update(mode, counter, pairs[:8], execution=LATER))
    too_much = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5, pairs[:8], execution=LATER)
    assert rig.refuse(too_much) == "unsupported"
    assert rig.counter(Role.SUPPLIER) == 1
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 5, pairs[:8], execution=CANCEL))
    rig.accept(rig.head_end.update(SUPPLIER_BY_SUPPLIER, 6, pairs[:8], execution=LATER))


def test_a_command_waits_and_changes_no_cell_until_its_date() -> None:
    rig = provisioned("gpf")
    accept_for_later(rig, handover(rig, 7, floor=3))
    assert waiting(rig) == {0x0103: "20250601130000"}
    # The counter counts from now on, or the command itself could be replayed; the floor does not.
    assert rig.counter(NETWORK) == 7
    assert rig.tick(after(3599)) == []
    assert owner(rig) == GAS_NETWORK_A.eui


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("late", [0, 1, 10**6])
def test_it_executes_at_its_date_and_tells(late: int, restart: bool) -> None:
    rig = provisioned("gpf", originator_counter=1999)
    accept_for_later(rig, handover(rig, 7, floor=3))
    if restart:
        rig.restart()
    (output,) = rig.tick(after(3600 + late))
    said = alert(rig, output, GAS_NETWORK_A.eui, 2000)
    assert (said.alert_code, said.execution) == (AlertCode.FUTURE_DATED_SUCCESS, LATER)
    assert (said.outcome.sequence_number, said.outcome.mode) == (7, NETWORK_BY_NETWORK)
    assert [(change.role, change.floor) for change in said.outcome.changes] == [(NETWORK, 3)]
    assert statuses(said.outcome) == [StatusCode.SUCCESS] * 2
    assert [item.existing_eui for item in said.outcome.outcomes] == [GAS_NETWORK_A.eui] * 2
    assert [item.replacing_eui for item in said.outcome.outcomes] == [GAS_NETWORK_B.eui] * 2
    assert rig.in_cell(NO_KA) == (GAS_NETWORK_B.eui, agreement(GAS_NETWORK_B).public_key)
    assert (rig.counter(NETWORK), waiting(rig)) == (3, {})
    rig.restart()
    assert rig.tick(after(10**7)) == []
    assert (owner(rig), rig.counter(NETWORK)) == (GAS_NETWORK_B.eui, 3)


def test_a_cell_that_fails_is_told_as_a_failure() -> None:
    rig = provisioned("gpf")
    pairs = [(signing(GAS_NETWORK_B).certificate, NO_DS), (b"\x30\x00", NO_KA)]
    command = rig.head_end.update(NETWORK_BY_NETWORK, 7, pairs, execution=LATER)
    accept_for_later(rig, command)
    (output,) = rig.tick(LATER)
    said = alert(rig, output, GAS_NETWORK_A.eui, 2000)
    assert said.alert_code is AlertCode.FUTURE_DATED_FAILURE
    assert statuses(said.outcome) == [StatusCode.SUCCESS, StatusCode.BAD_CERTIFICATE]
    assert rig.in_cell(NO_KA)[1] == holder(NO_KA).public_key


def test_certificates_are_judged_at_the_date() -> None:
    """What has expired by then fails, what is not valid yet today may pass."""
    expiring = AUTHORITY.organisation(
        NETWORK,
        GAS_NETWORK_B.eui,
        cells=[NO_DS],
        generation=4,
        not_before=datetime(2015, 6, 1, 12, 30, tzinfo=UTC),
    )[0]
    beginning = AUTHORITY.organisation(
        NETWORK, GAS_NETWORK_B.eui, cells=[NO_KA], generation=4, not_before=after(1800)
    )[0]
    rig = provisioned("gpf")
    pairs = [(expiring.certificate, NO_DS), (beginning.certificate, NO_KA)]
    now = rig.head_end.update(NETWORK_BY_NETWORK, 6, pairs)
    then = rig.head_end.update(NETWORK_BY_NETWORK, 7, pairs, execution=LATER)
    good, bad = StatusCode.SUCCESS, StatusCode.BAD_CERTIFICATE
    assert statuses(rig.head_end.outcome(now, rig.accept(now))) == [good, bad]
    rig = provisioned("gpf")
    accept_for_later(rig, then)
    (output,) = rig.tick(LATER)
    assert statuses(alert(rig, output, GAS_NETWORK_A.eui, 2000).outcome) == [bad, good]


def test_without_floor_execution_does_not_move_the_counter_back() -> None:
    rig = provisioned("gpf")
    accept_for_later(rig, handover(rig, 7))
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 50, certificates(NETWORK, GAS_NETWORK_A)))
    assert len(rig.tick(LATER)) == 1
    assert rig.counter(NETWORK) == 50


def test_the_command_is_not_replayed_while_it_waits_nor_afterwards() -> None:
    rig = provisioned("gpf")
    command = handover(rig, 7)
    accept_for_later(rig, command)
    assert rig.refuse(command) == "replay"
    rig.restart()
    assert rig.refuse(command) == "replay"
    rig.tick(LATER)
    assert rig.refuse(command) == "not-authorised"


def test_a_later_command_of_the_same_code_takes_its_place() -> None:
    rig = provisioned("gpf")
    accept_for_later(rig, handover(rig, 7))
    accept_for_later(rig, handover(rig, 8, after(7200)))
    assert waiting(rig) == {0x0103: "20250601140000"}
    assert rig.tick(after(3600)) == []
    (output,) = rig.tick(after(7200))
    assert alert(rig, output, GAS_NETWORK_A.eui, 2000).outcome.sequence_number == 8


def test_cancelling_leaves_nothing_to_execute() -> None:
    rig = provisioned("gpf")
    accept_for_later(rig, handover(rig, 7, floor=3))
    cancel = handover(rig, 8, CANCEL, floor=3)
    assert b"99991231235959Z" in cancel
    accept_for_later(rig, cancel)
    assert waiting(rig) == {}
    # Nothing of the cancelling command is executed either.
    assert (rig.counter(NETWORK), owner(rig)) == (8, GAS_NETWORK_A.eui)
    rig.restart()
    assert rig.tick(after(10**8)) == []
    assert rig.refuse(cancel) == "replay"


def test_cancelling_where_nothing_waits_is_accepted() -> None:
    rig = provisioned("gpf")
    accept_for_later(rig, handover(rig, 7, CANCEL))
    assert (rig.counter(NETWORK), waiting(rig)) == (7, {})


def test_cancelling_is_for_the_same_message_code() -> None:
    rig = provisioned("gpf")
    accept_for_later(rig, handover(rig, 7))
    pairs = certificates(SUPPLIER, SUPPLIER_B)
    cancel = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 8, pairs, execution=CANCEL)
    accept_for_later(rig, cancel)
    assert list(waiting(rig)) == [0x0103]


@pytest.mark.parametrize("spoil", ["mac", "signature"])
def test_a_forged_cancellation_cancels_nothing(spoil: str) -> None:
    rig = provisioned("gpf")
    accept_for_later(rig, handover(rig, 7))
    forged = handover(rig, 8, CANCEL, signer=signing(SUPPLIER_A))
    if spoil == "mac":
        forged = forged[:-1] + bytes([forged[-1] ^ 1])
    assert rig.refuse(forged) == "bad-" + spoil
    assert list(waiting(rig)) == [0x0103]


def test_two_that_fall_due_together_execute_in_the_order_of_their_dates() -> None:
    rig = provisioned("gpf", originator_counter=4)
    accept_for_later(rig, handover(rig, 7, after(20)))
    pairs = certificates(SUPPLIER, SUPPLIER_B)
    command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 8, pairs, execution=after(10))
    accept_for_later(rig, command)
    first, second = rig.tick(after(30))
    assert alert(rig, first, SUPPLIER_A.eui, 5).outcome.mode == SUPPLIER_BY_SUPPLIER
    assert alert(rig, second, GAS_NETWORK_A.eui, 6).outcome.mode == NETWORK_BY_NETWORK
    rig.restart()
    assert rig.state.originator_counter == 6


def test_a_device_may_execute_one_at_a_time() -> None:
    rig = provisioned("gpf", originator_counter=4)
    accept_for_later(rig, handover(rig, 7, after(20)))
    pairs = certificates(SUPPLIER, SUPPLIER_B)
    command = rig.head_end.update(SUPPLIER_BY_SUPPLIER, 8, pairs, execution=after(10))
    accept_for_later(rig, command)
    (first,) = rig.tick(after(30), at_most=1)
    assert alert(rig, first, SUPPLIER_A.eui, 5).outcome.mode == SUPPLIER_BY_SUPPLIER
    assert list(waiting(rig)) == [0x0103]
    rig.restart()
    (second,) = rig.tick(after(30), at_most=1)
    assert alert(rig, second, GAS_NETWORK_A.eui, 6).outcome.mode == NETWORK_BY_NETWORK
    assert rig.tick(after(30), at_most=1) == []


def test_the_brokers_command_waits_too() -> None:
    rig = provisioned("gpf")
    pair = (agreement(ACB).certificate, ACB_KEY_AGREEMENT)
    accept_for_later(rig, rig.head_end.update(ACB_BY_ACB, 7, [pair], execution=LATER))
    (output,) = rig.tick(LATER)
    assert alert(rig, output, ACB.eui, 2000).alert_code is AlertCode.FUTURE_DATED_SUCCESS


def test_the_devices_own_counter_goes_on_through_restarts() -> None:
    rig = provisioned("gpf", originator_counter=2**32 - 1)
    for number in (1, 2, 3):
        pairs = certificates(NETWORK, GAS_NETWORK_A)
        command = rig.head_end.update(NETWORK_BY_NETWORK, number, pairs, execution=after(number))
        accept_for_later(rig, command)
        (output,) = rig.tick(after(number))
        alert(rig, output, GAS_NETWORK_A.eui, 2**32 - 1 + number)
        rig.restart()
        rig.now = NOW


@pytest.mark.parametrize("execution", [NOW, after(-1), datetime(2000, 1, 1, tzinfo=UTC)])
def test_a_date_that_has_passed_means_now(execution: datetime) -> None:
    rig = provisioned("gpf")
    command = handover(rig, 7, execution, floor=3)
    done = rig.head_end.outcome(command, rig.accept(command))
    assert statuses(done) == [StatusCode.SUCCESS] * 2
    assert (owner(rig), waiting(rig), rig.counter(NETWORK)) == (GAS_NETWORK_B.eui, {}, 3)


@pytest.mark.parametrize("execution", [NOW, after(-1)])
def test_a_device_may_refuse_a_date_that_has_passed(execution: datetime) -> None:
    rig = provisioned("gpf", settings={"past-execution-date": "refuse"})
    assert rig.refuse(handover(rig, 7, execution)) == "not-authorised"
    accept_for_later(rig, handover(rig, 7, after(1)))


def test_what_is_refused_at_once_does_not_wait() -> None:
    rig = provisioned("gpf", {NETWORK: 7})
    assert rig.refuse(handover(rig, 7)) == "replay"
    assert rig.refuse(handover(rig, 8, authorising_cell=NO_KA)) == "not-authorised"
    assert waiting(rig) == {}


@pytest.mark.parametrize(
    "date",
    [
        b"\x18\x0f20251301000000Z",
        b"\x18\x0f20250132000000Z",
        b"\x18\x0f20250101240000Z",
        b"\x18\x0f2025010100000.Z",
        b"\x18\x0e20250101000000",
        b"\x18\x1120250101000000.5Z",
        b"\x18\x1320250101000000+0000",
        b"\x17\x0d250601130000Z",
    ],
)
def test_an_execution_date_that_is_none_is_malformed(date: bytes) -> None:
    rig = provisioned("gpf")
    message = rig.head_end.pre_command(NETWORK_BY_NETWORK, 7, [], path=[])
    assert message.payload[0] == 0x30
    assert message.payload[1] < 0x60
    payload = bytes([0x30, message.payload[1] + len(date)]) + message.payload[2:] + date
    message = type(message)(message.header, payload)
    command = rig.head_end.protect(message, signing(GAS_NETWORK_A))
    assert rig.refuse(command) == "malformed"


def test_a_device_without_waiting_commands_ticks_in_silence() -> None:
    rig = provisioned("gpf")
    before = dict(rig.medium.files)
    assert rig.tick(after(10**6)) == []
    assert rig.medium.files == before
