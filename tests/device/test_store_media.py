"""What each kind of store promises of one write, whatever moment the power goes."""

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from gbcs_device.boards import fault
from gbcs_device.boards.bad_stores import Naive
from gbcs_device.boards.nor_flash import FILE_SYSTEM_SECTORS, SECTOR, SECTORS, NorFlash
from gbcs_device.boards.nvs_model import NVS
from gbcs_device.files import Files
from gbcs_device.nvs import Nvs
from gbcs_device.raw2 import Raw2

TEARS = (0, 1, 2)
LENGTH = 177
NOT_FOUND = -0x1102


class Cut(Exception):
    """The power went."""


class MemoryFlash(NorFlash):  # type: ignore[misc]
    """The same in memory, and without the pains that spare a small board's."""

    def __init__(self, file: BytesIO) -> None:
        self.path = ""
        self._file = file

    def program(self, address: int, octets: bytes) -> None:
        self._file.seek(address)
        old = int.from_bytes(self._file.read(len(octets)), "big")
        self._file.seek(address)
        bits = old & int.from_bytes(octets, "big")
        self._file.write(bits.to_bytes(len(octets), "big"))


class Chip:
    """A flash in memory, which `plug` gives to a board that has just started."""

    def __init__(self) -> None:
        self.file = BytesIO(b"\xff" * SECTORS * SECTOR)

    def plug(self) -> Any:
        return MemoryFlash(self.file)

    @property
    def octets(self) -> bytes:
        return self.file.getvalue()

    @octets.setter
    def octets(self, octets: bytes) -> None:
        self.file.seek(0)
        self.file.write(octets)


@pytest.fixture(autouse=True)
def _cut_by_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(path: str, line: str) -> None:
        raise Cut(line)

    monkeypatch.setattr(fault, "cut_power", cut)


def raw2(flash: Any) -> Any:
    return Raw2(flash, FILE_SYSTEM_SECTORS)


def nvs(flash: Any) -> Any:
    return Nvs(NVS(flash))


def naive(flash: Any) -> Any:
    return Naive(flash, FILE_SYSTEM_SECTORS, SECTOR)


Open = Callable[[Any], Any]
GOOD: dict[str, Open] = {"raw2": raw2, "nvs": nvs}


@pytest.fixture(params=GOOD)
def opened(request: pytest.FixtureRequest) -> Open:
    return GOOD[request.param]


@pytest.fixture
def chip() -> Chip:
    return Chip()


def record(counter: int, length: int = LENGTH) -> bytes:
    """Return something like a record: a counter in the midst of what seldom changes."""
    return bytes(60) + counter.to_bytes(8, "big") + bytes(length - 68)


def after_a_cut(
    chip: Chip, opened: Open, act: Callable[[Any], None]
) -> Iterator[tuple[Any, bool]]:
    """Open the store after a cut at each operation of `act`, with each tear.

    Yields the store, and whether `act` had returned.
    """
    before = chip.octets
    at = 0
    while True:
        at += 1
        for tear in TEARS:
            chip.octets = before
            flash = chip.plug()
            store = opened(flash)
            flash.fault = fault.Fault(flash, at, tear, 0)
            done = False
            try:
                act(store)
                done = True
            except Cut:
                pass
            yield opened(chip.plug()), done
            if done:
                return


def test_a_write_is_there_whole_or_not_at_all(chip: Chip, opened: Open) -> None:
    opened(chip.plug()).write("record", record(1))
    seen = []
    for store, done in after_a_cut(chip, opened, lambda it: it.write("record", record(2))):
        seen.append(store.read("record"))
        assert not done or seen[-1] == record(2)
        # Something else than what the cut has torn, which must not lie under it.
        store.write("record", record(0x7C00))
        assert opened(chip.plug()).read("record") == record(0x7C00)
    assert len(seen) > 3
    assert set(seen) == {record(1), record(2)}


def test_a_removal_is_done_or_not(chip: Chip, opened: Open) -> None:
    opened(chip.plug()).write("record", record(1))
    seen = []
    for store, done in after_a_cut(chip, opened, lambda it: it.remove("record")):
        seen.append(store.read("record"))
        assert not done or seen[-1] is None
    assert set(seen) == {record(1), None}


def test_many_writes_over_many_sectors(chip: Chip, opened: Open) -> None:
    flash = chip.plug()
    store = opened(flash)
    for counter in range(500):
        store.write("record", record(counter))
    assert opened(chip.plug()).read("record") == record(499)


