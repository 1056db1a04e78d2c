"""Processes that play parts of a run beside this one, and end in order when it ends.

Ctrl-C on a terminal, or its hanging up, reaches every process of a command. Here the first one
alone acts on it: it asks the others to end, and each of them stops its boards and completes its
evidence. They do the same if the first one is killed.
"""

import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from gbcs_hil.ending import SIGNALLED

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Workers:
    """Processes that do what they are given, as many things at a time as there are processes.

    Args:
        count: how many processes, or None for the number of processors.
    """

    def __init__(self, count: int | None) -> None:
        # A forked child of a program with threads may stop for ever.
        self._given: list[Future[Any]] = []
        with _terminals_signals_blocked():
            self._pool = ProcessPoolExecutor(
                count or os.cpu_count() or 1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
            )

    def submit(
        self, work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs
    ) -> "Future[_Made]":
        """Have something done by whichever process is free first."""
        # Whatever process is started for it has them blocked from its beginning.
        with _terminals_signals_blocked():
            future = self._pool.submit(_do, functools.partial(work, *given, **named))
        self._given.append(future)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        done = False
        try:
            if error is None:
                # Not by `shutdown`: if its join is interrupted, no later one waits any more.
                wait(self._given)
                done = True
        finally:
            if not done:
                # Who has nothing to do is not terminated: it may be reading, under a lock, that
                # there is nothing more, and the next would find half of that.
                for process in multiprocessing.active_children():
                    process.terminate()
            self._pool.shutdown(cancel_futures=True)


@contextmanager
def _terminals_signals_blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGHUP])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- In the processes ----------------------------------------------------------------------

_ended = threading.Event()
_at_work = threading.Event()


def _begin() -> None:
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end(number: int, _frame: object) -> None:
    """End what is being done, once: what it does to end in order is not ended again."""
    if not (_ended.is_set() and _at_work.is_set()):
        _ended.set()
        raise SystemExit(SIGNALLED + number)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _do(work: Callable[[], _Made]) -> _Made:
    _at_work.set()
    try:
        if _ended.is_set():
            raise SystemExit(SIGNALLED + signal.SIGTERM)
        return work()
    finally:
        _at_work.clear()
        parent = multiprocessing.parent_process()
        if _ended.is_set() and not (parent and parent.is_alive()):
            # Nobody is there to be answered, nor to say that there is nothing more to do.
            os._exit(SIGNALLED + signal.SIGTERM)
