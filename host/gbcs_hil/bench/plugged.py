"""A board of a rig in use: leased, its port found, its line open, its identity checked."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gbcs_hil.bench import board_supply, labgrid_place, ports, power_supplies, rig, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.bench.connection import Connection
from gbcs_hil.bench.lease import Lease
from gbcs_hil.bench.link import LogLine
from gbcs_hil.bench.naming import naming
from gbcs_hil.bench.power import Power, Supply
from gbcs_hil.errors import LinkError, RigError, WrongBoard
from gbcs_hil.scratch import scratch_folder

WAIT_SECONDS = 600.0
"""How long a board is waited for if nothing else is said."""

_ANSWER_SECONDS = 8.0
_SERVED = ("socket", "rfc2217")
_LOG_LINES = 1000


def _silent(line: str) -> None:
    """Report to nobody."""


@dataclass
class Reserved:
    """A board that no other process uses; its port is not open.

    Attributes:
        entry: what the rig file says of it.
        locate: returns the port to open, or raises LinkError while there is none.
        supply: the switch of its power, if it has one.
        patience: how much more time than a board it may take; see `Link`.
    """

    entry: rig.RigBoard
    locate: Callable[[], str]
    supply: Supply | None
    patience: float = 1.0

    def port(self) -> str:
        """Return the port to open.

        Raises:
            LinkError: there is none; the text names the board.
        """
        with naming(self.entry):
            return self.locate()


@dataclass
class Plugged:
    """A board that answers.

    Attributes:
        entry: what the rig file says of it.
        board: the operations of its bench port.
        line: the line to it, which opens its port again when it comes back.
        hello: what it said of itself when it was plugged in.
        log: its last log lines.
    """

    entry: rig.RigBoard
    board: Board
    line: Connection
    hello: dict[str, Any]
    supply: Supply | None
    log: deque[LogLine] = field(default_factory=lambda: deque(maxlen=_LOG_LINES))

    @property
    def power(self) -> Power:
        """The power of the board, with the proof of each cut.

        Raises:
            RigError: the rig file names none.
        """
        if self.supply is None:
            raise RigError(
                f"board {self.entry.place} has no power in {self.entry.source}; give it one"
            )
        return Power(self.supply, self.line)


@contextmanager
def reserve(
    entry: rig.RigBoard,
    purpose: str,
    *,
    wait: float = WAIT_SECONDS,
    report: Callable[[str], None] = _silent,
    bare: bool = False,
) -> Iterator[Reserved]:
    """Hold a board of a rig, and start it if it is an emulated one.

    Args:
        entry: the board.
        purpose: the test or the command, for whoever waits meanwhile.
        wait: seconds to wait for another holder.
        report: told, in a line, what takes long.
        bare: see `targets.start`.

    Raises:
        BoardBusy: another process holds it.
        ToolMissing: a program that stands for the board, or leads to it, is not there.
        LinkError: there is no such labgrid place.
    """
    with ExitStack() as stack:
        lease = Lease(_identity(entry), entry.place, purpose, wait=wait, report=report)
        stack.enter_context(lease)
        if entry.emulated:
            flash = _flash(entry, stack)
            name = f"board {entry.place}"
            with naming(entry):
                started = targets.start(entry.port, flash, name=name, bare=bare, report=report)
            target = stack.enter_context(started)
            emulated = power_supplies.Emulated(target)
            yield Reserved(entry, lambda: target.port, emulated, target.patience)
        elif entry.kind == "labgrid":
            place = entry.port.partition(":")[2]
            with naming(entry):
                name = stack.enter_context(labgrid_place.held(place, wait, report))
                url = stack.enter_context(labgrid_place.exported(name))
                supply = stack.enter_context(board_supply.supply_of(entry, name, wait, report))
            yield Reserved(entry, lambda: url, supply)
        else:
            with naming(entry):
                supply = stack.enter_context(board_supply.supply_of(entry, None, wait, report))
            yield Reserved(entry, lambda: path_of(entry), supply)


@contextmanager
def plug_in(
    entry: rig.RigBoard,
    purpose: str,
    *,
    wait: float = WAIT_SECONDS,
    report: Callable[[str], None] = _silent,
) -> Iterator[Plugged]:
    """Hold a board, open its line and see that it is the one that the rig file means.

    Nothing is written to the board but `hello`.

    Raises:
        WrongBoard: it is another board.
        LinkError: it does not answer.
        HilError: as `reserve`.
    """
    with (
        reserve(entry, purpose, wait=wait, report=report) as reserved,
        opened(reserved, None if entry.emulated else _ANSWER_SECONDS) as used,
    ):
        yield used


@contextmanager
def opened(reserved: Reserved, within: float | None = None) -> Iterator[Plugged]:
    """Open the line of a board that is held; see `plug_in`.

    Args:
        reserved: the board.
        within: seconds that it has to answer; as long as a boot may take if None.
    """
    entry = reserved.entry
    line = Connection(
        entry.place,
        reserved.locate,
        open_stream=lambda port: ports.open_port(
            port, baud_rate=entry.baud_rate, name=f"board {entry.place}"
        ),
        patience=reserved.patience,
    )
    log: deque[LogLine] = deque(maxlen=_LOG_LINES)
    line.log = log.append
    try:
        if within is not None:
            # A board that is not there is told at once; one that boots has some time.
            reserved.port()
        if entry.kind in _SERVED:
            _reach(entry, line)
        line.open(within)
        board = Board(entry.name, line)
        hello = board.hello()
        check_identity(entry, hello)
        yield Plugged(entry, board, line, hello, reserved.supply, log)
    finally:
        line.close()


def _reach(entry: rig.RigBoard, line: Connection) -> None:
    """Open the port of a serial server, which is there or not, whatever the board does."""
    with naming(entry):
        line.reach()


def path_of(entry: rig.RigBoard) -> str:
    """Return what to open for a board that is plugged into this machine or on the network.

    Raises:
        LinkError: no USB port has its serial number, or there is no such port.
    """
    if entry.kind == "usb":
        return ports.usb_path(entry.port.partition(":")[2])
    if entry.kind == "device" and not os.path.exists(entry.port):
        raise LinkError(
            "there is no such port. Plug the board in, or correct the rig file (gbcs-hil rig list)"
        )
    return entry.port


def check_identity(entry: rig.RigBoard, hello: dict[str, Any]) -> None:
    """See that what answers is the board that the rig file means.

    Raises:
        WrongBoard: it is not.
    """
    expected, seen = entry.expected_id, bytes(hello["unique_id"]).hex().upper()
    if expected is not None and seen != expected:
        raise WrongBoard(
            f"board {entry.place}: the board there says that it is {seen}, and {entry.source} "
            f"expects {expected}; nothing was written. Plug the right one in, or correct the file"
        )
    chip = {"rp2040": "rp2", "esp32": "esp32"}.get(entry.mcu or "")
    if chip is not None and hello["board"] != chip:
        raise WrongBoard(
            f"board {entry.place}: the firmware there runs on {hello['board']!r}, and "
            f"{entry.source} says mcu = {entry.mcu!r}; nothing was written. Correct the file"
        )


def _identity(entry: rig.RigBoard) -> str:
    """Return what the board is on this machine, whatever rig file names it, in whichever way."""
    if entry.kind == "device":
        serial_number = ports.usb_serial_number(os.path.realpath(entry.port))
        if serial_number is not None:
            return f"usb:{serial_number.casefold()}"
    return entry.identity


def _flash(entry: rig.RigBoard, stack: ExitStack) -> Path:
    """Return the file of an emulated board's flash; one that it does not name goes with it."""
    if entry.flash_file is not None:
        return entry.flash_file
    return stack.enter_context(scratch_folder()) / "flash"
