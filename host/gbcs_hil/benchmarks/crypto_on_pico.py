"""Count the cycles of the device's cryptography on an emulated Pico, and of whole commands."""

import json
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from gbcs_hil.bench import deployment, plugged, rig, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.bench.connection import Connection
from gbcs_hil.bench.mpremote_program import mpremote
from gbcs_hil.benchmarks.crypto import SCRIPT
from gbcs_hil.errors import HilError
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.handover import HANDOVER
from gbcs_hil.scratch import scratch_folder
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import Pki

HERTZ = 125_000_000
"""What the firmware sets an RP2040 to."""

# Long enough for the combs of what the last command brought to be made.
_QUIET_SECONDS = 9.0

_RIG = """
schema = 1
[boards.pico]
role = "gpf"
mcu = "rp2040"
port = {port}
flash = "pico.flash"
"""


class PicoCycles(msgspec.Struct, frozen=True):
    """What an emulated Pico counted: exact in the emulator's model, which has no wait states.

    Attributes:
        interpreter: what the firmware ran on.
        kernel: what it computed with.
        frozen: whether the image has the firmware in it; else it lay on the flash as .mpy.
        cycles: the median by candidate, the fewest first.
        whole: of whole commands of SC-3 by what they ask for: the median, line included.
        heap: the device's heap after them, in octets; `peak` is the most it held.
    """

    interpreter: str
    kernel: str
    frozen: bool
    cycles: dict[str, float]
    whole: dict[str, float]
    heap: dict[str, int]


class _Counted:
    """A line that counts the cycles of each message.

    Attributes:
        cycles: of each message.
    """

    def __init__(self, carried: Connection) -> None:
        self.cycles: list[int] = []
        self._line = carried

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send a request, between two looks at the counter if it is a message."""
        if op != "deliver":
            return self._line.request(op, deadline=deadline, **arguments)
        time.sleep(_QUIET_SECONDS)
        # To look costs cycles itself, the collection before it most of all: look twice.
        first, before = self._count(), self._count()
        reply = self._line.request(op, deadline=deadline, **arguments)
        self.cycles.append(self._count() - before - (before - first))
        return reply

    def _count(self) -> int:
        counted: int = self._line.request("stats", deadline=10)["firmware_cycles"]
        return counted


def measure(target: str) -> PicoCycles:
    """Deploy the firmware to a new emulated Pico, run the candidates, then hand it over.

    Args:
        target: "rp2040:" and an image, or nothing after the colon for GBCS_HIL_UF2's.

    Raises:
        HilError: the emulator, the image or a program that deploys is not there.
    """
    with scratch_folder() as folder:
        image = target.partition(":")[2]
        port = f"rp2040:{Path(image).absolute()}" if image else "rp2040:"
        (folder / "rig.toml").write_text(_RIG.format(port=json.dumps(port)))
        entry = rig.load(folder / "rig.toml").board()
        with plugged.reserve(entry, "bench crypto") as reserved:
            deployed = deployment.deploy(reserved, lambda _: None)
        with targets.start(port, folder / "pico.flash") as board:
            said = mpremote(board.port, "run", str(SCRIPT))
        try:
            seen = json.loads(said.strip().splitlines()[-1])
        except (IndexError, ValueError):
            raise HilError(
                f"{target}: the board's figures make no sense: {said[-200:]!r}"
            ) from None
        medians = {each: statistics.median(counts) for each, counts in seen["times"].items()}
        with plugged.plug_in(entry, "bench crypto") as used:
            whole = _whole(used.line, folder)
            heap = used.board.stats()["heap"]
            interpreter = used.hello["interpreter"]
    return PicoCycles(
        interpreter=interpreter,
        kernel=seen["kernel"],
        frozen=not deployed.files,
        cycles=dict(sorted(medians.items(), key=lambda each: each[1])),
        whole=whole,
        heap=heap,
    )


def _whole(line: Connection, folder: Path) -> dict[str, float]:
    """Play SC-3; return the cycles of its commands."""
    counted = _Counted(line)
    (folder / "run").mkdir()
    pki = Pki.issue(Authority.create(seed=b"bench crypto"))
    bench = Bench(Board("pico", counted), pki, folder / "run")
    try:
        steps = HANDOVER.play(bench, Conditions("gpf")).steps
    finally:
        bench.close()
    by_kind: dict[str, list[int]] = defaultdict(list)
    commands = [step for step in steps if step.counter is not None]
    for step, cycles in zip(commands, counted.cycles, strict=True):
        by_kind[step.what].append(cycles)
    return {what: statistics.median(counts) for what, counts in by_kind.items()}