@pytest.mark.parametrize("start", range(0, 160, 7))
def test_a_cut_anywhere_in_the_life_of_the_sectors(chip: Chip, opened: Open, start: int) -> None:
    store = opened(chip.plug())
    for counter in range(start):
        store.write("record", record(counter))

    def three(store: Any) -> None:
        for counter in range(start, start + 3):
            store.write("record", record(counter, LENGTH + 16 * (counter % 2)))

    last = -1
    for store, _ in after_a_cut(chip, opened, three):
        octets = store.read("record")
        counter = -1 if octets is None else int.from_bytes(octets[60:68], "big")
        assert counter >= max(last - 1, start - 1)
        last = max(last, counter)
    assert last == start + 2


def test_cuts_one_after_the_other_leave_the_last_that_was_written(
    chip: Chip, opened: Open
) -> None:
    """Each boot is cut at another operation, in recovery or in the write that follows."""
    opened(chip.plug()).write("record", record(0))
    least = counter = 0
    for number in range(400):
        flash = chip.plug()
        flash.fault = fault.Fault(flash, 1 + number % 11, number % 3, 0)
        try:
            store = opened(flash)
            while True:
                counter += 1
                store.write("record", record(counter))
                least = counter
        except Cut:
            pass
        held = int.from_bytes(opened(chip.plug()).read("record")[60:68], "big")
        assert least <= held <= counter
        least = counter = held


def blobs(store: Any) -> dict[str, bytes]:
    return {name: store.read(name) for name in store.names() if store.read(name) is not None}


def test_nvs_keeps_blobs_of_every_length(chip: Chip) -> None:
    store = nvs(chip.plug())
    made = {f"{n:016x}": bytes([n]) * n * 41 for n in range(1, 25)}
    made["f" * 16] = bytes(range(256)) * 18
    for name in made:
        store.write(name, made[name])
    store.remove("0" * 15 + "3")
    del made["0" * 15 + "3"]
    assert blobs(store) == made
    assert blobs(nvs(chip.plug())) == made


def test_nvs_says_when_it_is_full_and_keeps_what_it_has(chip: Chip) -> None:
    store = nvs(chip.plug())
    written = 0
    with pytest.raises(OSError, match="-4357"):
        for written in range(64):
            store.write(f"{written:016x}", bytes([written]) * 1000)
    assert 10 < written < 30
    again = nvs(chip.plug())
    for number in range(written):
        assert again.read(f"{number:016x}") == bytes([number]) * 1000


def test_nvs_names_what_a_cut_left_so_that_it_can_be_removed(chip: Chip) -> None:
    name = "00" * 8
    nvs(chip.plug()).write("record", record(1))
    for store, _ in after_a_cut(chip, nvs, lambda it: it.write(name, bytes(700))):
        assert store.read("record") == record(1)
        assert store.read(name) in (None, bytes(700))
        for left in store.names():
            store.remove(left)
        assert store.names() == []
        assert store.read(name) is None
        with pytest.raises(OSError, match="-4354"):
            NVS(chip.plug()).get_blob("AAAAAAAAAAA", bytearray(1000))


def spoil(chip: Chip, sector: int, at: int, bits: int = 0x04) -> None:
    octets = bytearray(chip.octets)
    octets[sector * SECTOR + at] ^= bits
    chip.octets = bytes(octets)


@pytest.mark.parametrize("writes", [1, 2, 5, 125, 130])
def test_raw2_takes_damage_of_what_was_answered_for_damage(chip: Chip, writes: int) -> None:
    """Never for the record before it: each octet of base and slots is spoilt in turn."""
    store = raw2(chip.plug())
    for counter in range(writes):
        store.write("record", record(counter))
    whole = chip.octets
    sector = FILE_SYSTEM_SECTORS + store._sector
    for at in range(store._next):
        chip.octets = whole
        spoil(chip, sector, at)
        try:
            held = raw2(chip.plug()).read("record")
        except OSError as error:
            assert "damaged" in str(error)
        else:
            assert held in (None, record(writes - 1))


