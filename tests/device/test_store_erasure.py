"""Provisioning and erasure on each kind of store, cut at each flash operation and twice."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from test_store import contents, factory_state, identity
from test_store_media import Chip

from gbcs_device import store
from gbcs_device.boards import fault
from gbcs_device.boards.apart import Apart
from gbcs_device.boards.cpython_littlefs import Littlefs
from gbcs_device.boards.nor_flash import FILE_SYSTEM_SECTORS
from gbcs_device.boards.nvs_model import NVS
from gbcs_device.nvs import Nvs
from gbcs_device.raw2 import Raw2
from gbcs_device.store import LOST, PROVISIONED, VIRGIN, Store

TEARS = (0, 1, 2)

# Some seconds, which are many more on a machine that does much else.
pytestmark = pytest.mark.timeout(240)

Open = Callable[[Any], Any]
MEDIA: dict[str, Open] = {
    "lfs": Littlefs.mount,
    "raw2": lambda flash: Apart(Raw2(flash, FILE_SYSTEM_SECTORS), Littlefs.mount(flash)),
    "nvs": lambda flash: Nvs(NVS(flash)),
}


@pytest.fixture(params=MEDIA)
def opened(request: pytest.FixtureRequest) -> Open:
    return MEDIA[request.param]


@pytest.fixture
def virgin(opened: Open) -> Chip:
    return manufactured(opened)


def manufactured(opened: Open) -> Chip:
    chip = Chip()
    flash = chip.plug()
    Littlefs.format(flash)
    if opened is MEDIA["nvs"]:
        chip = Chip()
    store.manufacture(opened(chip.plug()))
    return chip


def provision(held: Store) -> None:
    held.provision(identity(), factory_state())


class Torn(fault.Fault):  # type: ignore[misc]
    """A fault after which the firmware goes on, in a world in which nothing went wrong.

    littlefs takes no exception from its flash. What the cut leaves is `left`.
    """

    def __init__(self, chip: Chip, flash: Any, operation: int, tear: int) -> None:
        super().__init__(flash, operation, tear, 0)
        self._chip = chip
        self.left: bytes | None = None

    def _program_page(self, address: int, octets: Any) -> None:
        super()._program_page(address, octets)
        self._flash.program(address, octets)

    def erase(self, sector: int, length: int) -> None:
        super().erase(sector, length)
        self._flash.erase(sector, length)

    def _end_of_operation(self, what: str) -> None:
        if self._operations == self._cut_at:
            self.left = self._chip.octets


def cut_in(
    chip: Chip, opened: Open, act: Callable[[Store], None] | None
) -> Iterator[tuple[int, int]]:
    """Leave the chip as each cut leaves it, in the start or in what is done then.

    Yields the operation and the tear; ends once nothing is left to cut.
    """
    before = chip.octets
    for operation in range(1, 1000):
        for tear in TEARS:
            chip.octets = before
            flash = chip.plug()
            torn = flash.fault = Torn(chip, flash, operation, tear)
            held = Store(opened(flash))
            if act is not None:
                act(held)
            if torn.left is None:
                return
            chip.octets = torn.left
            yield operation, tear


def look(chip: Chip, opened: Open) -> Store:
    return Store(opened(chip.plug()))


def test_a_cut_in_provisioning_leaves_a_virgin_or_a_whole_device(
    virgin: Chip, opened: Open
) -> None:
    seen = []
    for _ in cut_in(virgin, opened, provision):
        held = look(virgin, opened)
        seen.append(held.condition)
        assert held.epoch == 0
        if held.condition == PROVISIONED:
            assert contents(held.state, held) == contents(factory_state())
        else:
            held.provision(identity(), factory_state())
            assert look(virgin, opened).condition == PROVISIONED
    # Virgin up to some operation, and a device from there on.
    assert set(seen) == {VIRGIN, PROVISIONED}
    assert seen == sorted(seen, reverse=True)


def test_a_cut_in_an_erasure_leaves_the_device_or_a_virgin_one_of_the_next_epoch(
    virgin: Chip, opened: Open
) -> None:
    provision(look(virgin, opened))
    seen = []
    for _ in cut_in(virgin, opened, lambda held: held.erase()):
        held = look(virgin, opened)
        seen.append((held.condition, held.epoch))
        held = look(virgin, opened)
        assert (held.condition, held.epoch) == seen[-1]
        held.erase()
        assert look(virgin, opened).epoch == seen[-1][1] + 1
    assert set(seen) == {(PROVISIONED, 0), (VIRGIN, 1)}
    assert seen == sorted(seen)


@pytest.mark.parametrize("at", range(1, 12))
def test_a_second_cut_while_an_erasure_is_finished_changes_nothing(
    virgin: Chip, opened: Open, at: int
) -> None:
    provision(look(virgin, opened))
    for operation, tear in cut_in(virgin, opened, lambda held: held.erase()):
        if operation == at and tear == 1:
            break
    left = virgin.octets
    once = look(virgin, opened)
    virgin.octets = left
    for _ in cut_in(virgin, opened, None):
        twice = look(virgin, opened)
        assert (twice.condition, twice.epoch) == (once.condition, once.epoch)


@pytest.mark.parametrize("kind", ["raw2", "nvs"])
def test_a_damaged_record_is_erased_into_the_next_epoch(kind: str) -> None:
    opened = MEDIA[kind]
    chip = manufactured(opened)
    held = look(chip, opened)
    for _ in range(2):
        held.erase()
    provision(held)
    # The names of blobs in every copy of the record that the flash holds.
    at = 0
    while (at := chip.octets.find(b"GR\x01", at + 1)) > 0:
        chip.plug().program(at + 12, bytes(8))
    held = look(chip, opened)
    assert (held.condition, held.epoch) == (LOST, 2)
    held.erase()
    held = look(chip, opened)
    assert (held.condition, held.epoch) == (VIRGIN, 3)


def test_combs_that_another_board_has_left_on_the_flash_are_no_store_of_this_one() -> None:
    """A `unix:` board keeps them in a folder; one without them must not try to remove it."""
    chip = manufactured(Littlefs.mount)
    flash = chip.plug()
    system = Littlefs.mount(flash)._system
    system.makedirs("/gbcs/combs")
    with system.open("/gbcs/combs/of a key", "wb") as file:
        file.write(bytes(2080))
    assert Store(Littlefs.mount(chip.plug())).condition == VIRGIN
