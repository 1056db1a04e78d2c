"""The known defects that a device can be given, as its firmware describes them.

The firmware's docstrings are the one description there is. They are read, not imported: the
host never runs the device's code.
"""

import ast
import re
from dataclasses import dataclass

from gbcs_hil.bench import micropython
from gbcs_hil.errors import BadInput


@dataclass(frozen=True)
class Defect:
    """A known defect of a device.

    Attributes:
        name: such as "D7".
        summary: what it does, a sentence.
        shows: how it shows from outside.
        revealed_by: the scripts that reveal it, such as "SC-1".
    """

    name: str
    summary: str
    shows: str
    revealed_by: tuple[str, ...]


def catalogue() -> dict[str, Defect]:
    """Return the defects by name, in the order of their numbers.

    Raises:
        ToolMissing: the firmware is not installed with this package.
    """
    found = {}
    for path in (micropython.firmware_path() / "gbcs_device" / "defects").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and re.fullmatch(r"d\d+", node.name):
                found[node.name.upper()] = _defect(node)
    return dict(sorted(found.items(), key=lambda item: int(item[0][1:])))


def named(names: str) -> tuple[str, ...]:
    """Return the defects in a text such as "D1,D7".

    Raises:
        BadInput: there is no such defect.
    """
    known = catalogue()
    chosen = tuple(name.strip().upper() for name in names.split(",") if name.strip())
    for name in chosen:
        if name not in known:
            raise BadInput(f"no defect {name}; there are {', '.join(known)}")
    return chosen


def _defect(function: ast.FunctionDef) -> Defect:
    text = " ".join((ast.get_docstring(function) or "").split())
    parts = re.fullmatch(r"(?P<what>.+?) Shows: (?P<shows>.+?) Revealed by: (?P<by>.+?)\.?", text)
    if parts is None:
        raise ValueError(f"{function.name}: the docstring lacks Shows: or Revealed by:")
    by = tuple(parts["by"].split(", "))
    shows = parts["shows"]
    return Defect(function.name.upper(), parts["what"], shows[0].upper() + shows[1:], by)
