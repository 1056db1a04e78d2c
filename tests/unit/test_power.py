"""Cuts of power: each proved by silence, a new boot and the cause of its reset, or refused."""

import json
import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from gbcs_hil.bench import labgrid_place, plugged, rig, targets
from gbcs_hil.bench import power_supplies as supplies
from gbcs_hil.bench.board import Board
from gbcs_hil.bench.connection import Connection
from gbcs_hil.bench.power import Power
from gbcs_hil.bench.targets import Target
from gbcs_hil.errors import LinkError, LinkTimeout, PowerNotCut, ToolMissing

BOOT_SECONDS = 20.0


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    with targets.start("cpython", tmp_path / "flash") as started:
        yield started


@pytest.fixture
def line(target: Target) -> Iterator[Connection]:
    with closing(Connection("esme-a", lambda: target.port, boot_seconds=BOOT_SECONDS)) as made:
        yield made


class Switch:
    """A supply made of two functions."""

    description = "a switch"
    off_seconds = 0.0

    def __init__(self, cut: Callable[[], Any], restore: Callable[[], Any]) -> None:
        self.cut = cut
        self.restore = restore


def nothing() -> None:
    """Be a switch that is not wired."""


def test_a_cut_is_proved_by_a_new_boot(target: Target, line: Connection) -> None:
    first = line.open()
    boot = Power(supplies.Emulated(target), line).cycle()
    assert boot.before == first
    assert boot.after not in (0, first)
    assert (boot.after, boot.reset_cause) == (line.boot_id, "power-on")


def test_between_cut_and_restore_nobody_answers(target: Target, line: Connection) -> None:
    power = Power(supplies.Emulated(target), line)
    power.cut()
    assert line.gone(0.1)
    power.restore()
    assert not line.gone(1.0)


def test_a_switch_that_does_nothing_is_found_out(line: Connection) -> None:
    with pytest.raises(PowerNotCut, match=r"esme-a.*a switch.*still answers"):
        Power(Switch(nothing, nothing), line).cut()


@pytest.mark.parametrize("during", [False, True])
def test_a_cut_that_is_not_proved_leaves_the_power_on(line: Connection, *, during: bool) -> None:
    switched: list[str] = []
    power = Power(Switch(lambda: switched.append("off"), lambda: switched.append("on")), line)
    with pytest.raises(PowerNotCut, match="still answers"):
        power.cut_during(lambda: 7, after=0.0) if during else power.cut()
    assert switched == ["off", "on"]


def test_an_interrupted_cut_leaves_the_power_on(line: Connection) -> None:
    """And a cut that is not due yet does not come."""
    switched: list[str] = []
    off = threading.Event()

    def cut() -> None:
        switched.append("off")
        off.set()

    def interrupted(after: Callable[[], object]) -> None:
        after()
        raise KeyboardInterrupt

    power = Power(Switch(cut, lambda: switched.append("on")), line)
    with pytest.raises(KeyboardInterrupt):
        power.cut_during(lambda: interrupted(nothing), after=60)
    assert switched == ["on"]
    with pytest.raises(KeyboardInterrupt):
        power.cut_during(lambda: interrupted(lambda: off.wait(10)), after=0)
    assert switched == ["on", "off", "on"]


def test_an_answer_that_comes_late_is_no_silence() -> None:
    """Each probe has the whole time, the last one too."""
    probes: list[float] = []

    class Slow(Connection):
        def reach(self) -> Any:
            return self

        def open(self, within: float | None = None, *, deadline: float = 0.0) -> int:
            probes.append(deadline)
            time.sleep(0.06)
            if deadline < 0.06:
                raise LinkTimeout("esme-a", "no answer", "try again")
            return 1

    assert not Slow("esme-a", lambda: "nowhere").gone(0.1)
    assert probes == [0.1] * len(probes)


