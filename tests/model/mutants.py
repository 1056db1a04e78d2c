"""Devices with a known defect, each made from the good one: the model has to notice them all.

The letters and numbers are those of the catalogue that the scenario scripts follow.
"""

from collections.abc import Callable
from typing import Any

import pytest

from gbcs_device import device, security
from gbcs_device.certification_path import BAD_CERTIFICATE, CertificationPath
from gbcs_device.device import Device, Outcome
from gbcs_device.device_types import ACCESS_CONTROL_BROKER, NETWORK_OPERATOR, SUPPLIER
from gbcs_device.read_credentials import ReadCredentials
from gbcs_device.rejection import REPLAY, Rejected
from gbcs_device.store import Store
from gbcs_device.update_credentials import UpdateCredentials
from gbcs_device.use_case import Scheduled

_ROLE_OF_CODE = {0x0102: 2, 0x0103: 3, 0x0104: 4, 0x0106: 5, 0x0107: 5, 0x0108: 1}


def _counter_check(
    patch: pytest.MonkeyPatch, replayed: Callable[[dict[int, int], int, int], bool]
) -> None:
    """Let a function of counters, role and Originator Counter say what is a replay."""

    def check(state: Any, role: int, counter: int) -> None:
        if replayed(state.counters, role, counter):
            raise Rejected(REPLAY, "as the mutant sees it")

    patch.setattr(device, "check_counter", check)


def _signed(number: int, bits: int) -> int:
    return (number & (1 << bits) - 1) - ((number & 1 << bits - 1) << 1)


def _after(
    patch: pytest.MonkeyPatch, owner: type, name: str, then: Callable[..., None]
) -> None:
    """Call a function with a method's arguments once the method is done."""
    original = getattr(owner, name)

    def method(*arguments: Any) -> Any:
        result = original(*arguments)
        then(*arguments)
        return result

    patch.setattr(owner, name, method)


def _floors(patch: pytest.MonkeyPatch, change: Callable[[dict[int, int], dict[int, int]], None]) -> None:
    """Let a function of the counters before and after the floors change the latter."""
    original = UpdateCredentials._move_counters

    def move(self: Any, state: Any, settings: Any, owners: Any) -> None:
        before = dict(state.counters)
        original(self, state, settings, owners)
        change(before, state.counters)

    patch.setattr(UpdateCredentials, "_move_counters", move)


def d1(patch: pytest.MonkeyPatch) -> None:
    """D1: an equal counter is no replay."""
    _counter_check(patch, lambda counters, role, counter: counter < counters[role])


def d2(patch: pytest.MonkeyPatch) -> None:
    """D2: counters are kept in memory only."""
    original = Store.commit

    def commit(self: Any, state: Any) -> None:
        stored = state.copy()
        stored.counters = dict(self.state.counters if self.state else state.counters)
        original(self, stored)
        self.state = state

    patch.setattr(Store, "commit", commit)


def d3(patch: pytest.MonkeyPatch) -> None:
    """D3: the counters are written after the cells, in a commit of their own."""
    original = Store.commit

    def commit(self: Any, state: Any) -> None:
        if self.state is not None and self.state.cells != state.cells:
            first = state.copy()
            first.counters = dict(self.state.counters)
            original(self, first)
        original(self, state)

    patch.setattr(Store, "commit", commit)


def d4(patch: pytest.MonkeyPatch) -> None:
    """D4: a floor for the network operator is ignored."""
    _floors(patch, lambda before, after: after.update(_only(before, NETWORK_OPERATOR)))


def d5(patch: pytest.MonkeyPatch) -> None:
    """D5: a floor only counts if it is above the counter."""
    _floors(patch, lambda before, after: after.update({r: max(before[r], after[r]) for r in after}))


def d6(patch: pytest.MonkeyPatch) -> None:
    """D6: the network operator's floor goes to the supplier."""

    def swap(before: dict[int, int], after: dict[int, int]) -> None:
        if NETWORK_OPERATOR in after and after[NETWORK_OPERATOR] != before[NETWORK_OPERATOR]:
            after[SUPPLIER] = after[NETWORK_OPERATOR]
            after[NETWORK_OPERATOR] = before[NETWORK_OPERATOR]

    _floors(patch, swap)


def d7(patch: pytest.MonkeyPatch) -> None:
    """D7: one counter for all roles."""
    _counter_check(patch, lambda counters, _, counter: counter <= max(counters.values()))


def d8(patch: pytest.MonkeyPatch) -> None:
    """D8: the counter moves before the MAC and the signature are checked."""
    original = security.check_mac

    def check_mac(message: Any, keys: Any, cells: Any) -> None:
        counters = keys._store.state.counters
        role = _ROLE_OF_CODE.get(message.code)
        try:
            original(message, keys, cells)
        except Rejected:
            if role is not None:
                counters[role] = max(counters[role], message.counter)
            raise

    patch.setattr(security, "check_mac", check_mac)


def d9(patch: pytest.MonkeyPatch) -> None:
    """D9: the counter does not move where a replacement failed."""

    def undo(self: Any, state: Any, now: str) -> None:
        if not self._all_replaced:
            state.counters[self.counter_role] = self.message.counter - 1

    _after(patch, UpdateCredentials, "carry_out", undo)


