"""See that a board of a rig is there, is the right one, answers, and can lose its power."""

import statistics
import time
from collections.abc import Callable

from gbcs_hil.bench import plugged
from gbcs_hil.bench.plugged import Plugged
from gbcs_hil.bench.rig import RigBoard
from gbcs_hil.errors import HilError

_WAIT_SECONDS = 5.0
_EXCHANGES = 9


def check_board(entry: RigBoard, power: bool, say: Callable[[str], object]) -> bool:
    """Check one board, a line for each thing; return whether all is well.

    Args:
        entry: the board.
        power: whether to cut its power.
        say: takes the lines.
    """

    def waiting(line: str) -> None:
        say(f"  {line}")

    say(f"{entry.name}  {entry.role} on {entry.port}")
    try:
        purpose = "gbcs-hil rig check"
        with plugged.plug_in(entry, purpose, wait=_WAIT_SECONDS, report=waiting) as used:
            _identity(used, say)
            _link(used, say)
            if power and (used.supply is not None or "power-cut" in entry.capabilities):
                boot = used.power.cycle()
                say(f"  power     cut for {boot.off:.1f} s and proved: a new boot by power-on")
            elif power:
                say("  power     the rig file names none")
    except HilError as error:
        say(f"  FAILED    {error}")
        return False
    return True


def _identity(used: Plugged, say: Callable[[str], object]) -> None:
    hello = used.hello
    unique_id = bytes(hello["unique_id"])
    checked = "as the rig file says" if used.entry.expected_id else "not checked"
    say(f"  identity  {unique_id.hex().upper()} on {hello['board']}, {checked}")
    say(f"  firmware  {hello['firmware']} on {hello['interpreter']}, {hello['condition']}")
    if hello["problem"]:
        say(f"  store     {hello['problem']}")


def _link(used: Plugged, say: Callable[[str], object]) -> None:
    seconds = []
    for _ in range(_EXCHANGES):
        start = time.perf_counter()
        used.line.request("behaviour", deadline=10.0)
        seconds.append(time.perf_counter() - start)
    say(f"  link      an answer in {statistics.median(seconds) * 1000:.1f} ms")
