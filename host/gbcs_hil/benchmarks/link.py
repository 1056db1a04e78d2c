"""Measure the serial link: messages that a virgin device turns down at once."""

import statistics
import time

import msgspec

from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.benchmarks.spent import one_core
from gbcs_hil.scratch import scratch_folder


class LinkTimes(msgspec.Struct, frozen=True):
    """What the messages took.

    Attributes:
        target: where the device ran.
        octets: the length of a message.
        count: how many were sent of each length.
        small_milliseconds: the median round trip of a message of one octet.
        milliseconds: the median round trip of a message of that length.
        octets_a_second: of messages, one after the other.
    """

    target: str
    octets: int
    count: int
    small_milliseconds: float
    milliseconds: float
    octets_a_second: int


def measure(target: str, octets: int, count: int) -> LinkTimes:
    """Send messages of one octet and of some length, with host and device on one core.

    Raises:
        HilError: the target cannot run.
    """
    with (
        one_core(),
        scratch_folder() as folder,
        targets.start(target, folder / "flash") as device,
    ):
        board = Board(target, link.Link(ports.open_port(device.port)))
        board.hello()
        small = _round_trips(board, bytes(1), count)
        large = _round_trips(board, bytes(octets), count)
    median = statistics.median(large)
    return LinkTimes(
        target=target,
        octets=octets,
        count=count,
        small_milliseconds=round(1000 * statistics.median(small), 3),
        milliseconds=round(1000 * median, 3),
        octets_a_second=round(octets / median),
    )


def _round_trips(board: Board, message: bytes, count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        board.deliver(message)
        seconds.append(time.perf_counter() - start)
    return seconds
