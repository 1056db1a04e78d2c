"""The signals that end a process: Ctrl-C, a terminal that hangs up, a request to end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SIGNALLED = 128
"""What shells add to a signal's number to make an exit status."""


@contextmanager
def held_back() -> Iterator[None]:
    """Have what is done meanwhile done whole: a signal that comes is handled afterwards.

    Only signals that Python handles in this process, and only in its main thread, which alone
    handles any.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    mine = threading.current_thread() is threading.main_thread()
    handled = [number for number in ENDING if mine and callable(signal.getsignal(number))]
    before = {number: signal.signal(number, note) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
