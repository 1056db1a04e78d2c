"""A run from end to end: read the folder, start a board, play every exchange."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.errors import BadInput, LinkError
from gbcs_hil.rtds.commands import in_words
from gbcs_hil.rtds.pairing import Exchange, Pairing, pair
from gbcs_hil.rtds.player import Player
from gbcs_hil.rtds.provisioning import read_provisioning
from gbcs_hil.rtds.report import Run
from gbcs_hil.rtds.results import Result, Status
from gbcs_hil.rtds.start_state import World
from gbcs_hil.rtds.vectors import Unreadable, Vector, VectorFolder, read_folder
from gbcs_hil.scratch import scratch_folder

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
    alone = [_without_command(item) for item in pairing.left_over]
    if not pairing.exchanges and not results and not (only and alone):
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
    return Run(folder, target.rstrip(":"), interpreter, seconds, results + alone)


def _choose(pairing: Pairing, only: Sequence[str]) -> Pairing:
    if not only:
        return pairing
    chosen = tuple(item for item in pairing.exchanges if _wanted(item, only))
    alone = tuple(item for item in pairing.left_over if _names(item, (item,), only))
    return Pairing(chosen, alone)


def _wanted(exchange: Exchange, only: Sequence[str]) -> bool:
    return _names(exchange.command, (exchange.command, *exchange.alerts), only)


def _names(first: Vector, files: Sequence[Vector], only: Sequence[str]) -> bool:
    """Return whether a word is the message code of the first, or in the name of any."""
    code = first.message.header.message_code
    return any(
        (_MESSAGE_CODE.fullmatch(word) and int(word, 16) == code)
        or any(_in_name(word, vector.name) for vector in files)
        for word in only
    )


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


def _without_command(item: Vector) -> Result:
    """Return that a response or alert belongs to no command of the folder."""
    what = f"{item.kind.value} of {in_words(item.message.header.message_code)}"
    return Result(item.name, Status.NO_COMMAND, (what,), (), item)


@contextmanager
def _board(target: str) -> Iterator[Board]:
    """Start an emulated board on a flash that is gone afterwards."""
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder())
        device = stack.enter_context(targets.start(target, scratch / "flash"))
        line = link.Link(ports.open_port(device.port), patience=device.patience)
        stack.callback(line.close)
        yield Board(target, line)
