"""What in a rig file has the right types and makes no sense: of a board, and of two together."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gbcs_hil.bench.rig_entries import (
    PORT_FORMS,
    CommandPower,
    EmulatedPower,
    LabgridPower,
    RigBoard,
    UhubctlPower,
)

_LAST_PORT = 65535


class Complaint(NamedTuple):
    """What is wrong with a board.

    Attributes:
        what: for people.
        board: the board's name.
        key: which of its keys.
    """

    what: str
    board: str
    key: str


def complaints(board: RigBoard) -> Iterator[Complaint]:
    """Tell what makes no sense of a board by itself."""

    def wrong(key: str, what: str) -> Complaint:
        return Complaint(what, board.name, key)

    if not board.kind:
        forms = "; ".join(form for _, form in PORT_FORMS.values())
        yield wrong("port", f"no port {board.port!r}; there are: {forms}")
    elif board.kind in ("socket", "rfc2217"):
        number = int(re.split(r"[:?]", board.port)[2])
        if not 0 < number <= _LAST_PORT:
            yield wrong("port", f"no TCP port {number}; they go from 1 to {_LAST_PORT}")
    if isinstance(board.power, EmulatedPower) and not board.emulated:
        yield wrong("power", "only an emulated board has emulated power")
    if board.power and board.emulated and not isinstance(board.power, EmulatedPower):
        yield wrong("power", "an emulated board has emulated power and no other")
    if "power-cut" in board.capabilities and not (board.power or board.emulated):
        yield wrong("capabilities", "power-cut needs a power table")
    if isinstance(board.power, LabgridPower) and not _labgrid_place(board):
        yield wrong("power", "labgrid power needs a place")
    if board.flash is not None and not board.emulated:
        yield wrong("flash", "only an emulated board has a flash file")
    if board.flash is not None and not re.fullmatch(r"[^\0]+", board.flash):
        yield wrong("flash", f"{board.flash!r} is no name of a file")
    if board.unique_id is not None and not re.fullmatch("([0-9A-Fa-f]{2})+", board.unique_id):
        yield wrong("unique-id", "unique-id is hexadecimal, two digits an octet")
    if board.mcu is not None and board.emulated and (board.kind, board.mcu) != _PICO:
        yield wrong("mcu", f"{board.port} is no {board.mcu}; leave mcu out")


def clashes(boards: Iterable[RigBoard]) -> Iterator[Complaint]:
    """Tell which boards of a rig are the same one, or lose their power together."""
    known: dict[tuple[str, object], RigBoard] = {}
    for board in boards:
        for key, what, value in _only_once(board):
            other = known.setdefault((key, value), board)
            if other is not board:
                yield Complaint(f"{what} board {other.name}'s too; {_WHY[key]}", board.name, key)


def _only_once(board: RigBoard) -> Iterator[tuple[str, str, object]]:
    """Give what no two boards share: its key, how to call it, and its value."""
    if board.flash is not None:
        yield "flash", f"the flash {board.flash} is", board.identity
    else:
        yield "port", f"the port {board.port} is", board.identity
    if board.expected_id is not None:
        yield "unique-id", f"the unique id {board.expected_id} is", board.expected_id
    power = board.power
    if isinstance(power, UhubctlPower):
        yield (
            "power",
            f"port {power.port} of hub {power.location} is",
            (power.location, power.port),
        )
    if isinstance(power, LabgridPower):
        yield "power", f"the power of place {_labgrid_place(board)} is", _labgrid_place(board)
    if isinstance(power, CommandPower):
        yield "power", f"the command {power.off[0]} with these arguments is", power.off


_PICO = ("rp2040", "rp2040")
_WHY = {
    "port": "one board is one entry, and plays one device at a time",
    "flash": "one flash is one board",
    "unique-id": "no two boards have the same",
    "power": "to cut the one would be to cut the other",
}


def _labgrid_place(board: RigBoard) -> str | None:
    """Return the place whose power a board has."""
    if isinstance(board.power, LabgridPower) and board.power.place:
        return board.power.place
    return board.port.partition(":")[2] if board.kind == "labgrid" else None
