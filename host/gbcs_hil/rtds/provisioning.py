"""Provisioning files: what a device is before a command is played to it."""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.device_credentials import DEVICE_KEY_USAGES
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole, parse_eui
from gbcs_hil.gbcs.payment_mode_responses import CreditTerms
from gbcs_hil.gbcs.trust_anchors import CELLS_OF_ROLE, TrustAnchorCell
from gbcs_hil.rtds.layers import Device, Layer

SHIPPED = Path(__file__).with_name("rtds-4.5.0.toml")
"""The provisioning of RTDS 4.5.0."""

_LARGEST_COUNTER = (1 << 64) - 1
# What a response has room for: friendly credit is one octet, the others are four.
_LARGEST_TERMS = (0xFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
_Value = TypeVar("_Value")
_Shape = TypeVar("_Shape", bound=msgspec.Struct)
_CELLS = {
    **{role.gbcs_name: cells for role, cells in CELLS_OF_ROLE.items()},
    **{cell_name(cell): (cell,) for cells in CELLS_OF_ROLE.values() for cell in cells},
}
_ROLES = {role.gbcs_name: role for role in CELLS_OF_ROLE}
_USAGES = {usage.gbcs_name: usage for usage in DEVICE_KEY_USAGES}


class _StartTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    clock: datetime | None = None
    profile: str | None = None
    originator_counter: int | None = None
    credit_terms: tuple[int, int, int, int] | None = None
    settings: dict[str, str] = {}
    cells: dict[str, str] = {}
    counters: dict[str, int] = {}


class _LayerTable(_StartTable, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    certificates: dict[str, str] = {}
    requested_keys: dict[str, str] = {}


class _DeviceTable(_LayerTable, frozen=True, kw_only=True):
    type: Literal["esme", "gpf", "gsme"]
    commands: dict[str, dict[str, Any]] = {}


class _FileTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    schema: Literal[1]
    root: str
    start: dict[str, Any] = {}
    devices: dict[str, dict[str, Any]] = {}
    aside: dict[str, str] = {}


class ProvisioningFile(msgspec.Struct, frozen=True):
    """A provisioning file.

    Attributes:
        root: the name of the root's file in the keystore.
        start: what holds for every device where nothing else tells.
        devices: by EUI-64.
        aside: EUI-64 of devices that this project does not emulate to what they are.
    """

    root: str
    start: Layer
    devices: Mapping[bytes, Device]
    aside: Mapping[bytes, str]


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
        aside = {_read(parse_eui, eui, "aside"): what for eui, what in table.aside.items()}
        start = _layer(_convert(_StartTable, table.start, "start"), "start")
        if start.clock is None:
            raise _Wrong("start.clock: missing; without it no answer with a date can be compared")
        return ProvisioningFile(table.root, start, devices, aside)
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


def _layer(table: _StartTable, where: str) -> Layer:
    own_credentials = table if isinstance(table, _LayerTable) else _LayerTable()
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
        credit_terms=_credit_terms(table.credit_terms, f"{where}.credit-terms"),
        cells=_cells(table.cells, f"{where}.cells"),
        counters=counters,
        certificates=_by_usage(own_credentials.certificates, f"{where}.certificates"),
        requested_keys=_by_usage(own_credentials.requested_keys, f"{where}.requested-keys"),
    )


def _cells(stated: Mapping[str, str], where: str) -> dict[TrustAnchorCell, bytes]:
    cells = {}
    # Roles first: a single cell is more than its role, wherever it stands.
    for name, text in sorted(stated.items(), key=lambda item: "/" in item[0]):
        if name not in _CELLS or name.startswith(RemotePartyRole.ROOT.gbcs_name):
            raise _Wrong(f"{where}: {name}: no such role or cell")
        eui = _read(parse_eui, text, f"{where}.{name}")
        cells.update(dict.fromkeys(_CELLS[name], eui))
    return cells


def _by_usage(stated: Mapping[str, str], where: str) -> dict[KeyUsage, str]:
    for name in stated:
        if name not in _USAGES:
            raise _Wrong(f"{where}: {name}: no such key usage; there are {', '.join(_USAGES)}")
    return {_USAGES[name]: file for name, file in stated.items()}


def _credit_terms(stated: tuple[int, int, int, int] | None, where: str) -> CreditTerms | None:
    if stated is None:
        return None
    for number, largest in zip(stated, _LARGEST_TERMS, strict=True):
        if not 0 <= number <= largest:
            raise _Wrong(f"{where}: {number} is not within 0 to {largest}")
    return CreditTerms(*stated)


def _counter(number: int, where: str) -> int:
    if not 0 <= number <= _LARGEST_COUNTER:
        raise _Wrong(f"{where}: {number} is no counter: 0 to 2**64-1")
    return number