def test_raw2_takes_a_slot_that_was_made_for_another_record_for_damage(chip: Chip) -> None:
    """Each slot says but what differs: behind another one it would make a third record."""
    first, second, other = (bytearray(record(1)) for _ in range(3))
    first[60], other[60] = 1, 2
    second[60], second[100] = 1, 1
    there = Chip()
    for place, records in ((chip, (first, second)), (there, (other,))):
        store = raw2(place.plug())
        store.write("record", record(1))
        for written in records:
            store.write("record", bytes(written))
    at = (FILE_SYSTEM_SECTORS + 1) * SECTOR + 192
    assert chip.octets[at : at + 32] != there.octets[at : at + 32]
    octets = bytearray(chip.octets)
    octets[at : at + 32] = there.octets[at : at + 32]
    chip.octets = bytes(octets)
    with pytest.raises(OSError, match="a slot of the record is damaged"):
        raw2(chip.plug()).read("record")


@pytest.mark.parametrize("writes", [2, 12])
@pytest.mark.parametrize("bits", [0x04, 0x80, 0xFF])
def test_nvs_takes_damage_of_what_was_answered_for_damage(
    chip: Chip, writes: int, bits: int
) -> None:
    """Never for the record before it: each octet of the page in use is spoilt in turn."""
    store = nvs(chip.plug())
    for counter in range(writes):
        store.write("record", record(counter))
    whole = chip.octets
    for at in range(SECTOR):
        chip.octets = whole
        spoil(chip, 0, at, bits)
        try:
            held = nvs(chip.plug()).read("record")
        except OSError:
            continue
        assert held in (None, record(writes - 1)), at


def test_the_storage_of_an_esp32_loses_what_is_set_over_another(chip: Chip) -> None:
    """So ESP-IDF does, if old and new are on one page; what `Nvs` sets is never set over."""
    NVS(chip.plug()).set_blob("a key", record(1))
    before = chip.octets
    seen = set()
    for at in range(1, 12):
        chip.octets = before
        flash = chip.plug()
        storage = NVS(flash)
        flash.fault = fault.Fault(flash, at, 0, 0)
        with contextlib.suppress(Cut):
            storage.set_blob("a key", record(2))
        try:
            length = NVS(chip.plug()).get_blob("a key", held := bytearray(LENGTH))
            seen.add(bytes(held[:length]))
        except OSError as error:
            seen.add(error.args[0])
    assert seen == {record(1), NOT_FOUND, record(2)}


def test_a_cut_where_the_turns_of_nvs_begin_again(chip: Chip) -> None:
    store = nvs(chip.plug())
    for counter in range(256):
        store.write("record", record(counter))
    seen = [
        store.read("record")
        for store, _ in after_a_cut(chip, nvs, lambda it: it.write("record", record(256)))
    ]
    assert seen == sorted(seen)
    assert set(seen) == {record(255), record(256)}


@pytest.mark.parametrize(("even", "odd", "newer"), [(2, 1, 0), (2, 3, 1), (0, 255, 0)])
def test_nvs_keeps_the_newer_of_two_that_a_cut_left(
    chip: Chip, even: int, odd: int, newer: int
) -> None:
    storage = NVS(chip.plug())
    for number, turn in enumerate((even, odd)):
        storage.set_blob(f"record{number}", bytes((turn,)) + record(number) + b"\1")
    assert nvs(chip.plug()).read("record") == record(newer)
    with pytest.raises(OSError, match="-4354"):
        NVS(chip.plug()).get_blob(f"record{1 - newer}", bytearray(256))


def test_nvs_takes_two_that_no_cut_leaves_for_damage(chip: Chip) -> None:
    storage = NVS(chip.plug())
    storage.set_blob("record0", bytes((4,)) + record(1) + b"\1")
    storage.set_blob("record1", bytes((7,)) + record(2) + b"\1")
    with pytest.raises(OSError, match="two of its record"):
        nvs(chip.plug())


def test_an_image_that_espressif_makes_can_be_read(chip: Chip, tmp_path: Path) -> None:
    """What their own tool writes is what the model reads."""
    blobs = {"record0": b"\0\1", "whole": bytes(64), "large": bytes(range(256)) * 18}
    lines = [f"{name},data,hex2bin,{octets.hex()}" for name, octets in blobs.items()]
    table = tmp_path / "blobs.csv"
    table.write_text("\n".join(["key,type,encoding,value", "gbcs,namespace,,", *lines, ""]))
    image = tmp_path / "image.bin"
    generate = [sys.executable, "-m", "esp_idf_nvs_partition_gen", "generate"]
    subprocess.run(
        [*generate, str(table), str(image), "0x6000"], check=True, capture_output=True, timeout=60
    )
    chip.octets = image.read_bytes() + chip.octets[0x6000:]
    storage = NVS(chip.plug())
    for name, octets in blobs.items():
        held = bytearray(len(octets))
        assert storage.get_blob(name, held) == len(octets)
        assert held == octets
    storage.set_blob("new", b"\2")
    assert NVS(chip.plug()).get_blob("new", bytearray(1)) == 1


