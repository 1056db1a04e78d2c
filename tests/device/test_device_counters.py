"""Execution counters: what moves them, where to, and what they keep out."""

from typing import Any

import pytest
from rig import Rig, provisioned

from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.names import CredentialsReplacementMode, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
)
from head_end import (
    ACB_BY_ACB,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    signing,
    statuses,
)

NETWORK, SUPPLIER, BROKER = Role.NETWORK_OPERATOR, Role.SUPPLIER, Role.ACCESS_CONTROL_BROKER
ROLES = {SUPPLIER_BY_SUPPLIER: SUPPLIER, NETWORK_BY_NETWORK: NETWORK, ACB_BY_ACB: BROKER}
KEEPING: dict[CredentialsReplacementMode, Party] = {
    SUPPLIER_BY_SUPPLIER: SUPPLIER_A,
    NETWORK_BY_NETWORK: GAS_NETWORK_A,
    ACB_BY_ACB: ACB,
}
START = {role: 100 * role for role in Role if role <= Role.TRANSITIONAL_COS}


def told(rig: Rig) -> dict[Role, int | None]:
    """Return the counters that CS02a tells."""
    command = rig.head_end.read(1, *START)
    answer = rig.head_end.response(command, rig.accept(command), None)
    roles = ReadResponse.decode(answer.payload).roles
    return {item.role: item.sequence_number for item in roles}


def update(rig: Rig, mode: CredentialsReplacementMode, counter: int, **fields: Any) -> bytes:
    """Return a command that leaves the owner where it is."""
    replacements = certificates(ROLES[mode], KEEPING[mode])
    return rig.head_end.update(mode, counter, replacements, **fields)


def changes(rig: Rig, command: bytes) -> tuple[SequenceNumberChange, ...]:
    return rig.head_end.outcome(command, rig.accept(command)).changes


@pytest.mark.parametrize("mode", ROLES)
@pytest.mark.parametrize(
    ("floor", "after"),
    [(None, 5000), (0, 0), (1, 1), (4999, 4999), (5000, 5000), (5001, 5001), (2**63 - 1,) * 2],
)
def test_a_floor_sets_the_roles_counter_up_or_down(
    mode: CredentialsReplacementMode, floor: int | None, after: int
) -> None:
    rig = provisioned("gpf", START)
    role = ROLES[mode]
    listed = changes(rig, update(rig, mode, 5000, floor=floor))
    assert listed == (() if floor is None else (SequenceNumberChange(role, floor),))
    assert told(rig) == START | {role: after}
    rig.restart()
    assert told(rig) == START | {role: after}


@pytest.mark.parametrize("mode", ROLES)
def test_a_counter_has_to_exceed_its_roles_last(mode: CredentialsReplacementMode) -> None:
    rig = provisioned("gpf", START)
    last = START[ROLES[mode]]
    for counter in (0, 1, last - 1, last):
        assert rig.refuse(update(rig, mode, counter)) == "replay"
    rig.accept(update(rig, mode, last + 1))
    # The same again, and the same in another command.
    assert rig.refuse(update(rig, mode, last + 1)) == "replay"
    assert rig.refuse(update(rig, mode, last + 1, floor=7)) == "replay"
    rig.accept(update(rig, mode, last + 2))


def test_roles_have_counters_of_their_own() -> None:
    rig = provisioned("gpf")
    rig.accept(update(rig, NETWORK_BY_NETWORK, 1_700_000_000_123))
    rig.accept(update(rig, SUPPLIER_BY_SUPPLIER, 3))
    rig.accept(update(rig, ACB_BY_ACB, 2))
    assert told(rig) == dict.fromkeys(START, 0) | {
        NETWORK: 1_700_000_000_123,
        SUPPLIER: 3,
        BROKER: 2,
    }


EXACT = [1, 2**31, 2**32, 2**53, 2**63 - 1]


@pytest.mark.parametrize("counter", EXACT)
def test_counters_are_exact(counter: int) -> None:
    rig = provisioned("gpf", {NETWORK: counter - 1})
    assert rig.refuse(update(rig, NETWORK_BY_NETWORK, counter - 1)) == "replay"
    changes(rig, update(rig, NETWORK_BY_NETWORK, counter))
    rig.restart()
    assert told(rig)[NETWORK] == counter
    assert rig.refuse(update(rig, NETWORK_BY_NETWORK, counter)) == "replay"


@pytest.mark.parametrize("counter", EXACT[1:])
def test_a_large_counter_keeps_every_smaller_one_out(counter: int) -> None:
    rig = provisioned("gpf", {NETWORK: counter})
    for smaller in (1, counter >> 1, counter & 0xFFFFFFFF, counter - 1, counter):
        assert rig.refuse(update(rig, NETWORK_BY_NETWORK, smaller)) == "replay"


