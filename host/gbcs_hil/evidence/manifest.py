"""The manifest of a run folder: the SHA-256 of every file that was there when the run ended.

`manifest.txt` has the format of `sha256sum`, so that anybody can check it without this project.
"""

import hashlib
from pathlib import Path

from gbcs_hil.errors import BadInput

MANIFEST = "manifest.txt"


def write(folder: Path) -> None:
    """Write the manifest over everything in the folder."""
    lines = [f"{_digest(folder / name)}  {name}\n" for name in _files(folder)]
    unfinished = folder / (MANIFEST + ".new")
    unfinished.write_text("".join(lines), encoding="utf-8")
    unfinished.replace(folder / MANIFEST)


def verify(folder: Path) -> list[str]:
    """Return what is not as the manifest has it, a line each; nothing if all is.

    Raises:
        BadInput: there is no manifest, or it is malformed.
    """
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"no manifest of a finished run in {folder}: {error}") from error
    promised = {}
    for number, line in enumerate(text.splitlines(), 1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64:
            raise BadInput(f"{folder / MANIFEST}, line {number}: not a SHA-256 and a name")
        promised[name] = digest
    found = set(_files(folder))
    troubles = [f"{name}: missing" for name in promised if name not in found]
    troubles += [f"{name}: not in the manifest" for name in sorted(found - promised.keys())]
    for name in sorted(found & promised.keys()):
        if _digest(folder / name) != promised[name]:
            troubles.append(f"{name}: changed")
    return troubles


def _files(folder: Path) -> list[str]:
    """Return the names of all files but the manifest, relative and in order."""
    paths = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    names = [path.relative_to(folder).as_posix() for path in paths]
    return sorted(name for name in names if name not in (MANIFEST, MANIFEST + ".new"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
