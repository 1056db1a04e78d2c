"""Defects of what is made durable, and when."""

from gbcs_device.device_types import NETWORK_OPERATOR


def d2(device, store) -> None:
    """Execution counters are held in memory only.

    Shows: after a power cycle, commands since the last one are accepted again.
    Revealed by: SC-1, SC-10.
    """
    commit = store.commit
    kept = dict(store.state.counters)

    def without_counters(state) -> None:
        counters = state.counters
        state.counters = dict(kept)
        try:
            commit(state)
        finally:
            state.counters = counters

    store.commit = without_counters


def d3(device, store) -> None:
    """A counter is written after the answer, in a commit of its own.

    Here it waits for the next command. Shows: the power goes right after an answer, and cells
    are new while the counter is old: the command is accepted again.
    Revealed by: SC-1, SC-10.
    """
    commit = store.commit
    receive = device.receive
    tick = device.tick
    durable = [dict(store.state.counters)]

    def cells_first(state) -> None:
        counters = state.counters
        state.counters = durable[0]
        try:
            commit(state)
        finally:
            state.counters = counters

    def catch_up() -> None:
        if store.state is not None and store.state.counters != durable[0]:
            commit(store.state)
            durable[0] = dict(store.state.counters)

    def receive_later(octets: bytes):
        catch_up()
        return receive(octets)

    def tick_later(at_most: int = 0):
        catch_up()
        return tick(at_most)

    store.commit = cells_first
    device.receive = receive_later
    device.tick = tick_later


def d12(device, store) -> None:
    """Each cell is made durable by itself, and the counter last.

    Shows: the power goes between them, and a role's signing and key agreement cells have
    different owners: one that can sign and not decrypt.
    Revealed by: SC-10.
    """
    commit = store.commit

    def one_by_one(state) -> None:
        before = store.state.cells
        # In one order everywhere: MicroPython's dict has another than CPython's.
        for cell in sorted(state.cells):
            if state.cells[cell] is not before[cell]:
                step = store.state.copy()
                step.cells[cell] = state.cells[cell]
                commit(step)
        commit(state)

    store.commit = one_by_one


def d17(device, store) -> None:
    """A restart brings trust anchor cells and counters back from an old image.

    Shows: after a power cycle the former owner is in the cells, its counter with it.
    Revealed by: SC-1, SC-10.
    """
    commit = store.commit
    image = store.state

    def beside_the_image(state) -> None:
        cells, counters = state.cells, state.counters
        state.cells, state.counters = dict(image.cells), dict(image.counters)
        try:
            commit(state)
        finally:
            state.cells, state.counters = cells, counters

    store.commit = beside_the_image


def d20(device, store) -> None:
    """Restoring the Device Log fills the network operator cells from the wrong copy.

    The copy is that of the device's start. Shows: after an exchange of the communications hub
    the network operator is the old one.
    Revealed by: SC-10.
    """
    copy = dict(store.state.cells)

    def restore_device_log() -> None:
        new = store.state.copy()
        for cell in copy:
            if cell[0] == NETWORK_OPERATOR:
                new.cells[cell] = copy[cell]
        store.commit(new)

    device.restore_device_log = restore_device_log
