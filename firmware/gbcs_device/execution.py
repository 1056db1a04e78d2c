"""Carry out a command whose date has come: in memory only while one is (`device.Device.tick`)."""

from gbcs_device import use_cases
from gbcs_device.borrowed import Borrowed
from gbcs_device.message import Message
from gbcs_device.rejection import Rejected


def execute(device, store, key: tuple, now: str) -> list:
    """Carry out the command that waits under a key; return the alerts that say so.

    Raises:
        OSError: the store failed.
    """
    identity = store.identity
    before = store.state
    new = before.copy()
    _, name = new.pending.pop(key)
    # A view: what is taken out of the command is not copied.
    message = Message(memoryview(store.command(name)))
    try:
        told, events = _effects(device, identity, message, before, new, now)
    except Rejected as rejected:
        # The profile has changed since, and no longer takes such a command.
        store.commit(new)
        return device.rejected(rejected)
    # The use case is forgotten by now, and leaves its room to the alerts.
    with Borrowed("alerts") as alerts:
        keys, to = device.keys, message.originator
        sent = [alerts.signed(identity, keys, to, *content) for content in told]
    sent += device.alerts_of_cells(before, new, now)
    store.commit(new)
    device.log_effects(events, before, new, now)
    return sent


def _effects(device, identity, message, before, new, now: str) -> tuple:
    """Have a command's effect on a state; return its alerts, as code, counter and payload.

    And the events that it leaves. The state takes the counters.
    """
    with use_cases.borrowed(message.code, identity.device_type) as module:
        command = device.command(module.USE_CASES[message.code], message)
        told = []
        if _may_execute(device, identity.settings, command, before, new):
            for code, payload in command.execute_at_date(new, now):
                new.originator_counter += 1
                told.append((code, new.originator_counter, payload(new.originator_counter)))
        return told, command.events


def _may_execute(device, settings: dict, command, before, new) -> bool:
    """Whether a command whose date has come still may have its effect."""
    message = command.message
    owner = before.cells[command.authorising_cell].unique_id
    still = settings["authorising-cell-at-execution"] == "still-originators"
    if still and owner != message.originator:
        return False
    key = device.counter_key(command)
    if settings["future-dated-counter"] == "at-execution" and key is not None:
        try:
            device.check_counter(before, key, message.counter)
        except Rejected:
            return False
        device.advance_counter(new, key, message.counter)
    return True
