"""Which board an error is about."""

from collections.abc import Iterator
from contextlib import contextmanager

from gbcs_hil.bench.rig_entries import RigBoard
from gbcs_hil.errors import BadInput, BoardBusy, LinkError, PowerNotCut, ToolMissing


@contextmanager
def naming(entry: RigBoard) -> Iterator[None]:
    """Have errors name the board that they are about, and its port, if they do not yet."""
    try:
        yield
    except (LinkError, ToolMissing, BoardBusy, PowerNotCut, BadInput) as error:
        text = str(error).removeprefix(f"board {entry.name}: ")
        if text.startswith(f"board {entry.place}"):
            raise
        raise type(error)(f"board {entry.place}: {text}") from error
