"""Programs and erases of an emulated flash under commands that a device accepts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from gbcs_hil.bench.flash_faults import Fault
from gbcs_hil.bench.stores import BAD_STORES
from gbcs_hil.errors import HilError
from gbcs_hil.powercut.cases import Place
from gbcs_hil.powercut.commands import Parties
from gbcs_hil.powercut.device import on_copy
from gbcs_hil.powercut.scenarios import LAST, NETWORK, Step, start

ENDURANCE = 100_000
"""Erases that makers of such flash promise for a sector."""

WARM_UP = 20
"""Commands before the count begins, so that no sector is as provisioning left it."""

COUNTER = "a counter"
"""What the commands change whose wear is limited."""

CELLS = "two cells and a counter"
"""What other ones change."""


@dataclass(frozen=True)
class Limit:
    """The most that a store may do for a command that changes only a counter.

    Attributes:
        programs, erases: for each command.
        why: for a person, if it is not what the others keep.
    """

    programs: float
    erases: float
    why: str = ""


LIMITS = {
    "lfs": Limit(2.0, 0.07),
    "raw2": Limit(2.0, 0.01),
    "nvs": Limit(
        9.5,
        0.07,
        "2 programs are not to be had in ESP-IDF's format: to replace a blob takes 8 at least "
        "(item, data, index, the state of each, the old item's and index's states), and even "
        "an integer of 32 bits takes 3; see docs/counter-store.md",
    ),
}
"""What this project has set itself."""


@dataclass(frozen=True)
class Wear:
    """What commands cost a flash.

    Attributes:
        store: the kind of store.
        changes: `COUNTER` or `CELLS`.
        commands: how many were counted.
        programs, erases: of the whole flash.
        worst: erases of the sector that had most.
    """

    store: str
    changes: str
    commands: int
    programs: int
    erases: int
    worst: int

    @property
    def programs_each(self) -> float:
        """Programs for each command."""
        return self.programs / self.commands

    @property
    def erases_each(self) -> float:
        """Erases for each command."""
        return self.erases / self.commands

    @property
    def lasts(self) -> int | None:
        """How many commands wear out the worst sector; None if none was erased."""
        return ENDURANCE * self.commands // self.worst if self.worst else None

    @property
    def limit(self) -> Limit | None:
        """What the store must stay within, if anything."""
        return LIMITS.get(self.store) if self.changes == COUNTER else None

    @property
    def within(self) -> bool:
        """Whether it stays within its limit."""
        limit = self.limit
        return limit is None or (
            self.programs_each <= limit.programs and self.erases_each <= limit.erases
        )


def measure(kind: str, store: str, changes: str, commands: int) -> Wear:
    """Have a GPF accept commands and count what they do to its flash.

    Args:
        kind: "unix" or "cpython".
        store: a kind of store on an emulated flash, no bad one.
        changes: `COUNTER` or `CELLS`.
        commands: how many to count.

    Raises:
        HilError: the device cannot be run, or refuses a command.
    """
    assert store not in BAD_STORES
    place = Place(kind, store, "gpf", "6.15.1")
    with on_copy(place, None) as device:
        device.boot()
        device.board.provision(start("gpf"))
        device.boot()
        for number, command in enumerate(islice(_renewals(changes), WARM_UP + commands)):
            if number == WARM_UP:
                device.arm([Fault()])
            delivery = device.perform(Step(command))
            if not delivery.outputs:
                raise HilError(f"{place}: command {number} is refused: {delivery.detail}")
        work = device.work()
    return Wear(store, changes, commands, sum(work.programs), sum(work.erases), max(work.erases))


def _renewals(changes: str) -> Iterator[bytes]:
    """Yield renewals with the certificates that stand there, or with new ones each time."""
    parties = [Parties(), Parties().renewed(NETWORK.owner)]
    counter = LAST
    now = 0
    while True:
        counter += 1
        then = now if changes == COUNTER else 1 - now
        yield NETWORK.renewal(parties[now], parties[then], counter, "gpf")
        now = then