@pytest.mark.parametrize("counter", [2**63 - 1, 2**63, 2**64 - 1])
def test_the_last_counters_shut_everybody_out(counter: int) -> None:
    rig = provisioned("gpf", {NETWORK: counter})
    for smaller in (1, 2**31, 2**63 - 1):
        assert rig.refuse(update(rig, NETWORK_BY_NETWORK, smaller)) == "replay"


@pytest.mark.parametrize("counter", [2**63, 2**64 - 1])
def test_sequence_numbers_end_below_2_to_63(counter: int) -> None:
    rig = provisioned("gpf")
    assert rig.refuse(update(rig, NETWORK_BY_NETWORK, counter)) == "malformed"
    cut = update(rig, NETWORK_BY_NETWORK, counter, sequence_number=counter - 2**63)
    assert rig.refuse(cut) == "not-authorised"
    assert rig.refuse(update(rig, NETWORK_BY_NETWORK, 5, floor=counter)) == "malformed"


# -- other floors --------------------------------------------------------------------------


def test_a_prepayment_floor_is_apart_from_the_counter() -> None:
    rig = provisioned("gpf", START, prepayment_floor=77)
    listed = changes(rig, update(rig, SUPPLIER_BY_SUPPLIER, 5000, floor=4, prepayment_floor=2**62))
    assert listed == (SequenceNumberChange(SUPPLIER, 4, 2**62),)
    assert (rig.counter(SUPPLIER), rig.state.prepayment_floor) == (4, 2**62)
    rig.accept(update(rig, SUPPLIER_BY_SUPPLIER, 5, floor=0))
    assert (rig.counter(SUPPLIER), rig.state.prepayment_floor) == (0, 2**62)
    rig.accept(update(rig, SUPPLIER_BY_SUPPLIER, 1, floor=0, prepayment_floor=0))
    assert rig.state.prepayment_floor == 0


def test_a_prepayment_floor_counts_without_a_floor() -> None:
    rig = provisioned("gpf", START, prepayment_floor=77)
    rig.accept(update(rig, SUPPLIER_BY_SUPPLIER, 5000, prepayment_floor=9))
    assert (rig.counter(SUPPLIER), rig.state.prepayment_floor) == (5000, 9)


def test_no_prepayment_floor_leaves_the_old_one() -> None:
    rig = provisioned("gpf", START, prepayment_floor=77)
    rig.accept(update(rig, SUPPLIER_BY_SUPPLIER, 5000))
    rig.accept(update(rig, NETWORK_BY_NETWORK, 5000, floor=1))
    assert rig.state.prepayment_floor == 77


def test_the_modes_own_role_may_stand_among_the_other_floors() -> None:
    rig = provisioned("gpf", START)
    change = SequenceNumberChange(SUPPLIER, 12, 34)
    listed = changes(rig, update(rig, SUPPLIER_BY_SUPPLIER, 5000, other_floors=[change]))
    assert listed == (change,)
    assert (rig.counter(SUPPLIER), rig.state.prepayment_floor) == (12, 34)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("mode", ROLES)
def test_a_mode_sets_no_counter_but_its_own(mode: CredentialsReplacementMode, role: Role) -> None:
    rig = provisioned("gpf", START)
    before = told(rig)
    own = SequenceNumberChange(ROLES[mode], 3)
    command = update(rig, mode, 5000, other_floors=[own, SequenceNumberChange(role, 1)])
    if role is ROLES[mode]:
        rig.accept(command)
    else:
        assert rig.refuse(command) == "not-authorised"
        assert told(rig) == before


# -- failures ------------------------------------------------------------------------------


def test_a_command_that_fails_in_every_cell_is_not_replayed_either() -> None:
    rig = provisioned("gpf", START)
    command = update(rig, NETWORK_BY_NETWORK, 5000, path=[])
    done = rig.head_end.outcome(command, rig.accept(command))
    assert set(statuses(done)) == {StatusCode.NO_TRUST_ANCHOR}
    assert rig.counter(NETWORK) == 5000
    assert rig.refuse(command) == "replay"


@pytest.mark.parametrize(("setting", "after"), [("apply", 3), ("ignore", 5000)])
def test_floors_where_every_cell_failed(setting: str, after: int) -> None:
    rig = provisioned("gpf", START, settings={"floor-when-all-fail": setting})
    assert changes(rig, update(rig, NETWORK_BY_NETWORK, 5000, floor=3, path=[])) == (
        SequenceNumberChange(NETWORK, 3),
    )
    assert rig.counter(NETWORK) == after


@pytest.mark.parametrize("setting", ["apply", "ignore"])
def test_floors_where_one_cell_failed(setting: str) -> None:
    rig = provisioned("gpf", START, settings={"floor-when-all-fail": setting})
    (_, ds), (ka_certificate, ka) = certificates(NETWORK, GAS_NETWORK_A)
    pairs = [(b"\x30\x00", ds), (ka_certificate, ka)]
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, pairs, floor=3))
    assert rig.counter(NETWORK) == 3


