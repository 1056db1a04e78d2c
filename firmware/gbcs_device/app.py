"""Start a device on a board: store, bench port, link."""

from gbcs_device.bench_port import BenchPort
from gbcs_device.link import Link
from gbcs_device.store import Store

RESET = 3
"""The exit status by which an emulated board asks to be started again."""


def run(board) -> int:
    """Serve the bench; return `RESET` when it asks for a reset, 0 when the line ends."""
    store = Store(board.medium)
    boot_id = int.from_bytes(board.random(4), "big") or 1
    link = Link(board.stream_in, board.stream_out, board.poll, boot_id)
    if store.problem:
        link.log("store lost: " + store.problem)
    return RESET if link.serve(BenchPort(board, store).handle) else 0
