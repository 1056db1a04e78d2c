"""Find MicroPython's unix port (placeholder until the finder lands)."""

import os
from dataclasses import dataclass

from gbcs_hil.errors import ToolMissing


@dataclass(frozen=True)
class Interpreter:
    command: tuple[str, ...]


def find() -> Interpreter:
    """Return MicroPython."""
    path = os.environ.get("GBCS_HIL_MICROPYTHON")
    if not path:
        raise ToolMissing("no micropython")
    return Interpreter((path,))
