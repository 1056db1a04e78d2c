"""Whatever moment the power goes or the medium fails, a command happened wholly or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from payment_messages import ECS03, payment
from rig import Medium, Rig, after, provisioned

from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.smki.parties import GAS_NETWORK_A, GAS_NETWORK_B, RECOVERY, SUPPLIER_B
from head_end import (
    AUTHORITY,
    BY_RECOVERY,
    EUI,
    HEAD_END,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_COS,
    certificates,
)

NETWORK = Role.NETWORK_OPERATOR
HANDOVER = certificates(NETWORK, GAS_NETWORK_B)
FACTORY = provisioned("gpf", {NETWORK: 1000}).medium.files
ESME = provisioned("esme").medium.files


class Cut(Exception):
    """The power went."""


class FailingMedium(Medium):
    """Files in memory, and an error before or after a chosen write or removal."""

    def __init__(
        self, files: dict[str, bytes], at: int, error: type[Exception] = Cut, *, late: bool = False
    ) -> None:
        super().__init__(files)
        self.left = at
        self._error = error
        self._late = late

    def write(self, name: str, octets: bytes) -> None:
        self._step(lambda: super(FailingMedium, self).write(name, octets))

    def remove(self, name: str) -> None:
        self._step(lambda: super(FailingMedium, self).remove(name))

    def _step(self, act: Callable[[], None]) -> None:
        self.left -= 1
        if self.left != -1:
            return act()
        if self._late:
            act()
        raise self._error(5)


def handover(counter: int, **fields: Any) -> bytes:
    return HEAD_END.update(NETWORK_BY_NETWORK, counter, HANDOVER, **fields)


def remembered(rig: Rig) -> tuple[Any, ...]:
    state = rig.state
    return (
        rig.contents(),
        dict(state.counters),
        state.prepayment_floor,
        state.originator_counter,
        dict(state.pending),
        state.own.encode(),
        payment(rig),
    )


def waiting() -> dict[str, bytes]:
    rig = Rig(Medium(FACTORY), HEAD_END)
    rig.accept(handover(1001, execution=after(60)))
    return rig.medium.files


def requested(usage: str) -> tuple[dict[str, bytes], bytes]:
    """Return an ESME that has made a key pair, and the certificate for it."""
    rig = Rig(Medium(ESME), HEAD_END)
    rig.accept(HEAD_END.command(0x000A, 1, bytes.fromhex("3004 0302" + usage)))
    ((_, key),) = rig.state.own.requested.values()
    name = KeyUsage.DIGITAL_SIGNATURE if usage == "0780" else KeyUsage.KEY_AGREEMENT
    return rig.medium.files, AUTHORITY.device_certificate(EUI, key, name)


def prepayment_waits() -> dict[str, bytes]:
    rig = Rig(Medium(ESME), HEAD_END)
    ECS03.accept(rig, 1, after(60))
    return rig.medium.files


def recovery() -> bytes:
    """Return one command for the cells of three roles, with a floor for each."""
    roles = {Role.SUPPLIER: SUPPLIER_B, NETWORK: GAS_NETWORK_B, Role.RECOVERY: RECOVERY}
    pairs = [pair for role, party in roles.items() for pair in certificates(role, party)]
    floors = [SequenceNumberChange(Role.SUPPLIER, 5, 6), SequenceNumberChange(NETWORK, 7)]
    return HEAD_END.update(BY_RECOVERY, 1, pairs, floor=9, other_floors=floors)


def change_of_supplier(rig: Rig) -> None:
    pairs = certificates(Role.SUPPLIER, SUPPLIER_B)
    change = SequenceNumberChange(Role.SUPPLIER, 5, 6)
    rig.accept(HEAD_END.update(SUPPLIER_BY_COS, 1, pairs, other_floors=[change]))


def replay(rig: Rig) -> None:
    (_,) = rig.deliver(handover(1000)).outputs


SIGNING, SIGNING_CERTIFICATE = requested("0780")
AGREEMENT, AGREEMENT_CERTIFICATE = requested("0308")
ALERTING = provisioned("gpf", {NETWORK: 1000}, settings={"replay-alert": "supplier"}).medium.files

Act = Callable[[Rig], object]
ACTS: dict[str, tuple[dict[str, bytes], Act]] = {
    "a handover": (FACTORY, lambda rig: rig.accept(handover(1001, floor=7))),
    "a renewal": (
        FACTORY,
        lambda rig: rig.accept(
            HEAD_END.update(NETWORK_BY_NETWORK, 1001, certificates(NETWORK, GAS_NETWORK_A))
        ),
    ),
    "a command that fails": (FACTORY, lambda rig: rig.accept(handover(1001, path=[]))),
    "a command for later": (FACTORY, lambda rig: rig.accept(handover(1001, execution=after(60)))),
    "a later one in its place": (
        waiting(),
        lambda rig: rig.accept(handover(1002, execution=after(90))),
    ),
    "a cancellation": (waiting(), lambda rig: rig.accept(handover(1002, execution=CANCEL))),
    "its date": (waiting(), lambda rig: rig.tick(after(60))),
    "a change of supplier": (ESME, change_of_supplier),
    "a recovery": (ESME, lambda rig: rig.accept(recovery())),
    "prepayment": (ESME, lambda rig: ECS03.accept(rig, 1)),
    "prepayment at its date": (prepayment_waits(), lambda rig: rig.tick(after(60))),
    "a new key pair": (
        ESME,
        lambda rig: rig.accept(HEAD_END.command(0x000A, 1, bytes.fromhex("3004 0302 0780"))),
    ),
    "a certificate of the signing key": (
        SIGNING,
        lambda rig: rig.accept(HEAD_END.command(0x000B, 2, SIGNING_CERTIFICATE)),
    ),
    "a certificate of the agreement key": (
        AGREEMENT,
        lambda rig: rig.accept(HEAD_END.command(0x000B, 2, AGREEMENT_CERTIFICATE)),
    ),
    "a replay that is told": (ALERTING, replay),
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", ACTS)
def test_a_power_cut_leaves_all_of_the_old_state_or_all_of_the_new(name: str, late: bool) -> None:
    files, act = ACTS[name]
    old = remembered(Rig(Medium(files), HEAD_END))
    done = Rig(Medium(files), HEAD_END)
    act(done)
    new = remembered(done)
    assert old != new
    seen = []
    for at in range(100):
        medium = FailingMedium(files, at, late=late)
        rig = Rig(medium, HEAD_END)
        try:
            act(rig)
        except Cut:
            seen.append(remembered(Rig(Medium(medium.files), HEAD_END)))
        else:
            break
    assert len(seen) >= 1
    # Old up to some step and new from there on: an answer can only come with the new state.
    first_new = seen.index(new) if new in seen else len(seen)
    assert seen == [old] * first_new + [new] * (len(seen) - first_new)


@pytest.mark.parametrize("late", [False, True])
def test_after_a_cut_the_command_is_replayed_or_done_never_both(late: bool) -> None:
    command = HEAD_END.update(NETWORK_BY_NETWORK, 1001, certificates(NETWORK, GAS_NETWORK_A))
    for at in range(100):
        medium = FailingMedium(FACTORY, at, late=late)
        rig = Rig(medium, HEAD_END)
        try:
            rig.accept(command)
        except Cut:
            again = Rig(Medium(medium.files), HEAD_END)
            counted = again.counter(NETWORK) == 1001
            assert again.deliver(command).verdict == ("replay" if counted else "accepted")
        else:
            return
    raise AssertionError("the command never came to its end")


@pytest.mark.parametrize("error", [OSError, MemoryError])
def test_a_device_whose_medium_failed_says_nothing_until_it_restarts(
    error: type[Exception],
) -> None:
    """What the medium holds is not known then: here the record is the new one."""
    medium = FailingMedium(FACTORY, 0, error, late=True)
    rig = Rig(medium, HEAD_END)
    command = HEAD_END.update(NETWORK_BY_NETWORK, 1001, certificates(NETWORK, GAS_NETWORK_A))
    while True:
        try:
            rig.deliver(command)
        except error:
            break
    assert rig.refuse(command) == "store-lost"
    assert rig.refuse(HEAD_END.read(1, NETWORK)) == "store-lost"
    rig.restart()
    assert rig.refuse(command) == "replay"
