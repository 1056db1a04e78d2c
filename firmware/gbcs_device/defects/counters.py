"""Defects of how a counter is compared and moved."""

from gbcs_device.defects.use_cases import override
from gbcs_device.rejection import REPLAY, Rejected
from gbcs_device.state import ROLE_BITS

_32_BITS = 0xFFFFFFFF


def _check_counter(device, is_replay) -> None:
    """Let a function of the counters, the last one and the command's say what is a replay."""

    def check_counter(state, key: int, counter: int) -> None:
        last = state.counters.get(key, state.counters[key & ROLE_BITS])
        if is_replay(state.counters, last, counter):
            raise Rejected(REPLAY, "counter %d, to a defective check" % counter)

    device.check_counter = check_counter


def restore(counters: dict, before: dict, role: int) -> None:
    """Give a role the counters back that it had."""
    for key in list(counters):
        if key & ROLE_BITS == role:
            counters.pop(key)
    for key in before:
        if key & ROLE_BITS == role:
            counters[key] = before[key]


def _highest(use_case, state, role: int) -> int:
    return max(state.counters.values())


def d1(device, store) -> None:
    """An Originator Counter that equals the execution counter is accepted.

    Shows: the last command of a role is accepted again, octet for octet.
    Revealed by: SC-1.
    """
    _check_counter(device, lambda counters, last, counter: counter < last)


def d7(device, store) -> None:
    """All roles share one execution counter.

    Shows: after a network operator that numbers by milliseconds, the supplier's small numbers
    are replays; CS02a reports the same counter for every role.
    Revealed by: SC-1, SC-5, SC-6.
    """

    def advance_counter(state, role: int, counter: int) -> None:
        for each in state.counters:
            state.counters[each] = counter

    def make(move_counters):
        def moved(self, state, settings: dict, new_owners: list) -> None:
            before = dict(state.counters)
            move_counters(self, state, settings, new_owners)
            for role in before:
                if state.counters[role] != before[role]:
                    return advance_counter(state, role, state.counters[role])

        return moved

    _check_counter(device, lambda counters, last, counter: counter <= max(counters.values()))
    device.advance_counter = advance_counter
    override(device, "move_counters", make)
    override(device, "counter_of", lambda _: _highest)


def d8(device, store) -> None:
    """The execution counter moves before the MAC and the signature are checked.

    Shows: one forged command with a high counter, and the role's own commands are replays.
    Revealed by: SC-12.
    """
    verify = device.verify

    def moved_first(message, command, state) -> None:
        try:
            verify(message, command, state)
        except Rejected:
            key = device.counter_key(command)
            if key is not None and message.counter > state.counters.get(key, 0):
                new = state.copy()
                new.counters[key] = message.counter
                store.commit(new)
            raise

    device.verify = moved_first


def d9(device, store) -> None:
    """The execution counter stays where it was when a replacement fails.

    Shows: a command answered with badCertificate is no replay the second time.
    Revealed by: SC-1.
    """

    def make(carry_out):
        def carried_out(self, state, now: str) -> None:
            before = store.state.counters
            carry_out(self, state, now)
            if not getattr(self, "all_replaced", True):
                restore(state.counters, before, self.counter_role)

        return carried_out

    override(device, "carry_out", make)


def d10(device, store) -> None:
    """Counters are kept and compared in 32 bits.

    Shows: numbers by milliseconds (some 1.8e12) wrap: later ones are replays, or earlier ones
    are not; CS02a reports the low 32 bits.
    Revealed by: SC-2, SC-11.
    """

    def advance_counter(state, role: int, counter: int) -> None:
        state.counters[role] = counter & _32_BITS

    _check_counter(
        device,
        lambda counters, last, counter: counter & _32_BITS <= last & _32_BITS,
    )
    device.advance_counter = advance_counter


def d11(device, store) -> None:
    """Counters are signed: from 2^63 on they are negative.

    Shows: a command with a counter of 2^63 or above is a replay.
    Revealed by: SC-11.
    """

    def signed(counter: int) -> int:
        return counter - (1 << 64) if counter >> 63 else counter

    _check_counter(device, lambda counters, last, counter: signed(counter) <= signed(last))


def d16(device, store) -> None:
    """A future-dated command sets the execution counter to its own again when it executes.

    Shows: commands that were accepted between receipt and date are accepted again after it.
    Revealed by: SC-13.
    """

    def make(execute_at_date):
        def executed(self, state, now: str) -> list:
            if self.counter_role is not None:
                state.counters[device.counter_key(self)] = self.message.counter
            return execute_at_date(self, state, now)

        return executed

    override(device, "execute_at_date", make)
