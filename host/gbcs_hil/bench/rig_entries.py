"""What a rig file may say of a board: its tables as structs, and the forms of a port."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

Capability = Literal["power-cut", "flash-faults", "lfs", "nvs", "raw2", "cycles"]
Role = Literal["esme", "gpf", "gsme"]
Chip = Literal["rp2040", "esp32"]

PORT_FORMS: Mapping[str, tuple[str, str]] = {
    # An ESP32's own USB has its MAC address, with colons, for a serial number.
    "usb": (r"usb:[^\s/]+", "usb:<serial number>, see `gbcs-hil rig list`"),
    "device": (r"/dev/.+", "/dev/serial/by-id/..."),
    "socket": (r"socket://[^/\s:]+:\d+", "socket://host:port"),
    "rfc2217": (r"rfc2217://[^/\s:]+:\d+(\?\S*)?", "rfc2217://host:port?ign_set_control"),
    "labgrid": (r"labgrid:[^\s:/]+", "labgrid:<place>"),
    "unix": (r"unix:", "unix: (MicroPython on this machine)"),
    "cpython": (r"cpython:", "cpython: (the firmware under CPython)"),
    "rp2040": (r"rp2040:.*", "rp2040:<image.uf2> (an emulated Pico)"),
}
"""Kind of port to its pattern, and how to write it."""

EMULATED = frozenset({"unix", "cpython", "rp2040"})
"""Kinds of port behind which a process of this machine stands for the board."""

_Program = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
_OffSeconds = Annotated[float, msgspec.Meta(ge=0, le=600)]
_FromOne = Annotated[int, msgspec.Meta(ge=1)]
_BaudRate = Annotated[int, msgspec.Meta(ge=1, le=20_000_000)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file."""


class UhubctlPower(_Strict, frozen=True, tag="uhubctl", tag_field="kind"):
    """A port of a USB hub; see `power_supplies.uhubctl`."""

    location: str
    port: _FromOne
    off_s: _OffSeconds = 2.0


class LabgridPower(_Strict, frozen=True, tag="labgrid", tag_field="kind"):
    """The power of a labgrid place: that of the board's port, or another one."""

    place: str | None = None
    off_s: _OffSeconds = 2.0


class CommandPower(_Strict, frozen=True, tag="command", tag_field="kind"):
    """A program of the user's that switches off, and one that switches on."""

    off: _Program
    on: _Program
    off_s: _OffSeconds = 2.0


class ManualPower(_Strict, frozen=True, tag="manual", tag_field="kind"):
    """A person who is asked to pull the plug."""


class EmulatedPower(_Strict, frozen=True, tag="emulated", tag_field="kind"):
    """The end of an emulated board's process; what such a board has if nothing is said."""


PowerEntry = UhubctlPower | LabgridPower | CommandPower | ManualPower | EmulatedPower


class Entry(_Strict, frozen=True, kw_only=True):
    """A board's table; `RigBoard` tells what stands in it."""

    role: Role
    port: str
    mcu: Chip | None = None
    unique_id: str | None = None
    capabilities: tuple[Capability, ...] = ()
    power: PowerEntry | None = None
    baud_rate: _BaudRate = 115200
    flash: str | None = None


class RigBoard(Entry, frozen=True, kw_only=True):
    """One board of a rig.

    Attributes:
        name: its key in the file.
        role: the device that it plays.
        port: where it is, in one of `PORT_FORMS`.
        mcu: its chip; None for an emulated board.
        unique_id: what the firmware must say of itself, hexadecimal, as `gbcs-hil rig check`
            shows it; a Pico's is its USB serial number and need not be repeated.
        capabilities: what tests may ask of it.
        power: what can cut its power.
        baud_rate: bits a second on a real serial line.
        flash: where an emulated board keeps its flash, relative to the rig file; without it
            each start is a new chip.
        source: the rig file.
    """

    name: str
    source: Path

    @property
    def kind(self) -> str:
        """The kind of its port, a key of `PORT_FORMS`."""
        return kind_of(self.port) or ""

    @property
    def emulated(self) -> bool:
        """Whether a process of this machine stands for it."""
        return self.kind in EMULATED

    @property
    def place(self) -> str:
        """What names it in messages: name and port."""
        return f"{self.name} ({self.port})"

    @property
    def flash_file(self) -> Path | None:
        """Where an emulated board keeps its flash, if it is kept."""
        return self.source.parent / self.flash if self.flash is not None else None

    @property
    def expected_id(self) -> str | None:
        """The unique id that the board must have, in upper case, or None if none is named."""
        if self.unique_id is not None:
            return self.unique_id.upper()
        # A Pico's own USB gives its unique id as serial number.
        if self.kind == "usb" and self.mcu == "rp2040":
            return self.port.partition(":")[2].upper()
        return None

    @property
    def identity(self) -> str:
        """What the board is on this machine, whichever rig file and name it stands under."""
        kind, _, rest = self.port.partition(":")
        if self.flash_file is not None:
            return str(self.flash_file.resolve())
        if self.emulated:
            return f"{self.source.resolve()}#{self.name}"
        if kind == "usb":
            return f"usb:{rest.casefold()}"
        if self.kind == "device":
            return os.path.realpath(self.port)
        if self.kind in ("socket", "rfc2217"):
            # The same port of a server is the same board, whatever is spoken there.
            return "tcp:" + rest.partition("?")[0].casefold()
        return self.port


def kind_of(port: str) -> str | None:
    """Return the kind of a port, a key of `PORT_FORMS`, or None if it is none."""
    for kind, (pattern, _) in PORT_FORMS.items():
        if re.fullmatch(pattern, port):
            return kind
    return None