def test_the_default_is_to_apply_floors_where_every_cell_failed() -> None:
    rig = provisioned("gpf", START)
    rig.accept(update(rig, NETWORK_BY_NETWORK, 5000, floor=3, path=[]))
    assert rig.counter(NETWORK) == 3


# -- profiles ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "role", "new", "floor", "after"),
    [
        ("P-FLOOR", NETWORK, GAS_NETWORK_B, None, 5000),
        ("P-FLOOR", NETWORK, GAS_NETWORK_B, 3, 3),
        ("P-FLOOR", SUPPLIER, SUPPLIER_B, None, 5000),
        ("P-KEEP", NETWORK, GAS_NETWORK_B, None, 5000),
        ("P-KEEP", NETWORK, GAS_NETWORK_B, 3, 5000),
        ("P-KEEP", NETWORK, GAS_NETWORK_B, 9000, 5000),
        ("P-KEEP", NETWORK, GAS_NETWORK_A, 3, 5000),
        ("P-KEEP", SUPPLIER, SUPPLIER_B, 3, 3),
        ("P-ZERO", NETWORK, GAS_NETWORK_B, None, 0),
        ("P-ZERO", NETWORK, ACB, None, 0),
        ("P-ZERO", NETWORK, GAS_NETWORK_B, 3, 3),
        ("P-ZERO", NETWORK, GAS_NETWORK_A, None, 5000),
        ("P-ZERO", NETWORK, GAS_NETWORK_A, 3, 3),
        ("P-ZERO", SUPPLIER, SUPPLIER_B, None, 0),
    ],
)
def test_profiles(profile: str, role: Role, new: Party, floor: int | None, after: int) -> None:
    rig = provisioned("gpf", START, profile_name=profile)
    mode = {role: mode for mode, role in ROLES.items()}[role]
    rig.accept(rig.head_end.update(mode, 5000, certificates(role, new), floor=floor))
    assert told(rig) == START | {role: after}
    rig.restart()
    assert told(rig) == START | {role: after}


def test_p_zero_resets_nothing_where_the_new_owner_did_not_get_in() -> None:
    rig = provisioned("gpf", START, profile_name="P-ZERO")
    pairs = certificates(NETWORK, GAS_NETWORK_B)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 5000, pairs, path=[]))
    assert rig.counter(NETWORK) == 5000


# -- what follows --------------------------------------------------------------------------


def test_a_low_floor_lets_the_successor_start_low() -> None:
    """The worked example of the counter-reset issue, with and without a floor."""
    for floor, verdict in ((None, "replay"), (0, "accepted")):
        rig = provisioned("gpf")
        handover = rig.head_end.update(
            NETWORK_BY_NETWORK, 1_700_000_000_123, certificates(NETWORK, ACB), floor=floor
        )
        rig.accept(handover)
        onward = certificates(NETWORK, GAS_NETWORK_B)
        command = rig.head_end.update(NETWORK_BY_NETWORK, 1301, onward, owner=ACB)
        assert rig.deliver(command).verdict == verdict
        # A larger one than any passes in both cases.
        command = rig.head_end.update(
            NETWORK_BY_NETWORK,
            1_700_000_000_124,
            onward,
            owner=GAS_NETWORK_B if verdict == "accepted" else ACB,
        )
        rig.accept(command)


def test_a_floor_below_the_counter_opens_old_commands_of_the_same_key() -> None:
    """GBCS has it so: what keeps them out after a handover is the new key, not the counter."""
    rig = provisioned("gpf")
    renewal_again = update(rig, NETWORK_BY_NETWORK, 900)
    rig.accept(renewal_again)
    rig.accept(update(rig, NETWORK_BY_NETWORK, 901, floor=0))
    rig.accept(renewal_again)
    handover = certificates(NETWORK, GAS_NETWORK_B)
    rig.accept(rig.head_end.update(NETWORK_BY_NETWORK, 902, handover, floor=0))
    assert rig.refuse(renewal_again) == "not-authorised"


@pytest.mark.parametrize("spoil", ["signature", "mac"])
def test_a_forged_high_counter_does_not_move_the_counter(spoil: str) -> None:
    rig = provisioned("gpf", START)
    pairs = certificates(NETWORK, GAS_NETWORK_A)
    forged = rig.head_end.update(NETWORK_BY_NETWORK, 2**63 - 1, pairs, signer=signing(SUPPLIER_B))
    if spoil == "mac":
        forged = update(rig, NETWORK_BY_NETWORK, 2**63 - 1)
        forged = forged[:-1] + bytes([forged[-1] ^ 1])
    assert rig.refuse(forged) == "bad-" + spoil
    assert told(rig) == START
    rig.accept(update(rig, NETWORK_BY_NETWORK, START[NETWORK] + 1))


def test_a_renewed_key_agreement_key_keeps_the_counter() -> None:
    rig = provisioned("gpf", START)
    pair = (agreement(ACB).certificate, ACB_KEY_AGREEMENT)
    rig.accept(rig.head_end.update(ACB_BY_ACB, 5000, [pair]))
    assert rig.counter(BROKER) == 5000
