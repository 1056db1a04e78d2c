"""The vector files of a folder, each known by its octets and never by its name."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import Cra
from gbcs_hil.gbcs.printable import printable

_SUFFIX = ".hex"
_LONGEST_FILE = 1 << 19  # Hexadecimal text of the longest message there can be, and then some.


class Kind(Enum):
    """What a message is, as its octets tell."""

    PRE_COMMAND = "pre-command"
    COMMAND = "command"
    RESPONSE = "response"
    ALERT = "alert"


@dataclass(frozen=True)
class Vector:
    """One message of the reference data.

    Attributes:
        path: its file.
        name: the path below the folder that was read, for people.
        kind: what the message is.
        octets: the message as it stands in the file.
        message: the same, read.
    """

    path: Path
    name: str
    kind: Kind
    octets: bytes
    message: Message


@dataclass(frozen=True)
class Unreadable:
    """A file or folder that should hold vectors and cannot be read.

    Attributes:
        name: the path below the folder that was read.
        reason: why, in words.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class VectorFolder:
    """What a folder holds, files in the order of their names."""

    vectors: tuple[Vector, ...]
    unreadable: tuple[Unreadable, ...]


def read_folder(folder: Path) -> VectorFolder:
    """Read every `*.hex` file, in any case, in a folder and all folders below it.

    Raises:
        BadInput: the folder is none, cannot be read or holds no such file.
    """
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise BadInput(f"{folder}: cannot read the folder: {error.strerror}") from None
    read = list(_files(folder))
    if not read:
        raise BadInput(f"{folder}: no vectors: no *.HEX file here or in a folder below")
    return VectorFolder(
        tuple(item for item in read if isinstance(item, Vector)),
        tuple(item for item in read if isinstance(item, Unreadable)),
    )


def _files(folder: Path) -> Iterator[Vector | Unreadable]:
    closed: list[OSError] = []
    found: list[Path] = []
    seen: set[str] = set()
    for directory, folders, names in os.walk(folder, onerror=closed.append, followlinks=True):
        if (real := os.path.realpath(directory)) in seen:
            # A link that leads back to a folder above it.
            folders.clear()
            continue
        seen.add(real)
        found += [Path(directory, name) for name in names if name.lower().endswith(_SUFFIX)]
    for error in closed:
        yield Unreadable(_shown(Path(error.filename), folder), f"{error.strerror}")
    for path in sorted(found):
        name = _shown(path, folder)
        try:
            octets = _octets(path)
            message = parse(octets)
        except OSError as error:
            yield Unreadable(name, f"{error.strerror}")
        except GbcsError as error:
            yield Unreadable(name, str(error))
        else:
            yield Vector(path, name, _kind(message), octets, message)


def _shown(path: Path, folder: Path) -> str:
    """Return a path below the folder as text that any terminal can take."""
    name = os.path.relpath(path, folder).encode("utf-8", "backslashreplace").decode()
    return printable(name)


def _octets(path: Path) -> bytes:
    """Read hexadecimal text; white space may stand anywhere.

    Raises:
        OSError: the file cannot be read.
        GbcsError: it is something else than hexadecimal text.
    """
    with path.open("rb") as file:
        text = file.read(_LONGEST_FILE + 1)
    if len(text) > _LONGEST_FILE:
        raise GbcsError("the file is too long for a GBCS message in hexadecimal text")
    digits = b"".join(text.removeprefix(b"\xef\xbb\xbf").split())
    try:
        octets = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        raise GbcsError("the file is not hexadecimal text") from None
    if not octets:
        raise GbcsError("the file is empty")
    return octets


def _kind(message: Message) -> Kind:
    if message.header.cra is Cra.RESPONSE:
        return Kind.RESPONSE
    if message.header.cra is Cra.ALERT:
        return Kind.ALERT
    protected = message.mac is not None or bool(message.signature)
    return Kind.COMMAND if protected else Kind.PRE_COMMAND
