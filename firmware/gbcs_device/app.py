"""Start a device on a board: store, bench port, link."""

from gbcs_device import combs, points
from gbcs_device.bench_port import BenchPort
from gbcs_device.link import Link
from gbcs_device.store import Store

RESET = 3
"""The exit status by which an emulated board asks to be started again."""


def run(board) -> int:
    """Serve the bench; return `RESET` when it asks for a reset, 0 when the line ends."""
    # The largest piece of work that P-256 does; now there is room for it.
    points.generator_comb()
    store = Store(board.medium)
    armed = board.flash is not None and board.flash.fault is not None
    # Nothing else writes while cuts are planned.
    combs.use(None if armed else board.cache)
    port = BenchPort(board, store)
    boot_id = int.from_bytes(board.random(4), "big") or 1
    link = Link(board.stream_in, board.stream_out, board.poll, boot_id)
    board.loaded()
    if store.problem:
        link.log("store lost: " + store.problem)
    return RESET if link.serve(port.handle, port.idle) else 0
