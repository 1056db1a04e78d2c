"""Rig files: the boards of a bench, what they are plugged into and what they can do.

A rig file is TOML, parsed here to frozen structs; nothing is opened. What cannot be used is
refused with the file, the line and the board::

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
from typing import Any, get_args

import msgspec

from gbcs_hil.bench import rig_sense, toml_places
from gbcs_hil.bench.rig_entries import (
    EMULATED,
    PORT_FORMS,
    Capability,
    Chip,
    CommandPower,
    EmulatedPower,
    Entry,
    LabgridPower,
    ManualPower,
    PowerEntry,
    RigBoard,
    Role,
    UhubctlPower,
    kind_of,
)
from gbcs_hil.errors import RigError

__all__ = [
    "EMULATED",
    "PORT_FORMS",
    "Capability",
    "CommandPower",
    "EmulatedPower",
    "LabgridPower",
    "ManualPower",
    "PowerEntry",
    "Rig",
    "RigBoard",
    "Role",
    "UhubctlPower",
    "find",
    "kind_of",
    "load",
]

SCHEMA = 1

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "role": get_args(Role),
    "mcu": get_args(Chip),
    "capabilities": get_args(Capability),
    "kind": ("uhubctl", "labgrid", "command", "manual", "emulated"),
}
"""What may stand where few words may."""

_WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "a table",
}
"""msgspec's names of types in the words of TOML."""


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
        # Some editors put a mark before the text.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RigError(f"{path}: cannot read the rig file: {why}") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from error
    return _Parser(path, text).rig(content)


class _Parser:
    """Turns the file's tables into structs."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def rig(self, content: dict[str, Any]) -> Rig:
        for key in content:
            if key not in ("schema", "boards"):
                raise self._error(f"unknown key {key!r}; a rig has schema and boards", (key,))
        if type(content.get("schema")) is not int or content["schema"] != SCHEMA:
            raise self._error(f"schema must be {SCHEMA}", ("schema",))
        tables = content.get("boards")
        if not isinstance(tables, dict) or not tables:
            raise self._error("no [boards.NAME] in it", ("boards",))
        boards = {name: self._board(name, table) for name, table in tables.items()}
        for clash in rig_sense.clashes(boards.values()):
            raise self._complaint(clash)
        return Rig(self._path, boards)

    def _board(self, name: str, table: object) -> RigBoard:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise self._error("a board's name is letters, digits, . _ -", ("boards", name))
        try:
            entry = msgspec.convert(table, Entry)
        except msgspec.ValidationError as error:
            what, place = _plainly(str(error)), _path_in(str(error))
            raise self._error(what, ("boards", name, *place)) from error
        fields = {key: getattr(entry, key) for key in entry.__struct_fields__}
        board = RigBoard(name=name, source=self._path, **fields)
        for complaint in rig_sense.complaints(board):
            raise self._complaint(complaint)
        return board

    def _complaint(self, complaint: rig_sense.Complaint) -> RigError:
        return self._error(complaint.what, ("boards", complaint.board, complaint.key))

    def _error(self, what: str, place: toml_places.Path) -> RigError:
        line = toml_places.line_of(self._text, place)
        return RigError(f"{self._path}:{line}: {_of_board(place)}{what}")


def _not_toml(path: Path, text: str, said: str) -> RigError:
    """Return what to say of a file that is no TOML, of which Python's parser said something."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", said, re.DOTALL)
    what, line = (found[1], int(found[2])) if found else (said, len(text.split("\n")))
    of = _of_board(toml_places.table_at(text, line))
    return RigError(f"{path}:{line}: {of}not TOML: {what[:1].lower()}{what[1:]}")


def _of_board(place: toml_places.Path) -> str:
    return f"board {place[1]}: " if len(place) > 1 and place[0] == "boards" else ""


def _path_in(message: str) -> toml_places.Path:
    """Return which key one of msgspec's messages is about."""
    found = re.search(r"at `\$\.([^`]+)`", message)
    above = tuple(re.split(r"[.\[]", found[1].replace("]", ""))) if found else ()
    unknown = re.search(r"unknown field `([^`]+)`", message)
    return (*above, unknown[1]) if unknown else above


def _plainly(message: str) -> str:
    """Return msgspec's message in the words of TOML, with what may stand there instead."""
    text = message.replace(" | null", "").replace("Object contains unknown field", "unknown key")
    text = re.sub("Invalid (enum )?value", "unknown value", text)
    text = text.replace("Object missing required field", "missing key")
    text = re.sub(r" - at `\$\.([^`]+)`", r" at \1", text)
    text = re.sub(r"`(\w+)`", lambda name: _WORDS.get(name[1], f"'{name[1]}'"), text)
    text = re.sub(r"of length >= (\d+)", r"of at least \1", text).replace(">=", "of at least")
    text = text.replace("<=", "of at most").replace("`", "'")
    last = [key for key in _path_in(message) if not key.isdigit()][-1:]
    choices = (
        "; there are {}".format(", ".join(_CHOICES[last[0]]))
        if last and last[0] in _CHOICES
        else ""
    )
    return text[:1].lower() + text[1:] + choices
