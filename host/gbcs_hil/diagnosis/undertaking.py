"""Carrying an experiment out on a board."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gbcs_hil.bench.board import Board
from gbcs_hil.diagnosis.record import Act, Event, Kind
from gbcs_hil.errors import BadInput
from gbcs_hil.scenarios.cuts import Cuts

_MOMENTS = 8


def undertake(
    acts: Sequence[Act], board: Board, cuts: Cuts | None, chance: Callable[[int], int]
) -> list[Event]:
    """Do to a board's device what an experiment says; return what came of it.

    Args:
        acts: what to do.
        board: holds the device.
        cuts: cuts its power; None if nothing can.
        chance: returns a number from 0 to below its argument: when the power is cut.

    Raises:
        BadInput: the power is to be cut, and nothing can.
        HilError: the board does not do as it should.
    """
    return [Event(act, _do(act, board, cuts, chance), "experiment") for act in acts]


def _do(
    act: Act, board: Board, cuts: Cuts | None, chance: Callable[[int], int]
) -> tuple[bytes, ...]:
    match act.kind:
        case Kind.COMMAND:
            return board.deliver(act.octets).outputs
        case Kind.CLOCK:
            return board.set_clock(datetime.strptime(f"{act.now}+0000", "%Y%m%d%H%M%S%z")).outputs
        case Kind.HUB_EXCHANGE:
            board.restore_device_log()
        case Kind.RESTART:
            board.reset()
            board.hello()
        case Kind.POWER_CUT | Kind.CUT:
            if cuts is None:
                raise BadInput(
                    f"{board.name}: nothing can cut its power; give --without power-cut"
                )
            # Where the command was done before the moment came, the power goes after it.
            if act.kind is Kind.POWER_CUT or not cuts.cut_during(
                chance(_MOMENTS), lambda: board.deliver(act.octets)
            ):
                cuts.cycle()
            board.hello()
        case _:
            raise BadInput(f"a {act.kind} is not for a board: its commands have to be signed")
    return ()
