"""Where in a TOML file something stands: Python's parser of TOML does not tell.

But the beginning of a TOML file is itself TOML, unless it ends in the midst of a value. So a
value stands on the first line up to which the file has it.
"""

import re
import tomllib
from collections.abc import Sequence
from typing import Any

Path = tuple[str, ...]
"""The keys that lead to a value from the top of the file."""

_PROBE = "which-table-is-this"


def line_of(text: str, path: Path) -> int:
    """Return the number of the line, from 1, where a value or a table begins.

    Args:
        text: the file, which is TOML.
        path: the value; where it is not there, what is nearest above it is looked for.
    """
    lines = text.split("\n")
    whole = _parsed(lines)
    while path and not _has(whole, path):
        path = path[:-1]
    if not path:
        return 1
    without, with_ = 0, len(lines)
    while with_ - without > 1:
        middle = (without + with_) // 2
        for end in (*range(middle, without, -1), *range(middle + 1, with_)):
            content = _parsed(lines[:end])
            if content is not None:
                break
        else:
            # One statement goes over all these lines.
            break
        without, with_ = (without, end) if _has(content, path) else (end, with_)
    return without + 1


def table_at(text: str, line: int) -> Path:
    """Return the table in which a line stands of a file that is no TOML from there on."""
    lines = text.split("\n")
    if header := re.match(r"\s*\[+([^\]#]*)", lines[line - 1]):
        return tuple(part.strip(" \t'\"") for part in header[1].split("."))
    for end in range(line - 1, -1, -1):
        content = _parsed([*lines[:end], f"{_PROBE} = 0"])
        if content is not None:
            return _path_to_probe(content) or ()
    return ()


def _parsed(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def _has(content: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True


def _path_to_probe(content: dict[str, Any]) -> Path | None:
    if _PROBE in content:
        return ()
    for key, value in content.items():
        if isinstance(value, dict) and (below := _path_to_probe(value)) is not None:
            return (key, *below)
    return None
