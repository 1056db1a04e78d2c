"""An emulated board for scenarios: its line comes back after each loss of power."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.smki.parties import Pki


class PluggedIn:
    """The line to an emulated board, another one after each power cycle."""

    def __init__(self, target: targets.Target, evidence: RunFolder | None) -> None:
        self._target = target
        self._evidence = evidence
        self._link = self._open()

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request; keep it and its reply, but for messages, which are kept as such."""
        if self._evidence and op != "deliver":
            self._evidence.link(self._target.name, "request", {"op": op, **arguments})
        reply = self._link.request(op, deadline=deadline, **arguments)
        if self._evidence and op != "deliver":
            self._evidence.link(self._target.name, "reply", reply)
        return reply

    def power_cycle(self) -> None:
        """Cut the power and restore it."""
        self.close()
        self._target.power_off()
        self._target.power_on()
        self._link = self._open()

    def close(self) -> None:
        """Let go of the line."""
        self._link.close()

    def _open(self) -> link.Link:
        return link.Link(ports.open_port(self._target.port), on_log=self._log)

    def _log(self, line: link.LogLine) -> None:
        if self._evidence:
            self._evidence.link(self._target.name, "log", line.text)


@contextmanager
def emulated(
    kind: str,
    pki: Pki,
    scratch: Path,
    folder: Path | None = None,
    evidence: RunFolder | None = None,
) -> Iterator[Bench]:
    """Start an emulated board with everybody around it.

    Args:
        kind: "unix:" or "cpython:".
        pki: everybody's test credentials.
        scratch: takes the board's flash.
        folder: takes the ledgers; the scratch folder if None.
        evidence: keeps everything, if given.
    """
    with targets.start(kind, scratch / "flash") as target:
        line = PluggedIn(target, evidence)
        bench = Bench(Board(kind, line), pki, folder or scratch, evidence, line.power_cycle)
        try:
            yield bench
        finally:
            bench.close()
            line.close()
