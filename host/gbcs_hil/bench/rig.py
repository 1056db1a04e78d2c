"""Rig files: the boards of a bench, what they are plugged into and what they can do.

A rig file is TOML, parsed here to frozen structs; nothing is opened. An unknown key or a value
of the wrong type is refused with the file, the line and the board::

    schema = 1
    [boards.gpf-a]
    role = "gpf"
    port = "usb:E6616407E3000021"
    capabilities = ["power-cut"]
    power = { kind = "uhubctl", location = "1-1.4", port = 2, off-s = 2.0 }
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from gbcs_hil.errors import RigError

SCHEMA = 1

Capability = Literal["power-cut", "flash-faults", "lfs", "nvs", "raw2", "cycles"]
Role = Literal["esme", "gpf", "gsme"]

Chip = Literal["rp2040", "esp32"]

_CHOICES: Mapping[str | None, tuple[str, ...]] = {
    "role": get_args(Role),
    "mcu": get_args(Chip),
    "capabilities": get_args(Capability),
    "kind": ("uhubctl", "labgrid", "command", "manual", "emulated"),
}
"""What may stand where few words may."""

PORT_FORMS: Mapping[str, tuple[str, str]] = {
    "usb": (r"usb:[^\s:/]+", "usb:<serial number>, see `gbcs-hil rig list`"),
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


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file."""


class UhubctlPower(_Strict, frozen=True, tag="uhubctl", tag_field="kind"):
    """A port of a USB hub; see `power_supplies.uhubctl`."""

    location: str
    port: int
    off_s: float = 2.0


class LabgridPower(_Strict, frozen=True, tag="labgrid", tag_field="kind"):
    """The power of a labgrid place: that of the board's port, or another one."""

    place: str | None = None
    off_s: float = 2.0


class CommandPower(_Strict, frozen=True, tag="command", tag_field="kind"):
    """A program of the user's that switches off, and one that switches on."""

    off: tuple[str, ...]
    on: tuple[str, ...]
    off_s: float = 2.0


class ManualPower(_Strict, frozen=True, tag="manual", tag_field="kind"):
    """A person who is asked to pull the plug."""


class EmulatedPower(_Strict, frozen=True, tag="emulated", tag_field="kind"):
    """The end of an emulated board's process; what such a board has if nothing is said."""


PowerEntry = UhubctlPower | LabgridPower | CommandPower | ManualPower | EmulatedPower


class _Entry(_Strict, frozen=True, kw_only=True):
    role: Role
    port: str
    mcu: Chip | None = None
    unique_id: str | None = None
    capabilities: tuple[Capability, ...] = ()
    power: PowerEntry | None = None
    baud_rate: int = 115200
    flash: str | None = None


class RigBoard(_Entry, frozen=True, kw_only=True):
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


class Rig(msgspec.Struct, frozen=True):
    """A parsed rig file.

    Attributes:
        path: the file.
        boards: name to board, in the file's order.
    """

    path: Path
    boards: Mapping[str, RigBoard]

    def board(self, name: str | None = None) -> RigBoard:
        """Return the board of that name, or the only one.

        Raises:
            RigError: there is none, or more than one to choose from.
        """
        if name is None and len(self.boards) == 1:
            return next(iter(self.boards.values()))
        if name is None:
            raise RigError(f"{self.path} has {len(self.boards)} boards: name one of {self._names}")
        if name not in self.boards:
            raise RigError(f"{self.path} has no board {name!r}; it has {self._names}")
        return self.boards[name]

    @property
    def _names(self) -> str:
        return ", ".join(self.boards)


def kind_of(port: str) -> str | None:
    """Return the kind of a port, a key of `PORT_FORMS`, or None if it is none."""
    for kind, (pattern, _) in PORT_FORMS.items():
        if re.fullmatch(pattern, port):
            return kind
    return None


def find(name: str, folder: Path = Path("hil_rigs")) -> Path:
    """Return the rig file that a name or a path means.

    Raises:
        RigError: there is none.
    """
    for path in (Path(name), folder / name, folder / f"{name}.toml"):
        if path.is_file():
            return path
    there = ", ".join(sorted(path.stem for path in folder.glob("*.toml"))) or "none"
    raise RigError(f"no rig file {name}; in {folder} there is: {there}")