def d10(patch: pytest.MonkeyPatch) -> None:
    """D10: counters are compared in 32 bits."""
    _counter_check(
        patch,
        lambda counters, role, counter: counter & 0xFFFFFFFF <= counters[role] & 0xFFFFFFFF,
    )


def d11(patch: pytest.MonkeyPatch) -> None:
    """D11: counters from 2^63 on are negative."""
    _counter_check(
        patch, lambda counters, role, counter: _signed(counter, 64) <= _signed(counters[role], 64)
    )


def d12(patch: pytest.MonkeyPatch) -> None:
    """D12: cells are written one by one."""
    original = Store.commit

    def commit(self: Any, state: Any) -> None:
        if self.state is not None:
            for cell in state.cells:
                if state.cells[cell] is not self.state.cells[cell]:
                    step = self.state.copy()
                    step.cells[cell] = state.cells[cell]
                    original(self, step)
        original(self, state)

    patch.setattr(Store, "commit", commit)


def d13(patch: pytest.MonkeyPatch) -> None:
    """D13: a broker's certificate is refused in the network operator's cells."""
    original = CertificationPath.check

    def check(self: Any, octets: bytes, target: tuple[int, int, int]) -> Any:
        status, certificate = original(self, octets, target)
        broker = certificate is not None and certificate.role == ACCESS_CONTROL_BROKER
        if broker and target[0] == NETWORK_OPERATOR:
            return BAD_CERTIFICATE, None
        return status, certificate

    patch.setattr(CertificationPath, "check", check)


def d14(patch: pytest.MonkeyPatch) -> None:
    """D14: whoever signs, the cell's owner need not have."""
    patch.setattr(security, "check_signature", lambda message, cell: None)
    patch.setattr(security, "check_owner", lambda message, cell: None)


def d15(patch: pytest.MonkeyPatch) -> None:
    """D15: CS02a tells the last floor, not the counter."""
    floors: dict[int, int] = {}

    def note(self: Any, *_: Any) -> None:
        floors.update({role: floor for role, floor, _ in self.changes})

    _after(patch, UpdateCredentials, "_move_counters", note)
    original = ReadCredentials._read

    def read(self: Any, state: Any, role: int) -> bytes:
        told = state.copy()
        told.counters.update({role: floor for role, floor in floors.items() if role in told.counters})
        return bytes(original(self, told, role))

    patch.setattr(ReadCredentials, "_read", read)


def d16(patch: pytest.MonkeyPatch) -> None:
    """D16: execution at the date sets the counter back to the command's own."""
    original = Scheduled.execute_at_date

    def execute(self: Any, state: Any, now: str) -> Any:
        state.counters[self.counter_role] = self.message.counter
        return original(self, state, now)

    patch.setattr(Scheduled, "execute_at_date", execute)


def d17(patch: pytest.MonkeyPatch) -> None:
    """D17: a start brings back what was stored at the start before."""
    original = Store.__init__

    def start(self: Any, medium: Any) -> None:
        medium.files = dict(getattr(medium, "image", medium.files))
        original(self, medium)
        if self.state is not None:
            medium.image = dict(medium.files)

    patch.setattr(Store, "__init__", start)


def d18(patch: pytest.MonkeyPatch) -> None:
    """D18: renewal by the same owner sets the counter to 0."""
    original = UpdateCredentials._move_counters

    def move(self: Any, state: Any, settings: Any, owners: Any) -> None:
        state.counters[self.role] = 0
        original(self, state, settings, owners)

    patch.setattr(UpdateCredentials, "_move_counters", move)


def d19(patch: pytest.MonkeyPatch) -> None:
    """D19: a repeated message is answered with the success that it had."""
    answers: dict[bytes, Any] = {}
    original = Device.receive

    def receive(self: Any, octets: bytes) -> Any:
        outcome = original(self, octets)
        if outcome.verdict == device.ACCEPTED:
            answers[octets] = outcome.outputs
        elif outcome.verdict == REPLAY and octets in answers:
            return Outcome(answers[octets])
        return outcome

    patch.setattr(Device, "receive", receive)


def d21(patch: pytest.MonkeyPatch) -> None:
    """D21: floors are echoed and not kept."""
    _floors(patch, lambda before, after: after.update(before))


def prepayment_floor_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    """A floor for top-ups is ignored."""

    def forget(self: Any, state: Any, *_: Any) -> None:
        state.prepayment_floor = 0

    _after(patch, UpdateCredentials, "_move_counters", forget)


def alerts_share_a_counter(patch: pytest.MonkeyPatch) -> None:
    """The device's own counter does not count its alerts."""
    original = Store.commit

    def commit(self: Any, state: Any) -> None:
        if self.state is not None:
            state.originator_counter = self.state.originator_counter
        original(self, state)

    patch.setattr(Store, "commit", commit)


def pending_is_in_memory(patch: pytest.MonkeyPatch) -> None:
    """Commands that wait are lost with the power."""
    original = Store.__init__

    def start(self: Any, medium: Any) -> None:
        original(self, medium)
        if self.state is not None:
            self.state.pending = {}

    patch.setattr(Store, "__init__", start)


def _only(counters: dict[int, int], role: int) -> dict[int, int]:
    return {role: counters[role]} if role in counters else {}


MUTANTS = (
    *(d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15, d16, d17, d18, d19, d21),
    prepayment_floor_is_not_kept,
    alerts_share_a_counter,
    pending_is_in_memory,
)
