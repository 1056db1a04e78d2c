"""The DSP's flow with a device that is only a function: what it sends, believes and records."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from dcc_world import DEVICE as GPF
from dcc_world import NO as ROLE
from dcc_world import Reply, World, certificates_of
from gbcs_hil.dcc.ledger import Placement
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import (
    RetrieveDeviceSecurityCredentialsKRP,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.users import User
from gbcs_hil.dcc.validation import CHECKS
from gbcs_hil.errors import AuthenticationError, LinkError
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import KeyUsage, StatusCode
from gbcs_hil.gbcs.security import shared_secret, sign, verify_mac, verify_signature
from gbcs_hil.gbcs.security_credentials import UpdateCredentials
from gbcs_hil.gbcs.trust_anchors import digital_signing
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A


@pytest.fixture
def world() -> Iterator[World]:
    made = World(Policy(mp128a=True))
    yield made
    made.ledger.close()


@pytest.mark.requirement("DUIS-13")
def test_a_6_15_1_carries_the_users_signature_and_the_acbs_mac(world: World) -> None:
    outcome = world.leave()
    command = world.sent[0]
    user = world.pki.credential(GAS_NETWORK_A.eui, KeyUsage.DIGITAL_SIGNATURE)
    verify_signature(command, user.public_key)
    acb = world.pki.credential(ACB.eui, KeyUsage.KEY_AGREEMENT)
    verify_mac(command, shared_secret(world.agreement.private_key, acb.public_key))
    assert command.header.originator == GAS_NETWORK_A.eui
    assert command.header.counter == outcome.counter == 1_700_000_000_123


@pytest.mark.requirement("DUIS-13")
def test_a_6_21_is_originated_and_signed_by_the_acb(world: World) -> None:
    world.hand_over()
    command = world.sent[0]
    acb = world.pki.credential(ACB.eui, KeyUsage.DIGITAL_SIGNATURE)
    verify_signature(command, acb.public_key)
    assert command.header.originator == ACB.eui
    decoded = UpdateCredentials.decode(command.payload)
    assert decoded.authorising_cell == digital_signing(ROLE)
    assert decoded.sequence_number == command.header.counter
    assert decoded.floor == 0


def test_a_6_24_1_is_protected_by_the_mac_alone(world: World) -> None:
    request = RetrieveDeviceSecurityCredentialsKRP(
        id=User(SUPPLIER_A, world.pki).request_id(GPF, 1), roles=(ROLE,)
    )
    assert world.dsp.submit(request).code.code == "E21"
    assert world.sent[0].signature == b""
    assert world.sent[0].mac is not None


def test_a_line_that_breaks_is_in_the_trail(world: World) -> None:
    def broken(_: Message) -> tuple[bytes, ...]:
        raise LinkError("the cable is out")

    world.reply = broken
    with pytest.raises(LinkError):
        world.leave()
    *_, last = world.ledger.trail.rows()
    assert (last.event, last.detail) == ("broken off", "the cable is out")


def test_silence_is_e21(world: World) -> None:
    outcome = world.leave()
    assert (outcome.code.code, outcome.response) == ("E21", None)


@pytest.mark.requirement("MP128A-13", "MP128A-14")
def test_a_success_that_placed_acb_certificates_is_recorded_and_exceeded(world: World) -> None:
    world.reply = world.done(StatusCode.SUCCESS)
    assert world.leave(1_700_000_000_123).code.code == "I0"
    placed = Placement(GAS_NETWORK_A.eui, 1_700_000_000_123, confirmed=True)
    assert world.ledger.placement(GPF, ROLE) == placed
    assert world.hand_over().counter == 1_700_000_000_124
    assert world.ledger.placement(GPF, ROLE) is None


@pytest.mark.requirement("MP128A-13")
def test_without_mp128a_nothing_is_recorded() -> None:
    world = World(Policy(mp128a=False))
    world.reply = world.done(StatusCode.SUCCESS)
    world.leave()
    assert world.ledger.placement(GPF, ROLE) is None
    assert world.hand_over().counter == 1
    world.ledger.close()


@pytest.mark.requirement("MP128A-13")
def test_a_6_15_1_that_places_another_partys_certificates_is_not_recorded(world: World) -> None:
    world.reply = world.done(StatusCode.SUCCESS)
    world.ask(GAS_NETWORK_A, world.update(GAS_NETWORK_A, GAS_NETWORK_B, 5_000))
    assert world.ledger.placement(GPF, ROLE) is None
    assert world.hand_over().counter == 1


@pytest.mark.requirement("MP128A-13")
def test_a_6_15_1_that_failed_is_not_recorded(world: World) -> None:
    world.reply = world.done(StatusCode.BAD_CERTIFICATE)
    world.leave()
    assert world.ledger.placement(GPF, ROLE) is None


@pytest.mark.requirement("MP128A-13")
def test_a_6_15_1_that_failed_does_not_hide_the_one_before(world: World) -> None:
    world.reply = world.done(StatusCode.SUCCESS)
    world.leave(5_000)
    world.reply = world.done(StatusCode.BAD_CERTIFICATE)
    world.leave(6_000)
    assert world.ledger.placement(GPF, ROLE) == Placement(GAS_NETWORK_A.eui, 5_000, True)


@pytest.mark.requirement("MP128A-14")
def test_a_6_15_1_whose_response_was_lost_is_exceeded_all_the_same(world: World) -> None:
    """The device may have executed it: nobody knows, so the counter must be above."""
    world.leave(5_000)
    assert world.ledger.placement(GPF, ROLE) == Placement(GAS_NETWORK_A.eui, 5_000, False)
    assert world.hand_over().counter == 5_001


def test_a_crash_while_the_6_15_1_is_on_its_way_loses_nothing(world: World) -> None:
    def crash(command: Message) -> tuple[bytes, ...]:
        raise KeyboardInterrupt

    world.reply = crash
    with pytest.raises(KeyboardInterrupt):
        world.leave(5_000)
    world.reply = lambda command: ()
    assert world.hand_over().counter == 5_001


def test_a_handover_that_got_no_answer_keeps_the_record(world: World) -> None:
    world.reply = world.done(StatusCode.SUCCESS)
    world.leave(5_000)
    world.reply = lambda command: ()
    assert world.hand_over().counter == 5_001
    # The next try must be higher still: the first may have reached the device.
    assert world.hand_over().counter == 5_002


@pytest.mark.requirement("DUIS-7")
def test_a_device_that_is_not_in_the_inventory_is_e19(world: World) -> None:
    request = RetrieveDeviceSecurityCredentialsKRP(
        id=User(SUPPLIER_A, world.pki).request_id(bytes(8), 1), roles=(ROLE,)
    )
    assert world.dsp.submit(request).code.code == "E19"
    assert not world.sent


@pytest.mark.requirement("DUIS-12")
def test_another_pre_command_than_the_transformed_one_is_not_sent(world: World) -> None:
    user = User(GAS_NETWORK_A, world.pki)
    request, other = (
        UpdateSecurityCredentialsKRP(
            id=user.request_id(GPF, counter), role=ROLE, certificates=certificates_of(ACB)
        )
        for counter in (10, 11)
    )
    signed = user.sign(other, world.dsp.transform(other))
    assert world.dsp.submit(request, signed).code.code == "B-PRECOMMAND"
    assert not world.sent


@pytest.mark.requirement("DUIS-13")
def test_another_partys_signature_is_not_sent(world: World) -> None:
    user = User(GAS_NETWORK_A, world.pki)
    request = UpdateSecurityCredentialsKRP(
        id=user.request_id(GPF, 10), role=ROLE, certificates=certificates_of(ACB)
    )
    stranger = world.pki.credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE)
    signed = sign(world.dsp.transform(request), stranger.private_key)
    assert world.dsp.submit(request, signed).code.code == "B-SIGNATURE"
    assert not world.sent


@pytest.mark.requirement("DUIS-8")
def test_a_critical_request_needs_its_signed_pre_command(world: World) -> None:
    request = UpdateSecurityCredentialsKRP(
        id=User(GAS_NETWORK_A, world.pki).request_id(GPF, 10),
        role=ROLE,
        certificates=certificates_of(ACB),
    )
    outcome = world.dsp.submit(request)
    assert (outcome.code.code, outcome.check) == ("E12", "command-variant")
    assert not world.sent


def test_a_user_does_not_sign_what_it_did_not_ask_for(world: World) -> None:
    user = User(GAS_NETWORK_A, world.pki)
    request = UpdateSecurityCredentialsKRP(
        id=user.request_id(GPF, 10), role=ROLE, certificates=certificates_of(ACB)
    )
    wrong = (
        replace(request, certificates=certificates_of(GAS_NETWORK_B)),
        replace(request, floor=0),
        replace(request, id=user.request_id(GPF, 11)),
    )
    for other in wrong:
        transformed = World().dsp.transform(other)
        with pytest.raises(AuthenticationError, match=GAS_NETWORK_A.name):
            user.sign(request, transformed)


def forged(world: World) -> Reply:
    stranger = world.pki.credential(ACB.eui, KeyUsage.DIGITAL_SIGNATURE)
    return lambda command: (
        sign(world.signed(command, b"\x30\x02\x05\x00"), stranger.private_key).encode(),
    )


def of_another_command(world: World) -> Reply:
    def reply(command: Message) -> tuple[bytes, ...]:
        other = Message(replace(command.header, counter=7), command.payload)
        return (world.signed(other, b"\x30\x02\x05\x00").encode(),)

    return reply


def echoed(world: World) -> Reply:
    return lambda command: (command.encode(),)


def garbage(world: World) -> Reply:
    return lambda command: (b"\xdf\x00",)


def authentic_nonsense(world: World) -> Reply:
    return lambda command: (world.signed(command, b"\x30\x02\x05\x01").encode(),)


@pytest.mark.parametrize(
    "reply", [authentic_nonsense, forged, of_another_command, echoed, garbage]
)
def test_a_response_that_cannot_be_trusted_is_no_success(
    world: World, reply: Callable[[World], Reply]
) -> None:
    world.reply = reply(world)
    outcome = world.leave()
    assert outcome.code.code == "B-RESPONSE"
    assert outcome.code.of_the_bench
    assert outcome.response is None
    placement = world.ledger.placement(GPF, ROLE)
    assert placement is None or not placement.confirmed


@pytest.mark.requirement("S107-38")
def test_every_request_check_message_and_outcome_is_in_the_audit_trail(world: World) -> None:
    world.hand_over()
    rows = world.ledger.trail.rows()
    told = [(row.kind, row.event) for row in rows if row.kind != "check"]
    assert told == [("request", "send"), ("message", "command"), ("outcome", "E21")]
    checked = [(row.event, row.detail) for row in rows if row.kind == "check"]
    assert checked == [(check.name, "passed") for check in CHECKS]
    assert {row.service for row in rows} == {"6.21"}
    assert {row.request_id for row in rows} == {
        "02-47-42-48-49-4C-01-00:02-47-42-48-49-46-00-01:1001"
    }
    assert parse(bytes.fromhex(rows[-2].detail)) == world.sent[0]
