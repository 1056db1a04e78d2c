"""Boards on USB: found by their serial numbers, and listed as lines for a rig file."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from gbcs_hil.bench import plugged, ports, rig, rig_listing
from gbcs_hil.cli import main
from gbcs_hil.errors import LinkError

Plug = Callable[..., None]

PICO = {"vid": 0x2E8A, "pid": 0x0005, "serial_number": "e6616407e3000021"}
BRIDGE = {"vid": 0x10C4, "pid": 0xEA60, "serial_number": "0001"}
NATIVE_ESP32 = {"vid": 0x303A, "pid": 0x1001, "serial_number": "A4:CF:12:05:7C:10"}
NAMELESS = {"vid": 0x1A86, "pid": 0x7523, "serial_number": None}


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """Have these boards on USB, from /dev/ttyACM0 on, and a port that is not on USB."""

    def have(*boards: dict[str, object]) -> None:
        found = [SimpleNamespace(device="/dev/ttyS0", vid=None)]
        for number, board in enumerate(boards):
            device = {"device": f"/dev/ttyACM{number}", "description": "Board  in\nFS mode"}
            found.append(SimpleNamespace(**device, **board))
        monkeypatch.setattr("serial.tools.list_ports.comports", lambda: found)

    return have


def listed() -> str:
    done = CliRunner().invoke(main, ["rig", "list"])
    assert done.exit_code == 0
    return done.stdout


def test_nothing_on_usb_is_said(plug: Plug) -> None:
    plug()
    assert listed().startswith("no serial port on USB")


def test_what_is_listed_is_a_rig_file_that_finds_the_same_boards(
    plug: Plug, tmp_path: Path
) -> None:
    plug(PICO, NATIVE_ESP32, BRIDGE)
    path = tmp_path / "bench.toml"
    path.write_text(listed())
    boards = rig.load(path).boards.values()
    assert [plugged.path_of(board) for board in boards] == [
        "/dev/ttyACM0",
        "/dev/ttyACM1",
        "/dev/ttyACM2",
    ]
    assert [board.mcu for board in boards] == ["rp2040", "esp32", None]
    assert [board.expected_id for board in boards] == ["E6616407E3000021", None, None]


def test_what_a_serial_number_cannot_name_is_named_by_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "by-path"
    folder.mkdir()
    for number in range(3):
        (tmp_path / f"ttyUSB{number}").touch()
        (folder / f"usb-0:{number}").symlink_to(tmp_path / f"ttyUSB{number}")
    numbers = ("0001", "0001", None)
    found = [
        ports.UsbDevice(str(tmp_path / f"ttyUSB{at}"), number, "CP2102")
        for at, number in enumerate(numbers)
    ]
    text = rig_listing.text(found, tmp_path)
    for at in range(3):
        assert f'port = "{folder}/usb-0:{at}"' in text
    assert text.count("the same serial number as ") == 2
    assert text.count("no serial number that could name it") == 1


def test_a_serial_number_is_found_in_capitals_or_not(plug: Plug) -> None:
    plug(PICO)
    assert ports.usb_path("E6616407E3000021") == "/dev/ttyACM0"


@pytest.mark.parametrize(
    ("boards", "said"),
    [
        ((), "no USB port has the serial number 0001; there is: none"),
        ((PICO,), "there is: usb:e6616407e3000021"),
        ((BRIDGE, BRIDGE), "/dev/ttyACM0 and /dev/ttyACM1 have the same serial number"),
    ],
)
def test_a_serial_number_that_names_no_one_board(
    plug: Plug, boards: tuple[dict[str, object], ...], said: str
) -> None:
    plug(*boards)
    with pytest.raises(LinkError, match=said):
        ports.usb_path("0001")


def test_a_port_and_a_serial_number_are_one_board_and_one_lease(
    plug: Plug, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug(PICO)
    monkeypatch.setenv("GBCS_HIL_LEASES", str(tmp_path / "leases"))
    for port in ("usb:E6616407E3000021", "/dev/ttyACM0"):
        path = tmp_path / "bench.toml"
        path.write_text(f'schema = 1\n[boards.a]\nrole = "gpf"\nport = "{port}"\n')
        with plugged.reserve(rig.load(path).board(), "a test"):
            pass
    # One file of a lock, whatever the board was called.
    assert len({name.partition(".")[0] for name in os.listdir(tmp_path / "leases")}) == 1
