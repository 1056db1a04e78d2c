"""Whatever moment the power goes or the medium fails, a command happened wholly or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from rig import Medium, Rig, after, provisioned

from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell
from gbcs_hil.smki.parties import GAS_NETWORK_A, GAS_NETWORK_B
from head_end import HEAD_END, NETWORK_BY_NETWORK, certificates, role_cells

NETWORK = Role.NETWORK_OPERATOR
NO_DS, NO_KA = role_cells(NETWORK)
HANDOVER = certificates(NETWORK, GAS_NETWORK_B)
FACTORY = provisioned("gpf", {NETWORK: 1000}).medium.files


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
    owners: list[TrustAnchorCell] = [NO_DS, NO_KA]
    return (
        [rig.in_cell(cell) for cell in owners],
        dict(state.counters),
        state.prepayment_floor,
        state.originator_counter,
        dict(state.pending),
    )


def waiting() -> dict[str, bytes]:
    rig = Rig(Medium(FACTORY), HEAD_END)
    rig.accept(handover(1001, execution=after(60)))
    return rig.medium.files


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
