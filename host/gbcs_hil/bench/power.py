"""Cut a board's power, and prove that it was cut.

A switch that says "off" proves nothing: hubs that claim to switch their ports often do not,
and a board may be fed through its other pins. So a cut counts only if the board fell silent,
and came back with another boot_id and "power-on" as the cause of its reset. Anything else is
`PowerNotCut`, and what was tried in the belief that the power was off is void.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from gbcs_hil.errors import HilError, LinkError, PowerNotCut

SILENT_WITHIN = 1.0
"""Seconds in which a board without power must be silent."""

POWER_ON = "power-on"
"""The reset cause of a boot that followed a loss of power."""

_Answer = TypeVar("_Answer")


class Supply(Protocol):
    """A switch in a board's supply; it says nothing about what comes of it."""

    @property
    def description(self) -> str:
        """What is switched, for messages, such as `uhubctl -l 1-1.4 -p 2`."""

    @property
    def off_seconds(self) -> float:
        """How long the power must stay off for the board to lose it."""

    def cut(self) -> None:
        """Switch off.

        Raises:
            PowerNotCut: the switch does not work.
            ToolMissing: a program that it needs is not there.
        """

    def restore(self) -> None:
        """Switch on; see `cut`."""


class Line(Protocol):
    """What is watched to see a board lose its power; `Connection` is one."""

    @property
    def name(self) -> str:
        """The board, for messages."""

    @property
    def boot_id(self) -> int | None:
        """The boot that was last heard of."""

    def open(self) -> int:
        """Find the board and return its boot_id."""

    def gone(self, within: float) -> bool:
        """Return whether the board falls silent within some seconds."""

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and return its reply."""


@dataclass(frozen=True)
class Boot:
    """A boot that followed a proved loss of power.

    Attributes:
        before, after: the boot_ids.
        reset_cause: "power-on".
        off: seconds for which the power was off.
    """

    before: int
    after: int
    reset_cause: str
    off: float


@dataclass(frozen=True)
class CutShort(Generic[_Answer]):
    """What came of an operation during which the power was cut.

    Attributes:
        boot: the proof of the cut.
        answer: what the operation returned, or None if the cut came first.
        error: what it raised, or None.
    """

    boot: Boot
    answer: _Answer | None
    error: HilError | None


class Power:
    """One board's supply, with the proof of each cut.

    A cut that cannot be proved, or is interrupted, leaves the power on.
    """

    def __init__(self, supply: Supply, line: Line) -> None:
        """Take the switch and the line to the board behind it."""
        self.supply = supply
        self._line = line
        self._before = 0
        self._cut_at = 0.0

    def cut(self) -> None:
        """Cut the power and see the board fall silent.

        Raises:
            PowerNotCut: it still answers, or the switch does not work.
        """
        self._note_boot()
        with self._on_unless_cut():
            self._switch_off()
            self._see_silence()

    def restore(self) -> Boot:
        """Restore the power once it was off for long enough, and see the board start.

        Raises:
            PowerNotCut: the boot is the same one, or was not caused by a loss of power.
            LinkError: the board does not come back.
        """
        still = self.supply.off_seconds - (time.monotonic() - self._cut_at)
        if still > 0:
            with self._on_unless_cut():
                time.sleep(still)
        off = time.monotonic() - self._cut_at
        self.supply.restore()
        hello = self._line.request("hello", deadline=10.0)
        after, cause = self._line.boot_id or 0, str(hello.get("reset_cause"))
        if after == self._before:
            raise self._not_cut(f"the board came back with the same boot_id {after}")
        if cause != POWER_ON:
            raise self._not_cut(f"the board says that its reset was caused by {cause!r}")
        return Boot(self._before, after, cause, off)

    def cycle(self) -> Boot:
        """Cut and restore; see both."""
        self.cut()
        return self.restore()

    def cut_during(self, operation: Callable[[], _Answer], after: float) -> CutShort[_Answer]:
        """Start an operation on the board, cut the power some time later, restore it.

        Args:
            operation: talks to the board; its line may break under it.
            after: seconds from the operation's start to the cut.

        Raises:
            PowerNotCut: as `cut` and `restore`.
        """
        self._note_boot()
        failures: list[BaseException] = []
        # Only the switch is worked beside the operation: the line has one user.
        timer = threading.Timer(after, self._switch_off_for, (failures,))
        answer, error = None, None
        with self._on_unless_cut():
            timer.start()
            try:
                answer = operation()
            except HilError as raised:
                error = raised
            except BaseException:
                timer.cancel()
                raise
            finally:
                timer.join()
            if failures:
                raise failures[0]
            self._see_silence()
        return CutShort(self.restore(), answer, error)

    @contextmanager
    def _on_unless_cut(self) -> Iterator[None]:
        """Switch on again where something goes wrong on the way."""
        try:
            yield
        except BaseException:
            # What went wrong first is what is told.
            with suppress(HilError):
                self.supply.restore()
            raise

    def _note_boot(self) -> None:
        try:
            self._before = self._line.open()
        except LinkError as error:
            raise self._not_cut(f"the board did not answer before the cut ({error})") from error

    def _switch_off(self) -> None:
        self.supply.cut()
        self._cut_at = time.monotonic()

    def _switch_off_for(self, failures: list[BaseException]) -> None:
        try:
            self._switch_off()
        except BaseException as error:
            failures.append(error)

    def _see_silence(self) -> None:
        if not self._line.gone(SILENT_WITHIN):
            raise self._not_cut(f"the board still answers {SILENT_WITHIN:g} s after the cut")

    def _not_cut(self, seen: str) -> PowerNotCut:
        return PowerNotCut(
            f"board {self._line.name}: power cut by {self.supply.description}: {seen}. What was "
            "tried meanwhile is void; see that this supply is the board's only one, and that "
            "nothing feeds it through other pins"
        )
