"""Provisioning files: what a device is before a command is played to it."""

import datetime
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.names import RemotePartyRole, parse_eui
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell

SHIPPED = Path(__file__).with_name("rtds-4.5.0.toml")
"""The provisioning of RTDS 4.5.0."""

_LARGEST_COUNTER = (1 << 64) - 1
_Value = TypeVar("_Value")
_Shape = TypeVar("_Shape", bound=msgspec.Struct)
_CELLS = {
    **{role.gbcs_name: cells for role, cells in CELLS_OF_ROLE.items()},
    **{cell_name(cell): (cell,) for cells in CELLS_OF_ROLE.values() for cell in cells},
}
_ROLES = {role.gbcs_name: role for role in CELLS_OF_ROLE}


class _LayerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    clock: datetime.datetime | None = None
    profile: str | None = None
    originator_counter: int | None = None
    settings: dict[str, str] = {}
    cells: dict[str, str] = {}
    counters: dict[str, int] = {}


class _DeviceTable(_LayerTable, frozen=True, kw_only=True):
    type: Literal["esme", "gpf", "gsme"]
    commands: dict[str, dict[str, Any]] = {}


class _FileTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    schema: Literal[1]
    root: str
    start: dict[str, Any] = {}
    devices: dict[str, dict[str, Any]] = {}


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a start state; what it does not state is None or not in its maps.

    Attributes:
        clock: UTC.
        profile: how the device behaves where GBCS's public text is silent.
        settings: what differs from the profile.
        originator_counter: the last that the device used for messages of its own.
        cells: cell to the EUI-64 of the party that stands in it.
        counters: role to execution counter.
    """

    clock: datetime.datetime | None = None
    profile: str | None = None
    settings: Mapping[str, str] = {}
    originator_counter: int | None = None
    cells: Mapping[TrustAnchorCell, bytes] = {}
    counters: Mapping[RemotePartyRole, int] = {}

    def under(self, upper: "Layer") -> "Layer":
        """Return both as one layer, in which the upper one wins."""
        lower_counter = self.originator_counter
        stated = upper.originator_counter
        return Layer(
            clock=upper.clock or self.clock,
            profile=upper.profile or self.profile,
            settings={**self.settings, **upper.settings},
            originator_counter=lower_counter if stated is None else stated,
            cells={**self.cells, **upper.cells},
            counters={**self.counters, **upper.counters},
        )


class Device(msgspec.Struct, frozen=True):
    """A device that commands are played to.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        layer: what is stated for the device.
        commands: message code to what is stated for such commands alone.
    """

    device_type: str
    layer: Layer
    commands: Mapping[int, Layer]

    def stated(self, message_code: int) -> Layer:
        """Return what is stated for the device and a command."""
        return self.layer.under(self.commands.get(message_code, Layer()))


class ProvisioningFile(msgspec.Struct, frozen=True):
    """A provisioning file.

    Attributes:
        root: the name of the root's file in the keystore.
        start: what holds for every device that does not state otherwise.
        devices: by EUI-64.
    """

    root: str
    start: Layer
    devices: Mapping[bytes, Device]


def read_provisioning(path: Path) -> ProvisioningFile:
    """Read a provisioning file.

    Raises:
        BadInput: it cannot be read, or a key or value in it is none; names file and key.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        table = _convert(_FileTable, content, "")
        devices = {
            _read(parse_eui, eui, "devices"): _device(device, f"devices.{eui}")
            for eui, device in table.devices.items()
        }
        start = _layer(_convert(_LayerTable, table.start, "start"), "start")
        if start.clock is None:
            raise _Wrong("start.clock: missing; without it no answer with a date can be compared")
        return ProvisioningFile(table.root, start, devices)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, _Wrong) as error:
        raise BadInput(f"{path}: {error}") from None


class _Wrong(Exception):
    """A key or value that a provisioning file may not hold."""


def _convert(shape: type[_Shape], content: Mapping[str, Any], where: str) -> _Shape:
    try:
        return msgspec.convert(content, shape)
    except msgspec.ValidationError as error:
        reason, _, at = str(error).partition(" - at `$")
        place = (where + at.rstrip("`")).lstrip(".")
        raise _Wrong(f"{place}: {reason}" if place else reason) from None


def _read(read: Callable[[str], _Value], text: str, where: str) -> _Value:
    try:
        return read(text)
    except GbcsError as error:
        raise _Wrong(f"{where}: {error}") from None


def _device(content: Mapping[str, Any], where: str) -> Device:
    table = _convert(_DeviceTable, content, where)
    commands = {}
    for code, command in table.commands.items():
        at = f"{where}.commands.{code}"
        number = _read(_message_code, code, f"{where}.commands")
        commands[number] = _layer(_convert(_LayerTable, command, at), at)
    return Device(table.type, _layer(table, where), commands)


def _message_code(text: str) -> int:
    if not re.fullmatch("[0-9A-Fa-f]{4}", text):
        raise GbcsError(f"{text!r} is no message code: 4 hexadecimal digits are expected")
    return int(text, 16)


def _layer(table: _LayerTable, where: str) -> Layer:
    cells = {}
    # Roles first: a single cell is more than its role, wherever it stands.
    for name, text in sorted(table.cells.items(), key=lambda item: "/" in item[0]):
        if name not in _CELLS or name.startswith(RemotePartyRole.ROOT.gbcs_name):
            raise _Wrong(f"{where}.cells: {name}: no such role or cell")
        eui = _read(parse_eui, text, f"{where}.cells.{name}")
        cells.update(dict.fromkeys(_CELLS[name], eui))
    counters = {}
    for name, counter in table.counters.items():
        if name not in _ROLES:
            raise _Wrong(f"{where}.counters: {name}: no such role; there are {', '.join(_ROLES)}")
        counters[_ROLES[name]] = _counter(counter, f"{where}.counters.{name}")
    own = table.originator_counter
    if own is not None:
        own = _counter(own, f"{where}.originator-counter")
    clock = table.clock
    if clock is not None and clock.tzinfo is None:
        raise _Wrong(f"{where}.clock: state the offset from UTC too, such as {clock}Z")
    return Layer(
        clock=clock,
        profile=table.profile,
        settings=table.settings,
        originator_counter=own,
        cells=cells,
        counters=counters,
    )


def _counter(number: int, where: str) -> int:
    if not 0 <= number <= _LARGEST_COUNTER:
        raise _Wrong(f"{where}: {number} is no counter: 0 to 2**64-1")
    return number
