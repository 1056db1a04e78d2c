"""What the bench lets befall a device's emulated flash, and what the flash has done."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

_QUICK = 5.0


class Requests(Protocol):
    """What this needs of a link."""

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and return its reply."""


class Tear(IntEnum):
    """How much of the operation in which the power goes is applied."""

    NOTHING = 0
    HALF = 1
    ALL = 2


@dataclass(frozen=True)
class Fault:
    """What befalls the flash during one boot; by default nothing, and its work is counted.

    Attributes:
        operation: the program or erase in which the power goes, counted from 1; 0 for none.
        tear: how much of it is applied.
        read: the read that fails, counted from 1; 0 for none.
    """

    operation: int = 0
    tear: Tear = Tear.NOTHING
    read: int = 0


@dataclass(frozen=True)
class FlashWork:
    """What the flash has done since a fault was armed or the boot began.

    Attributes:
        reads: as the store asked for them.
        programs: of pages, for each sector.
        erases: for each sector.
    """

    reads: int
    programs: tuple[int, ...]
    erases: tuple[int, ...]

    @property
    def operations(self) -> int:
        """Programs and erases, which is what cuts are counted in."""
        return sum(self.programs) + sum(self.erases)


def arm(link: Requests, boots: Sequence[Fault]) -> None:
    """Say what befalls the flash in this boot and in each that follows.

    Raises:
        DeviceError: the device's store is on no emulated flash.
    """
    plan = [[fault.operation, int(fault.tear), fault.read] for fault in boots]
    link.request("fault", deadline=_QUICK, boots=plan)


def work(link: Requests) -> FlashWork:
    """Return what the flash has done.

    Raises:
        DeviceError: nothing was armed in this boot.
    """
    reply = link.request("fault", deadline=_QUICK)
    return FlashWork(reply["reads"], tuple(reply["programs"]), tuple(reply["erases"]))