def test_a_reset_is_no_cut(line: Connection) -> None:
    """The silence of a board that restarts is not the silence of one without power."""

    class Restarting(Connection):
        def gone(self, within: float) -> bool:
            return True

    with closing(Restarting("esme-a", line._locate)) as watched:
        board = Board("esme-a", watched)
        with pytest.raises(PowerNotCut, match="caused by 'reset'"):
            Power(Switch(board.reset, nothing), watched).cycle()
        with pytest.raises(PowerNotCut, match="same boot_id"):
            Power(Switch(nothing, nothing), watched).cycle()


def test_a_cut_during_an_operation(target: Target, line: Connection) -> None:
    power = Power(supplies.Emulated(target), line)

    def operation() -> int:
        while True:
            line.request("stats", deadline=5)

    short = power.cut_during(operation, after=0.05)
    assert short.answer is None
    assert isinstance(short.error, LinkError)
    assert short.boot.before != short.boot.after


def test_an_operation_may_end_before_the_cut(target: Target, line: Connection) -> None:
    short = Power(supplies.Emulated(target), line).cut_during(lambda: 7, after=0.0)
    assert (short.answer, short.error) == (7, None)


def test_a_switch_that_fails_beside_an_operation_is_told(line: Connection) -> None:
    def fail() -> None:
        raise PowerNotCut("the switch is stuck")

    with pytest.raises(PowerNotCut, match="stuck"):
        Power(Switch(fail, nothing), line).cut_during(lambda: 7, after=0.0)


def test_a_board_that_does_not_answer_cannot_be_shown_to_lose_power() -> None:
    def locate() -> str:
        raise LinkError("no such board")

    dead = Connection("esme-a", locate, boot_seconds=0.05)
    with pytest.raises(PowerNotCut, match=r"did not answer before the cut.*no such board"):
        Power(Switch(nothing, nothing), dead).cut()


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_command_of_the_users_switches(tmp_path: Path) -> None:
    mark = tmp_path / "off"
    supply = supplies.Programs(
        python(f"open({str(mark)!r}, 'w').close()"),
        python(f"import os; os.unlink({str(mark)!r})"),
        off_seconds=0.0,
    )
    supply.cut()
    assert mark.exists()
    supply.restore()
    assert not mark.exists()


def test_a_command_that_fails_cuts_nothing() -> None:
    supply = supplies.Programs(python("import sys; sys.exit('no hub 1-1')"), python(""))
    with pytest.raises(PowerNotCut, match="status 1: no hub 1-1"):
        supply.cut()


UHUBCTL_WITHOUT_PERMISSION = (
    "No compatible devices detected at location 1-1!",
    "Run with -h to get usage info.",
    "There were permission problems while accessing USB.",
    "Follow https://git.io/JIB2Z for a fix!",
)


@pytest.mark.parametrize("lines", [UHUBCTL_WITHOUT_PERMISSION[:2], UHUBCTL_WITHOUT_PERMISSION])
def test_the_few_lines_of_a_program_are_told_whole(lines: tuple[str, ...]) -> None:
    """The first tells what is wrong, the last but where to get help."""
    said = "\n".join(lines)
    supply = supplies.Programs(python(f"import sys; sys.exit({said!r})"), python(""))
    with pytest.raises(PowerNotCut, match=re.escape(f"status 1: {' '.join(lines)}; run it")):
        supply.cut()


def test_of_a_programs_many_lines_the_last_is_told() -> None:
    supply = supplies.Programs(python("def f(n): f(1 // n - 1)\nf(1)"), python(""))
    with pytest.raises(PowerNotCut, match=r"status 1: ZeroDivisionError: .*; run it"):
        supply.cut()


def test_what_a_program_says_of_a_cut_that_did_not_come_is_told(line: Connection) -> None:
    """uhubctl ends with status 0 even if the hub refused."""
    refused = "Failed to control port power!\\n: Operation not permitted"
    supply = supplies.Programs(python(f"import sys; sys.stderr.write('{refused}')"), python(""))
    with pytest.raises(
        PowerNotCut,
        match=r"which said 'Failed .*power! : Operation not permitted': the board still",
    ):
        Power(supply, line).cut()


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ToolMissing, match="no-such-switch"):
        supplies.Programs(("no-such-switch",), ("no-such-switch",)).cut()


