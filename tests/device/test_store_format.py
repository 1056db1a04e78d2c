"""What the store writes, read by a reader that was written from docs/counter-store.md alone."""

import base64
import hashlib
import struct
import zlib

import cbor2
import pytest
from test_store import (
    EUI,
    OTHER,
    SENDER,
    changed_state,
    identity,
    provisioned_medium,
    virgin_medium,
    waiting,
)
from test_store_media import Chip, nvs, raw2

from gbcs_device.boards.nor_flash import FILE_SYSTEM_SECTORS, SECTOR
from gbcs_device.boards.nvs_model import NVS
from gbcs_device.device_types import CELLS, counter_roles
from gbcs_device.store import Store

SLOTS = 32


def sealed(octets: bytes) -> bytes:
    """Return what stands before a CRC that fits."""
    assert struct.unpack(">I", octets[-4:])[0] == zlib.crc32(octets[:-4])
    return octets[:-4]


@pytest.fixture
def files() -> dict[str, bytes]:
    medium = virgin_medium()
    held = Store(medium)
    held.erase()
    held.provision(identity(), changed_state())
    return medium.files


def test_the_marker(files: dict[str, bytes]) -> None:
    assert sealed(files["marker"]) == b"GM" + bytes((1, 0, 0, 0, 1, 1))
    assert sealed(virgin_medium().files["marker"]) == b"GM" + bytes((1, 0, 0, 0, 0, 0))


def test_the_record(files: dict[str, bytes]) -> None:
    """A GPF's, with two commands that wait."""
    record = sealed(files["record"])
    magic, version, epoch, sequence = struct.unpack(">2sBII", record[:11])
    assert (magic, version, epoch, sequence) == (b"GR", 1, 1, 1)
    own = changed_state()
    assert struct.unpack(">QQBiI", record[27:52]) == (1999, 5, 2, -(2**31), 2**32 - 1)
    counters = struct.unpack(">6Q", record[52:100])
    assert counters == tuple(own.counters[role] for role in sorted(counter_roles("gpf")))
    names = [record[at : at + 8] for at in range(100, 172, 8)]
    for name, cell in zip(names, CELLS["gpf"], strict=True):
        content = own.cells[cell]
        expected = bytes((1, content.certificate_role)) + content.unique_id + content.ski
        assert files[name.hex()] == expected + content.public_key
    assert record[172] == 2
    for at, originator in ((173, SENDER), (189, OTHER)):
        code, date, command = struct.unpack(">H6s8s", record[at : at + 16])
        assert (code, int.from_bytes(date, "big")) == (0x0102, 20300115000000)
        assert files[command.hex()] == waiting(0x0102, originator)[1]
    assert len(record) == 205


def test_the_blobs_of_the_device(files: dict[str, bytes]) -> None:
    record = files["record"]
    assert cbor2.loads(files[record[11:19].hex()]) == [
        "gpf",
        EUI,
        "P-KEEP",
        {"floor": "keep-network-operator"},
        [[b"\4" + bytes(64), b"\7" * 32]],
        [3, 4, 5, 6],
        [],
    ]
    assert cbor2.loads(files[record[19:27].hex()]) == [
        [b"\1" * 32, b"", [b"\3" * 32, b"\4" * 65]],
        [b"\2" * 32, b"a certificate", None],
    ]


def test_every_other_file_is_a_blob_named_by_its_hash(files: dict[str, bytes]) -> None:
    named = files["record"]
    for name in set(files) - {"record", "marker"}:
        assert hashlib.sha256(files[name]).digest()[:8] == bytes.fromhex(name)
        assert bytes.fromhex(name) in named


def record_of_two_sectors(octets: bytes) -> bytes:
    """Return the record that stands in two sectors."""
    sectors = [octets[at : at + SECTOR] for at in (0, SECTOR)]
    bases: list[tuple[int, tuple[bytes, bytes]]] = []
    for sector in sectors:
        magic, length, generation = struct.unpack(">2sHI", sector[:8])
        if magic == b"R2":
            bases.append((generation, (sector, sealed(sector[: 8 + length + 4])[8:])))
    (_, (sector, record)) = max(bases)
    assert sector[-1] == 0xFF
    at = -(-(12 + len(record)) // SLOTS) * SLOTS
    while sector[at] == 0:
        held = bytearray(record)
        end = at + 2
        for _ in range(sector[at + 1]):
            offset, length = struct.unpack(">HB", sector[end : end + 3])
            held[offset : offset + length] = sector[end + 3 : end + 3 + length]
            end += 3 + length
        crc = zlib.crc32(bytes(held), zlib.crc32(sector[at + 1 : end]))
        assert struct.unpack(">I", sector[end : end + 4])[0] == crc
        record = bytes(held)
        at = -(-(end + 4) // SLOTS) * SLOTS
    return record


def test_the_two_sectors_of_raw2() -> None:
    chip = Chip()
    store = raw2(chip.plug())
    octets = bytearray(provisioned_medium().files["record"])
    for number in range(300):
        # Two runs that differ, one of them long, and now and then a record that is longer.
        octets[60:68] = number.to_bytes(8, "big")
        octets[100 : 100 + number % 40] = bytes((number % 251,)) * (number % 40)
        if number % 70 == 69:
            octets += bytes(16)
        store.write("record", bytes(octets))
        there = chip.octets[FILE_SYSTEM_SECTORS * SECTOR : (FILE_SYSTEM_SECTORS + 2) * SECTOR]
        assert record_of_two_sectors(there) == octets


def test_the_keys_and_contents_in_nvs() -> None:
    chip = Chip()
    files = provisioned_medium().files
    store = nvs(chip.plug())
    names = [name for name in files if len(name) == 16]
    for name in names:
        store.write(name, files[name])
    for _ in range(4):
        store.write("record", files["record"])
    held = NVS(chip.plug())

    def content(key: str) -> bytes:
        buffer = bytearray(4096)
        return bytes(buffer[: held.get_blob(key, buffer)])

    record = content("record1")
    assert record[0] == 3
    assert len(record) % 32 == 0
    assert record[1 : -record[-1]] == files["record"]
    assert record[-record[-1] : -1] == b"\xff" * (record[-1] - 1)
    index = content(f"index{(len(names) - 1) % 2}")
    entries = b"".join(bytes.fromhex(name) + len(files[name]).to_bytes(2, "big") for name in names)
    assert index[1 : -index[-1]] == entries
    for name in names:
        assert content(base64.b64encode(bytes.fromhex(name)).decode()[:11]) == files[name]
