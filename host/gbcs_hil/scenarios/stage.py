"""A board for scenarios: its line comes back after each loss of power, and is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gbcs_hil.bench import plugged, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.bench.connection import Connection
from gbcs_hil.bench.link import LogLine
from gbcs_hil.bench.power import Power
from gbcs_hil.bench.power_supplies import Emulated
from gbcs_hil.bench.rig import RigBoard
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.cuts import Cuts, cuts_of
from gbcs_hil.smki.parties import Pki

_WITH_A_FLASH = {"cpython:": "cpython:?store=raw2"}
"""Emulated boards whose own store has no flash, and one that has: there is more to cut."""


class KeptLine:
    """The line to a board, whose requests and replies are kept.

    Args:
        line: finds the board again when it has come back.
        evidence: keeps everything but messages, which are kept as such.
    """

    def __init__(self, line: Connection, evidence: RunFolder | None) -> None:
        self._line = line
        self._evidence = evidence
        if evidence is not None:
            line.log = self._log

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and return its reply; see `Connection.request`."""
        self._keep(op, "request", {"op": op, **arguments})
        reply = self._line.request(op, deadline=deadline, **arguments)
        self._keep(op, "reply", reply)
        return reply

    def close(self) -> None:
        """Close the port; the next `hello` opens it again."""
        self._line.close()

    def _keep(self, op: str, event: str, content: Any) -> None:
        if self._evidence is not None and op != "deliver":
            self._evidence.link(self._line.name, event, content)

    def _log(self, line: LogLine) -> None:
        if self._evidence is not None:
            self._evidence.link(self._line.name, "log", line.text)


@contextmanager
def emulated(
    kind: str,
    pki: Pki,
    scratch: Path,
    folder: Path | None = None,
    evidence: RunFolder | None = None,
    cuts: bool = True,
) -> Iterator[Bench]:
    """Start an emulated board with everybody around it.

    Args:
        kind: "unix:" or "cpython:".
        pki: everybody's test credentials.
        scratch: takes the board's flash.
        folder: takes the ledgers; the scratch folder if None.
        evidence: keeps everything, if given.
        cuts: whether the board has a flash at whose operations the power can be cut; without
            one a board in CPython starts in half the time.
    """
    start = _WITH_A_FLASH.get(kind, kind) if cuts else kind
    with targets.start(start, scratch / "flash") as target:
        line = Connection(target.name, lambda: target.port, patience=target.patience)
        kept = KeptLine(line, evidence)
        try:
            power = cuts_of(Power(Emulated(target), line), kept)
            yield from _around(Board(kind, kept), pki, folder or scratch, evidence, power)
        finally:
            line.close()


@contextmanager
def on_rig(
    entry: RigBoard,
    pki: Pki,
    folder: Path,
    evidence: RunFolder | None = None,
    *,
    purpose: str,
    report: Callable[[str], None],
) -> Iterator[Bench]:
    """Take a board of a rig, with everybody around it; its device is erased.

    Args:
        entry: the board.
        pki: everybody's test credentials.
        folder: takes the ledgers.
        evidence: keeps everything, if given.
        purpose: the command, for whoever waits for the board.
        report: told, in a line, what takes long.

    Raises:
        HilError: the board is not to be had.
    """
    with plugged.plug_in(entry, purpose, report=report) as used:
        kept = KeptLine(used.line, evidence)
        cuts = rig_cuts(used, kept)
        yield from _around(Board(entry.place, kept), pki, folder, evidence, cuts)


def rig_cuts(used: plugged.Plugged, line: KeptLine | None = None) -> Cuts | None:
    """Return what cuts the power of a rig's board; None if the rig file names nothing."""
    return None if used.supply is None else cuts_of(used.power, line or used.line)


def _around(
    board: Board, pki: Pki, folder: Path, evidence: RunFolder | None, cuts: Cuts | None
) -> Iterator[Bench]:
    bench = Bench(board, pki, folder, evidence, cuts)
    try:
        yield bench
    finally:
        bench.close()
