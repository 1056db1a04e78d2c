"""The serial ports on USB as a rig file, for people to paste from."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from gbcs_hil.bench.ports import UsbDevice
from gbcs_hil.bench.rig_entries import kind_of

_CHIPS = {(0x2E8A, 0x0005): "rp2040", (0x303A, 0x1001): "esp32", (0x303A, 0x4001): "esp32"}
"""Vendor and product to the chip whose own USB says so; a bridge chip says nothing of it."""


def text(devices: Sequence[UsbDevice], links: Path = Path("/dev/serial")) -> str:
    """Return a rig file of every port.

    Args:
        devices: the ports.
        links: the folder of the lasting names of serial ports.
    """
    blocks = ["\n".join(_board(number, one, devices, links)) for number, one in enumerate(devices)]
    return "\n\n".join(["schema = 1", *blocks]) + "\n"


def _board(
    number: int, device: UsbDevice, devices: Sequence[UsbDevice], links: Path
) -> Iterator[str]:
    yield f"# {device.device}: {' '.join(device.description.split())}"
    port = f"usb:{device.serial_number or ''}"
    if why := _no_name(device, devices):
        yield f"# {why}: named by its place, so always plug it in there"
        port = _lasting_name(device.device, links)
    yield f"[boards.board-{number}]"
    yield 'role = "gpf"                       # or "esme", "gsme"'
    yield f"port = {json.dumps(port)}"
    if chip := _CHIPS.get((device.vendor, device.product)):
        yield f'mcu = "{chip}"'


def _no_name(device: UsbDevice, devices: Sequence[UsbDevice]) -> str:
    """Return why a port's serial number does not name it, or nothing."""
    if kind_of(f"usb:{device.serial_number or ''}") != "usb":
        return "no serial number that could name it"
    same = [one.device for one in devices if one.serial_number == device.serial_number]
    return f"the same serial number as {' and '.join(same)}" if same != [device.device] else ""


def _lasting_name(device: str, links: Path) -> str:
    """Return the name of a port that stays when others are plugged in before it.

    By its path: what has no serial number of its own has the same name by id as its likes.
    """
    for link in sorted(links.glob("by-path/*")):
        if link.resolve() == Path(device).resolve():
            return str(link)
    return device