def test_nvs_reads_a_record_of_many_waiting_commands(chip: Chip) -> None:
    store = nvs(chip.plug())
    for length in (32, 255, 256, 257, 2000):
        store.write("record", record(7, length + 68))
        assert nvs(chip.plug()).read("record") == record(7, length + 68)


def test_nvs_names_more_blobs_than_its_index_usually_holds(chip: Chip) -> None:
    store = nvs(chip.plug())
    names = [f"{number:016x}" for number in range(60)]
    for name in names:
        store.write(name, b"a blob")
    assert sorted(nvs(chip.plug()).names()) == names


def test_raw2_refuses_a_record_that_no_sector_holds(chip: Chip) -> None:
    with pytest.raises(ValueError, match="2049 octets"):
        raw2(chip.plug()).write("record", bytes(2049))


def test_a_file_without_content_counts_for_none(tmp_path: Path) -> None:
    """A cut may leave its name, and nothing else, of one that is new."""
    store = Files(str(tmp_path / "gbcs"))
    for name in ("marker", "record"):
        assert store.read(name) is None
        store.write(name, b"")
        assert store.read(name) is None
        store.write(name, b"content")
        assert Files(str(tmp_path / "gbcs")).read(name) == b"content"


def test_combs_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    """So that littlefs does not copy their names when it compacts that of the blobs."""
    store = Files(str(tmp_path / "gbcs"))
    for name in ("marker", "record", "combs/of a key"):
        store.write(name, b"content")
    assert sorted(store.names()) == ["combs/of a key", "marker", "record"]
    assert store.read("combs/of a key") == b"content"
    store.remove("combs/of a key")
    assert sorted(store.names()) == ["marker", "record"]
    assert sorted(path.name for path in (tmp_path / "gbcs").iterdir() if path.is_dir()) == [
        "combs",
        "record",
    ]


def test_a_full_flash_without_a_folder_for_combs_is_no_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an older firmware may have left it; combs are never needed."""
    for name in ("record", "marker"):
        Files(str(tmp_path / "gbcs")).write(name, b"content")
    (tmp_path / "gbcs" / "combs").rmdir()

    def full(folder: str) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, "mkdir", full)
    store = Files(str(tmp_path / "gbcs"))
    assert sorted(store.names()) == ["marker", "record"]
    assert store.read("record") == b"content"
    assert store.read("combs/of a key") is None
    with pytest.raises(OSError, match="combs"):
        store.write("combs/of a key", b"content")


def test_the_naive_store_loses_its_record(chip: Chip) -> None:
    """What the others are held against: the same cuts, and the record is gone."""
    naive(chip.plug()).write("record", record(1))
    seen = {
        store.read("record")
        for store, _ in after_a_cut(chip, naive, lambda it: it.write("record", record(2)))
    }
    assert None in seen
    assert seen - {None, record(1), record(2)}


def test_a_chosen_read_fails_once(chip: Chip) -> None:
    raw2(chip.plug()).write("record", record(1))
    flash = chip.plug()
    flash.fault = fault.Fault(flash, 0, 0, 1)
    with pytest.raises(OSError, match="5"):
        raw2(flash)
    assert raw2(flash).read("record") == record(1)


def test_programming_only_clears_bits(chip: Chip) -> None:
    flash = chip.plug()
    flash.writeblocks(3, b"\xf0\xff", 254)
    flash.writeblocks(3, b"\x0f\x55\xaa", 255)
    held = bytearray(6)
    flash.readblocks(3, held, 253)
    assert held == b"\xff\xf0\x0f\x55\xaa\xff"
    flash.ioctl(6, 3)
    flash.readblocks(3, held, 253)
    assert held == b"\xff" * 6


def test_what_the_flash_does_is_counted_by_page_and_sector(chip: Chip) -> None:
    flash = chip.plug()
    flash.fault = fault.Fault(flash, 0, 0, 0)
    flash.writeblocks(3, bytes(300), 200)
    flash.ioctl(6, 4)
    flash.readblocks(4, bytearray(8))
    counts = flash.fault.counts()
    assert (counts["operations"], counts["reads"]) == (3, 1)
    assert (counts["programs"][3], sum(counts["programs"])) == (2, 2)
    assert (counts["erases"][4], sum(counts["erases"])) == (1, 1)