def test_hubs_and_labgrid_are_switched_by_their_own_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert supplies.uhubctl("1-1.4", 2).description == "`uhubctl -l 1-1.4 -p 2 -r 5 -a off`"
    monkeypatch.setenv(labgrid_place.PROGRAM_VARIABLE, "/bin/true")
    assert supplies.labgrid("esme-a").description == "`/bin/true -p esme-a power off`"


def test_a_person_is_asked() -> None:
    asked: list[str] = []
    supply = supplies.Manual("esme-a", asked.append)
    supply.cut()
    supply.restore()
    assert asked == [
        "Unplug esme-a, then press Enter: ",
        "Plug esme-a in again, then press Enter: ",
    ]


ASK = """
from gbcs_hil.bench.power_supplies import Manual
Manual("esme-a").cut()
print("cut")
"""


def test_a_person_is_asked_at_the_terminal_whatever_takes_the_output(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if not pid:
        # In the child: standard input and output lead elsewhere, as under pytest.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(tmp_path / "said", os.O_WRONLY | os.O_CREAT), 1)
        os.execv(sys.executable, [sys.executable, "-c", ASK])
    shown = b""
    while b"press Enter: " not in shown:
        shown += os.read(terminal, 1000)
    assert shown.startswith(b"Unplug esme-a, then")
    os.write(terminal, b"\n")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    assert (tmp_path / "said").read_text() == "cut\n"


def test_without_a_terminal_nobody_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    assert "board esme-a: nobody is there to pull its plug" in done.stderr.splitlines()[-1]


def test_nobody_at_the_bench_cuts_nothing() -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    with pytest.raises(PowerNotCut, match="nobody is there"):
        supplies.Manual("esme-a", nobody).cut()


def entry(folder: Path, off: tuple[str, ...], on: tuple[str, ...]) -> rig.RigBoard:
    path = folder / "bench.toml"
    path.write_text(
        'schema = 1\n[boards.gpf-a]\nrole = "gpf"\nport = "usb:1"\n'
        f'power = {{ kind = "command", off = {json.dumps(off)}, on = {json.dumps(on)} }}\n'
    )
    return rig.load(path).board()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, PowerNotCut])
def test_whoever_forgets_to_restore_the_power_leaves_no_board_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException] | None
) -> None:
    monkeypatch.setenv("GBCS_HIL_LEASES", str(tmp_path / "leases"))
    said = tmp_path / "said"

    def say(word: str) -> tuple[str, ...]:
        return python(f"open({str(said)!r}, 'a').write('{word} ')")

    board = entry(tmp_path, say("off"), say("on"))
    with suppress(KeyboardInterrupt, PowerNotCut), plugged.reserve(board, "tests") as reserved:
        assert reserved.supply is not None
        reserved.supply.cut()
        if error is not None:
            raise error
    assert said.read_text() == "off on "


def test_a_switch_that_fails_both_ways_names_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GBCS_HIL_LEASES", str(tmp_path / "leases"))
    told: list[str] = []
    board = entry(tmp_path, python("exit('no relay')"), python("exit('no relay')"))
    with (
        pytest.raises(PowerNotCut, match=r"^board gpf-a \(usb:1\): .* status 1: no relay"),
        plugged.reserve(board, "tests", report=told.append) as reserved,
    ):
        assert reserved.supply is not None
        reserved.supply.cut()
    assert len(told) == 1
    assert re.match(r"the power may still be off: board gpf-a \(usb:1\): .*no relay", told[0])


def test_a_program_that_is_not_there_has_cut_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nothing is to be restored, and nothing said of that."""
    monkeypatch.setenv("GBCS_HIL_LEASES", str(tmp_path / "leases"))
    told: list[str] = []
    board = entry(tmp_path, ("no-such-switch",), ("no-such-switch",))
    with (
        pytest.raises(ToolMissing, match=r"^board gpf-a \(usb:1\): cannot run no-such-switch"),
        plugged.reserve(board, "tests", report=told.append) as reserved,
    ):
        assert reserved.supply is not None
        reserved.supply.cut()
    assert told == []
