"""Counters of every use case at the ends of their ranges: exact, and never the other way round."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from payment_messages import ECS02, ECS03, GCS02, GCS03
from rig import Rig, after, provisioned

from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.names import CredentialsReplacementMode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT, digital_signing
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    SUPPLIER_A,
    TRANSITIONAL_COS,
)
from head_end import (
    ACB_BY_ACB,
    AUTHORITY,
    BY_RECOVERY,
    COS_BY_COS,
    EUI,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    HeadEnd,
    agreement,
    certificates,
    signing,
)

EXACT = [1, 2**31, 2**32, 2**53, 2**63 - 1]
BEYOND = [2**63, 2**64 - 1]

SUPPLIER, NETWORK = Role.SUPPLIER, Role.NETWORK_OPERATOR
BROKER, COS = Role.ACCESS_CONTROL_BROKER, Role.TRANSITIONAL_COS


@dataclass(frozen=True)
class Kind:
    """A command that leaves its authorising cell as it is, and whose counter it needs."""

    role: Role
    make: Callable[..., bytes]
    device_type: str = "esme"

    def rig(self, counter: int) -> Rig:
        settings = {"cs02a-replay-protection": "on"}
        return provisioned(self.device_type, {self.role: counter}, settings=settings)


def update(mode: CredentialsReplacementMode, pairs: Any) -> Callable[..., bytes]:
    def make(head_end: HeadEnd, counter: int, **fields: Any) -> bytes:
        return head_end.update(mode, counter, pairs, **fields)

    return make


KEPT = certificates(SUPPLIER, SUPPLIER_A)
UPDATES = {
    "mode 2": Kind(SUPPLIER, update(SUPPLIER_BY_SUPPLIER, KEPT)),
    "mode 3": Kind(NETWORK, update(NETWORK_BY_NETWORK, certificates(NETWORK, GAS_NETWORK_A))),
    "mode 4": Kind(BROKER, update(ACB_BY_ACB, [(agreement(ACB).certificate, ACB_KEY_AGREEMENT)])),
    "mode 6": Kind(
        COS, update(COS_BY_COS, [(signing(TRANSITIONAL_COS).certificate, digital_signing(COS))])
    ),
    "mode 7": Kind(COS, update(SUPPLIER_BY_COS, KEPT)),
    "mode 8": Kind(Role.RECOVERY, update(BY_RECOVERY, KEPT)),
}


def supplier(code: int, payload: bytes) -> Callable[..., bytes]:
    return lambda head_end, counter: head_end.command(code, counter, payload)


_USAGE = bytes.fromhex("3004 0302 0308")
_CERTIFICATE = AUTHORITY.device(EUI)[0].certificate
OTHERS = {
    "CS02a": Kind(BROKER, lambda head_end, counter: head_end.read(counter, SUPPLIER)),
    "CS02c": Kind(SUPPLIER, supplier(0x000A, _USAGE)),
    "CS02d": Kind(SUPPLIER, supplier(0x000B, _CERTIFICATE)),
    "CS02e": Kind(SUPPLIER, supplier(0x000C, _USAGE)),
    **{
        f"{kind.code:04X}": Kind(
            SUPPLIER,
            lambda head_end, counter, kind=kind: head_end.protect(
                kind.message(counter), signing(SUPPLIER_A)
            ),
            kind.device_type,
        )
        for kind in (ECS02, ECS03, GCS02, GCS03)
    },
}
KINDS = {**UPDATES, **OTHERS}


@pytest.mark.parametrize("counter", EXACT)
@pytest.mark.parametrize("name", KINDS)
def test_every_command_is_exact_about_its_counter(name: str, counter: int) -> None:
    kind = KINDS[name]
    rig = kind.rig(counter - 1)
    assert rig.refuse(kind.make(rig.head_end, counter - 1)) == "replay"
    command = kind.make(rig.head_end, counter)
    rig.accept(command)
    assert rig.counter(kind.role) == counter
    rig.restart()
    assert rig.refuse(command) == "replay"
    assert rig.refuse(kind.make(rig.head_end, 0)) == "replay"


@pytest.mark.parametrize("counter", BEYOND)
@pytest.mark.parametrize("name", UPDATES)
def test_a_sequence_number_ends_below_2_to_63(name: str, counter: int) -> None:
    kind = KINDS[name]
    rig = kind.rig(5)
    assert rig.refuse(kind.make(rig.head_end, counter)) == "malformed"
    for cut in (6, counter - 2**63, 2**63 - 1):
        command = kind.make(rig.head_end, counter, sequence_number=cut)
        assert rig.refuse(command) == "not-authorised"
    # The counter that fits is not behind any of them.
    rig.accept(kind.make(rig.head_end, 6))
    assert rig.counter(kind.role) == 6


@pytest.mark.parametrize("counter", BEYOND)
@pytest.mark.parametrize("name", OTHERS)
def test_a_header_without_sequence_number_has_64_bits(name: str, counter: int) -> None:
    kind = KINDS[name]
    rig = kind.rig(counter - 1)
    for smaller in (1, 2**53, 2**63 - 1, counter - 1):
        assert rig.refuse(kind.make(rig.head_end, smaller)) == "replay"
    command = kind.make(rig.head_end, counter)
    rig.accept(command)
    rig.restart()
    assert rig.counter(kind.role) == counter
    assert rig.refuse(command) == "replay"


@pytest.mark.parametrize("counter", BEYOND)
def test_an_unchecked_sequence_number_leaves_the_header_64_bits(counter: int) -> None:
    rig = provisioned("esme", settings={"sequence-number": "not-checked"})
    command = UPDATES["mode 3"].make(rig.head_end, counter, sequence_number=5)
    done = rig.outcome(command)
    assert done.sequence_number == 5
    assert rig.counter(NETWORK) == counter


@pytest.mark.parametrize("counter", [*EXACT, *BEYOND])
def test_a_provisioned_counter_is_kept_as_it_is(counter: int) -> None:
    given = {role: counter - role // 2 for role in Role if role <= COS and counter > role // 2}
    rig = provisioned("esme", given)
    rig.accept(OTHERS["CS02e"].make(rig.head_end, 2**64 - 1))
    rig.restart()
    given[SUPPLIER] = 2**64 - 1
    assert {role: rig.counter(role) for role in given} == given


@pytest.mark.parametrize("counter", [*EXACT, *BEYOND])
def test_a_read_out_tells_the_counter_exactly(counter: int) -> None:
    rig = provisioned("esme", {SUPPLIER: counter})
    read = rig.head_end.read(1, SUPPLIER)
    payload = rig.head_end.response(read, rig.accept(read), None).payload
    answer = ReadResponse.decode(payload)
    assert (answer.roles[0].sequence_number, answer.encode()) == (counter, payload)


@pytest.mark.parametrize("counter", BEYOND)
@pytest.mark.parametrize("name", KINDS)
def test_a_counter_beyond_keeps_every_sequence_number_out(name: str, counter: int) -> None:
    kind = KINDS[name]
    rig = kind.rig(counter)
    for smaller in EXACT:
        assert rig.refuse(kind.make(rig.head_end, smaller)) == "replay"


# -- floors --------------------------------------------------------------------------------


@pytest.mark.parametrize("floor", [0, *EXACT])
@pytest.mark.parametrize("name", UPDATES)
def test_a_floor_is_exact(name: str, floor: int) -> None:
    kind = KINDS[name]
    rig = kind.rig(1)
    done = rig.outcome(kind.make(rig.head_end, 2, floor=floor))
    assert done.changes == (SequenceNumberChange(kind.role, floor),)
    assert rig.counter(kind.role) == floor
    if floor < 2**63 - 1:
        assert rig.refuse(kind.make(rig.head_end, floor)) == "replay"
        rig.accept(kind.make(rig.head_end, floor + 1))


@pytest.mark.parametrize("floor", [0, *EXACT])
def test_a_prepayment_floor_is_exact(floor: int) -> None:
    rig = provisioned("esme")
    rig.accept(UPDATES["mode 2"].make(rig.head_end, 1, floor=1, prepayment_floor=floor))
    assert rig.state.prepayment_floor == floor
    other = SequenceNumberChange(SUPPLIER, 2, floor)
    rig.accept(UPDATES["mode 2"].make(rig.head_end, 2, prepayment_floor=3))
    rig.accept(UPDATES["mode 7"].make(rig.head_end, 1, other_floors=[other]))
    rig.restart()
    assert (rig.counter(SUPPLIER), rig.state.prepayment_floor) == (2, floor)


@pytest.mark.parametrize("floor", [*BEYOND, 2**71])
@pytest.mark.parametrize("name", UPDATES)
def test_no_floor_is_beyond_a_sequence_number(name: str, floor: int) -> None:
    kind = KINDS[name]
    rig = kind.rig(1)
    changes = [SequenceNumberChange(kind.role, floor), SequenceNumberChange(SUPPLIER, 1, floor)]
    fields: list[dict[str, Any]] = [{"floor": floor}, {"floor": 1, "prepayment_floor": floor}]
    fields += [{"other_floors": [change]} for change in changes]
    for field in fields:
        assert rig.refuse(kind.make(rig.head_end, 2, **field)) == "malformed"


@pytest.mark.parametrize("last", [0, 2**31 - 1, 2**32 - 1, 2**53 - 1, 2**63 - 2, 2**63 - 1])
def test_the_devices_own_counter_is_exact(last: int) -> None:
    rig = provisioned("esme", originator_counter=last)
    rig.accept(ECS02.command(rig, 1, after(60)))
    (output,) = rig.tick(after(60))
    rig.head_end.alert(output, 0x00CC, SUPPLIER_A.eui, last + 1)
    rig.restart()
    assert rig.state.originator_counter == last + 1
