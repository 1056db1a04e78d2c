"""What a program spends in its parts, and a machine that is the same for all of them."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Spent:
    """Seconds that were spent in each part, and in none of the parts that it called.

    Attributes:
        seconds: by part.
        calls: by part.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._within: list[float] = []

    def time(
        self, part: str, function: Callable[..., _Result], *args: Any, **kwargs: Any
    ) -> _Result:
        """Call a function, whose own time is a part's; return what it returns."""
        self._within.append(0.0)
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            whole = time.perf_counter() - start
            self.seconds[part] += whole - self._within.pop()
            self.calls[part] += 1
            if self._within:
                self._within[-1] += whole

    @contextmanager
    def timing(self, owner: object, names: Iterable[str], part: str) -> Iterator[None]:
        """Time an owner's functions in a `with` block."""
        before = {name: getattr(owner, name) for name in names}
        for name, function in before.items():
            setattr(owner, name, self._timed(part, function))
        try:
            yield
        finally:
            for name, function in before.items():
                setattr(owner, name, function)

    def _timed(self, part: str, function: Callable[..., _Result]) -> Callable[..., _Result]:
        def run(*args: Any, **kwargs: Any) -> _Result:
            return self.time(part, function, *args, **kwargs)

        return run


@contextmanager
def one_core() -> Iterator[int | None]:
    """Stay on one core in a `with` block, with every process that is started in it.

    Yields:
        The core; None where the system knows no such thing.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, allowed)
