"""A run from end to end: read the folder, start a board, play every exchange."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.errors import BadInput, LinkError
from gbcs_hil.rtds.pairing import Exchange, Pairing, pair
from gbcs_hil.rtds.player import Player
from gbcs_hil.rtds.provisioning import read_provisioning
from gbcs_hil.rtds.report import Run
from gbcs_hil.rtds.results import Result, Status
from gbcs_hil.rtds.start_state import World
from gbcs_hil.rtds.vectors import Unreadable, Vector, VectorFolder, read_folder

_MESSAGE_CODE = re.compile(r"[0-9A-Fa-f]{4}")


def run(
    folder: Path,
    provisioning: Path,
    target: str,
    only: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Run:
    """Play the vectors of a folder and compare.

    Args:
        folder: holds vectors anywhere below it, `keystore/` and `shared-secrets.json`.
        provisioning: the provisioning file.
        target: "cpython:" or "unix:".
        only: message codes, or parts of names; with any of them, only commands that have one.
        progress: told how many commands are done, and of how many.

    Raises:
        BadInput: the folder, the file or the target cannot be used.
        HilError: the board cannot be started or reached.
    """
    started = time.monotonic()
    read = read_folder(folder)
    world = World(folder, read_provisioning(provisioning))
    pairing = _choose(pair(read.vectors), only)
    results = [_unreadable(item) for item in _chosen_files(read, only)]
    if not pairing.exchanges and not results:
        chosen = f" that {' or '.join(only)} names" if only else ""
        raise BadInput(f"{folder}: there is no command{chosen} among {len(read.vectors)} vectors")
    interpreter = ""
    with _board(target) as board:
        interpreter = str(board.hello()["interpreter"])
        player = Player(board, world)
        for done, exchange in enumerate(pairing.exchanges):
            progress(done, len(pairing.exchanges))
            try:
                results += player.play(exchange)
            except LinkError as error:
                raise LinkError(f"while playing {exchange.command.name}: {error}") from error
    seconds = time.monotonic() - started
    return Run(folder, target.rstrip(":"), interpreter, seconds, results, pairing.left_over)


def _choose(pairing: Pairing, only: Sequence[str]) -> Pairing:
    if not only:
        return pairing
    chosen = tuple(item for item in pairing.exchanges if _wanted(item, only))
    return Pairing(chosen, ())


def _wanted(exchange: Exchange, only: Sequence[str]) -> bool:
    code = exchange.command.message.header.message_code
    return any(
        (_MESSAGE_CODE.fullmatch(word) and int(word, 16) == code)
        or any(_in_name(word, vector.name) for vector in _files(exchange))
        for word in only
    )


def _files(exchange: Exchange) -> tuple[Vector, ...]:
    return (exchange.command, *exchange.alerts)


def _in_name(word: str, name: str) -> bool:
    return word.casefold() in name.casefold()


def _chosen_files(read: VectorFolder, only: Sequence[str]) -> list[Unreadable]:
    return [
        item
        for item in read.unreadable
        if not only or any(_in_name(word, item.name) for word in only)
    ]


def _unreadable(item: Unreadable) -> Result:
    return Result(item.name, Status.UNREADABLE, (item.reason,))


@contextmanager
def _board(target: str) -> Iterator[Board]:
    """Start an emulated board on a flash that is gone afterwards."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gbcs-hil-")))
        device = stack.enter_context(targets.start(target, scratch / "flash"))
        line = link.Link(ports.open_port(device.port))
        stack.callback(line.close)
        yield Board(target, line)