def load(path: Path) -> Rig:
    """Parse a rig file.

    Raises:
        RigError: it cannot be read or used; the text names file, line and board.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RigError(f"{path}: cannot read the rig file: {why}") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RigError(f"{path}: not TOML: {error}") from error
    return _Parser(path, text).rig(content)


class _Parser:
    """Turns the file's tables into structs; knows where each key stands."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def rig(self, content: dict[str, Any]) -> Rig:
        for key in content:
            if key not in ("schema", "boards"):
                raise self._error(f"unknown key {key!r}; a rig has schema and boards", None, key)
        if content.get("schema") != SCHEMA or content["schema"] is True:
            raise self._error(f"schema must be {SCHEMA}", None, "schema")
        boards = content.get("boards")
        if not isinstance(boards, dict) or not boards:
            raise self._error("no [boards.NAME] in it", None, "boards")
        return Rig(self._path, {name: self._board(name, table) for name, table in boards.items()})

    def _board(self, name: str, table: object) -> RigBoard:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise self._error("a board's name is letters, digits, . _ -", name)
        try:
            entry = msgspec.convert(table, _Entry)
        except msgspec.ValidationError as error:
            text, key = _plainly(str(error)), _key_in(str(error))
            chosen = "kind" if text.endswith("power.kind") else key
            choices = f"; there are {', '.join(_CHOICES[chosen])}" if chosen in _CHOICES else ""
            raise self._error(text + choices, name, key) from error
        fields = {key: getattr(entry, key) for key in entry.__struct_fields__}
        board = RigBoard(name=name, source=self._path, **fields)
        self._check(board)
        return board

    def _check(self, board: RigBoard) -> None:
        """Refuse what has the right types and makes no sense."""
        if not board.kind:
            forms = "; ".join(form for _, form in PORT_FORMS.values())
            raise self._error(f"no port {board.port!r}; there are: {forms}", board.name, "port")
        if isinstance(board.power, EmulatedPower) and not board.emulated:
            raise self._error("only an emulated board has emulated power", board.name, "power")
        if "power-cut" in board.capabilities and not (board.power or board.emulated):
            raise self._error("power-cut needs a power table", board.name, "capabilities")
        place = isinstance(board.power, LabgridPower) and board.power.place
        if isinstance(board.power, LabgridPower) and not place and board.kind != "labgrid":
            raise self._error("labgrid power needs a place", board.name, "power")
        if board.flash is not None and not board.emulated:
            raise self._error("only an emulated board has a flash file", board.name, "flash")
        if board.unique_id is not None and not re.fullmatch("([0-9A-Fa-f]{2})+", board.unique_id):
            raise self._error("unique-id is hexadecimal", board.name, "unique-id")

    def _error(self, what: str, board: str | None, key: str | None = None) -> RigError:
        of = f"board {board}: " if board is not None else ""
        return RigError(f"{self._path}:{self._line(board, key)}: {of}{what}")

    def _line(self, board: str | None, key: str | None) -> int:
        """Return the number of the line where a key of a board stands, or its table, or 1."""
        start, end = 0, len(self._lines)
        if board is not None:
            header = re.compile(rf'\s*\[\s*boards\s*\.\s*"?{re.escape(board)}"?\s*[].]')
            headers = [i for i, line in enumerate(self._lines) if header.match(line)]
            start = headers[0] if headers else 0
            after = [i for i in range(start + 1, end) if re.match(r"\s*\[", self._lines[i])]
            end = after[0] if after else end
        if key is not None:
            wanted = re.compile(rf'(^|[\s{{,."])"?{re.escape(key)}"?\s*([=.\]]|$)')
            for number in range(start, end):
                if wanted.search(self._lines[number].partition("#")[0]):
                    return number + 1
        return start + 1


def _key_in(message: str) -> str | None:
    """Return the key that one of msgspec's messages is about."""
    if unknown := re.search(r"unknown field `([^`]+)`", message):
        return unknown[1]
    path = re.search(r"at `\$\.([^`]+)`", message)
    return re.split(r"[.\[]", path[1])[0] if path else None


def _plainly(message: str) -> str:
    """Return msgspec's message in the words of TOML."""
    text = message.replace("Object contains unknown field", "unknown key")
    text = re.sub("Invalid (enum )?value", "unknown value", text)
    text = text.replace("Object missing required field", "missing key")
    text = re.sub(r" - at `\$\.([^`]+)`", r" at \1", text).replace("`", "'")
    return text[:1].lower() + text[1:]
