"""An emulated device on a copy of a flash, whose power can go at any operation."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from gbcs_hil.bench import flash_faults, targets
from gbcs_hil.bench.board import Board, Delivery
from gbcs_hil.bench.flash_faults import Fault, FlashWork
from gbcs_hil.bench.link import Link
from gbcs_hil.bench.ports import open_port
from gbcs_hil.errors import LinkError
from gbcs_hil.powercut.cases import Place
from gbcs_hil.powercut.commands import NOW
from gbcs_hil.powercut.scenarios import Step
from gbcs_hil.scratch import scratch_folder

_BOOT_SECONDS = 20.0
_LATE_SECONDS = 5.0


class EmulatedDevice:
    """A device as a process; entered, it is on.

    Attributes:
        board: the operations of its bench port.
        cut: the device's last words in the boot that a fault has ended; "" before that.
    """

    def __init__(self, place: Place, folder: Path, image: bytes | None = None) -> None:
        """Take a board.

        Args:
            place: which board with which store.
            folder: an empty one, for the flash.
            image: the flash; a new one by default.
        """
        self.cut = ""
        self._flash = folder / "flash"
        if image is not None:
            self._flash.write_bytes(image)
        self._stack = ExitStack()
        self._lines = ExitStack()
        self._target = self._stack.enter_context(targets.start(place.target, self._flash))
        self._stack.push(self._lines)
        self._link: Link | None = None

    @property
    def board(self) -> Board:
        """The bench port; `boot` opens it."""
        assert self._link is not None
        return Board("device", self._link)

    def image(self) -> bytes:
        """Cut the power and return the flash."""
        self.power_off()
        return self._flash.read_bytes()

    def power_off(self) -> None:
        """Cut the power of a device that does nothing."""
        self._lines.close()
        self._target.power_off()

    def boot(self) -> None:
        """Restore the power and find the device.

        Raises:
            LinkError: it did not start, or its power went before it was found.
        """
        self.power_off()
        self._target.power_on()
        try:
            self._link = Link(open_port(self._target.port))
            self._lines.callback(self._link.close)
            self._link.open(deadline=_BOOT_SECONDS)
            # Nothing is due at this time, so nothing is written.
            self.board.set_clock(NOW)
        except LinkError:
            self._note_cut()
            raise

    def arm(self, boots: Sequence[Fault]) -> None:
        """Say what befalls the flash from now on."""
        assert self._link is not None
        flash_faults.arm(self._link, boots)

    def work(self) -> FlashWork:
        """Return what the flash has done in this boot."""
        assert self._link is not None
        return flash_faults.work(self._link)

    def perform(self, step: Step) -> Delivery:
        """Have the device do something.

        Raises:
            LinkError: its power went.
        """
        try:
            if step.clock is not None:
                return self.board.set_clock(step.clock)
            assert step.command is not None
            return self.board.deliver(step.command)
        except LinkError:
            self._note_cut()
            raise

    def await_cut(self) -> None:
        """Wait for the power to go from a device that has answered all that it was asked.

        A store that writes before the device answers has no work left then; one that does not
        is cut now.
        """
        assert self._link is not None
        try:
            self._link.listen(_LATE_SECONDS)
        except LinkError:
            self._note_cut()

    def _note_cut(self) -> None:
        # A device that dies while it starts may do so before anybody listens to its line.
        told = self._flash.with_name(self._flash.name + ".cut")
        self.cut = told.read_text() if told.exists() else ""
        told.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


@contextmanager
def on_copy(place: Place, image: bytes | None) -> Iterator[EmulatedDevice]:
    """Take a device on a copy of a flash, or on a new one, which is gone afterwards."""
    with (
        scratch_folder() as folder,
        EmulatedDevice(place, folder, image) as device,
    ):
        yield device
