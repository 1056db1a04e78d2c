"""Defects of what a floor, or a new owner, does to a counter."""

from gbcs_device.defects.counters import restore
from gbcs_device.defects.use_cases import override
from gbcs_device.device_types import ACCESS_CONTROL_BROKER, NETWORK_OPERATOR, SUPPLIER
from gbcs_device.state import set_counter


def _floors(device, change) -> None:
    """Let a function of command and counters, before the floors and after, change the latter."""

    def make(move_counters):
        def moved(self, state, settings: dict, new_owners: list) -> None:
            before = dict(state.counters)
            move_counters(self, state, settings, new_owners)
            change(self, before, state.counters)

        return moved

    override(device, "move_counters", make)


def d4(device, store) -> None:
    """A floor for the network operator is ignored, one for the supplier is honoured.

    Shows: the counter stays at the handing-over command's, and a network operator with small
    numbers is locked out. Device assurance tolerates this as common; profile P-KEEP is the same.
    Revealed by: SC-3, SC-5, SC-6.
    """

    def change(command, before: dict, after: dict) -> None:
        if NETWORK_OPERATOR in before:
            restore(after, before, NETWORK_OPERATOR)

    _floors(device, change)


def d5(device, store) -> None:
    """A floor counts only if it is above the execution counter.

    Shows: a floor of 0 has no effect on any role: the same lock-out as D4, for suppliers too.
    Revealed by: SC-3, SC-5, SC-6.
    """

    def change(command, before: dict, after: dict) -> None:
        for key in before:
            after[key] = max(before[key], after.get(key, 0))

    _floors(device, change)


def d6(device, store) -> None:
    """A floor is applied to the wrong role.

    Shows: after a change of network operator the supplier is locked out, or old commands of the
    supplier are accepted again. Where there is no network operator the ACB's counter moves.
    Revealed by: SC-5, SC-6.
    """

    def change(command, before: dict, after: dict) -> None:
        other = NETWORK_OPERATOR if NETWORK_OPERATOR in before else ACCESS_CONTROL_BROKER
        wrong = {SUPPLIER: other, NETWORK_OPERATOR: SUPPLIER}
        for role, _, _ in command.control.changes:
            if role in wrong and role in before:
                after[wrong[role]] = after[role]
                restore(after, before, role)

    _floors(device, change)


def d15(device, store) -> None:
    """CS02a reports the last floor of a role in place of its execution counter.

    Shows: a counter chosen from the read-out is still a replay.
    Revealed by: SC-3, SC-5, SC-6.
    """
    floors = {}

    def change(command, before: dict, after: dict) -> None:
        for role, floor, _ in command.control.changes:
            floors[role] = floor

    def make(counter_of):
        def told(self, state, role: int) -> int:
            return floors.get(role, counter_of(self, state, role))

        return told

    _floors(device, change)
    override(device, "counter_of", make)


def d18(device, store) -> None:
    """A renewal by the same owner counts as a change of control and sets the counter to 0.

    Shows: after a renewal every older command of that role is accepted again.
    Revealed by: SC-1.
    """

    def make(move_counters):
        def moved(self, state, settings: dict, new_owners: list) -> None:
            if not new_owners and self.role in state.counters:
                set_counter(state, self.role, 0)
            move_counters(self, state, settings, new_owners)

        return moved

    override(device, "move_counters", make)


def d21(device, store) -> None:
    """The response echoes the floor that the command asked for, but none is stored.

    Shows: the DCC is told one thing and the device does another; CS02a tells the truth.
    Revealed by: SC-3, SC-5, SC-6.
    """

    def change(command, before: dict, after: dict) -> None:
        for role, _, _ in command.control.changes:
            if role in before:
                restore(after, before, role)

    _floors(device, change)
