"""Cuts at random delays, as on a real board, on the power of an emulated one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from board_rig import PICO, plugged_in
from gbcs_hil.bench import plugged, targets
from gbcs_hil.bench.board import Board
from gbcs_hil.bench.link import Link
from gbcs_hil.bench.ports import open_port
from gbcs_hil.bench.targets import Target
from gbcs_hil.cli import main
from gbcs_hil.errors import HilError, PowerNotCut
from gbcs_hil.powercut.random_delays import MOST_VOID, RandomSweep, sweep
from interrupted import interrupt, left_behind

CUTS = 12


class Line:
    """Requests to whatever boot of the board there is."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._port = ""
        self._link: Link | None = None

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        if self._link is None or self._port != self._target.port:
            self.close()
            self._port = self._target.port
            self._link = Link(open_port(self._port), patience=self._target.patience)
        return self._link.request(op, deadline=deadline, **arguments)

    def boot_id(self) -> int | None:
        self.request("hello", deadline=120)
        assert self._link is not None
        return self._link.boot_id

    def close(self) -> None:
        if self._link is not None:
            self._link.close()


@dataclass(frozen=True)
class Short:
    answer: Any


class EmulatedPower:
    """The end of a process, proved by another boot_id; some cuts do not cut."""

    def __init__(self, target: Target, line: Line, broken: Callable[[int], bool]) -> None:
        self._target = target
        self._line = line
        self._broken = broken
        self.tried = 0

    def cut_during(self, operation: Callable[[], Any], after: float) -> Short:
        self.tried += 1
        before = self._line.boot_id()
        cuts = not self._broken(self.tried)
        timer = threading.Timer(after, self._target.power_off if cuts else lambda: None)
        answer = None
        timer.start()
        try:
            answer = operation()
        except HilError:
            assert cuts
        timer.join()
        self._target.power_on()
        if self._line.boot_id() == before:
            raise PowerNotCut("the board came back with the same boot_id")
        return Short(answer)


Cutting = Callable[..., RandomSweep]


@pytest.fixture
def cutting(tmp_path: Path) -> Iterator[Cutting]:
    with ExitStack() as stack:

        def run(
            kind: str,
            cuts: int,
            broken: Callable[[int], bool] = lambda number: False,
            scenarios: tuple[str, ...] = ("6.15.1",),
        ) -> RandomSweep:
            target = stack.enter_context(targets.start(kind, tmp_path / "flash"))
            line = Line(target)
            stack.callback(line.close)
            power = EmulatedPower(target, line, broken)
            return sweep(Board("emulated", line), power, "gpf", scenarios, cuts, "a seed")

        yield run


@pytest.mark.parametrize("kind", ["cpython:?store=raw2", *PICO])
def test_proved_cuts_bound_what_was_not_seen(cutting: Cutting, kind: str) -> None:
    result = cutting(kind, CUTS)
    assert (len(result.cuts), result.void, result.failed) == (CUTS, 0, ())
    assert result.bound == 3 / CUTS
    assert "12 proved cuts (seed a seed), 0 void" in str(result)
    assert "less than 25 % of all cuts (3/12) break a promise" in str(result)
    delays = [cut.delay for cut in result.cuts]
    assert len(set(delays)) == CUTS


def test_each_scenario_has_its_turn(cutting: Cutting) -> None:
    scenarios = ("6.21", "6.23", "future-dated")
    result = cutting("cpython:", 6, scenarios=scenarios)
    assert tuple(cut.scenario for cut in result.cuts) == 2 * scenarios
    assert result.failed == ()


RIG = """
schema = 1
[boards.meter]
role = "gsme"
port = "cpython:"
"""


def powercut(tmp_path: Path, *arguments: str) -> Result:
    path = tmp_path / "bench.toml"
    path.write_text(RIG)
    return CliRunner().invoke(main, ["powercut", *arguments, "--rig", str(path)])


def test_a_board_of_a_rig_is_cut_by_its_power(tmp_path: Path) -> None:
    result = powercut(tmp_path, "all", "--cuts", "5")
    assert result.exit_code == 0, result.output
    head, *cuts, total = result.stdout.splitlines()
    assert head.startswith(
        "meter (cpython:): gsme, store files, 6.15.1, 6.21, 6.23, future-dated, 1.6; power by "
    )
    assert [line.split()[:2] for line in cuts] == [
        ["ok", name] for name in ("6.15.1", "6.21", "6.23", "future-dated", "1.6")
    ]
    assert total.startswith("5 proved cuts (seed 0), 0 void: ")
    assert total.endswith("with 95 % confidence less than 60 % of all cuts (3/5) break a promise")


def test_an_interrupted_sweep_says_what_was_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("GBCS_HIL_LEASES", str(tmp_path / "leases"))
    rig = tmp_path / "bench.toml"
    rig.write_text(RIG)
    status, lines, errors = interrupt(
        ["powercut", "1.6", "--cuts", "99", "--rig", str(rig)], "ok   1.6 cut after "
    )
    assert status == 130
    told = [
        f"ended early: {len(lines) - 2 + more} proved cuts (seed 0), 0 void: " for more in (0, 1)
    ]
    assert lines[-1].startswith(tuple(told))
    assert errors == "gbcs-hil: interrupted\n"
    assert left_behind(scratch) == []
    assert list((tmp_path / "leases").glob("*.owner")) == []


def test_an_emulated_board_of_a_rig_is_swept_like_a_target(tmp_path: Path) -> None:
    result = powercut(tmp_path, "1.6", "--age", "0", "--sample", "1", "--reads", "0")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "2 runs, 0 with violations"
    assert "cpython/lfs/gsme/1.6/rest" in result.stdout


def test_a_real_device_is_not_erased_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash = tmp_path / "flash"
    with plugged_in("cpython", flash) as device:
        device.provision("gsme")
    before = sorted(path.read_bytes() for path in flash.rglob("*") if path.is_file())
    with targets.start("cpython", flash) as target:
        # A port of this machine leads to it, as to a board on a cable.
        path = tmp_path / "bench.toml"
        path.write_text(RIG.replace("cpython:", "/dev/serial/by-id/usb-meter"))
        monkeypatch.setattr(plugged, "path_of", lambda entry: target.port)
        result = CliRunner().invoke(main, ["powercut", "1.6", "--rig", str(path)])
    assert result.exit_code == 2
    assert "holds a device (provisioned), which would be erased; add --erase" in result.stderr
    assert before == sorted(path.read_bytes() for path in flash.rglob("*") if path.is_file())


def test_a_cut_that_is_not_proved_is_void(cutting: Cutting) -> None:
    result = cutting("cpython:", 4, lambda number: number % 2 == 1)
    assert (len(result.cuts), result.void, result.failed) == (4, 4, ())


def test_a_switch_that_never_cuts_ends_the_sweep(cutting: Cutting) -> None:
    seen = []

    def never(number: int) -> bool:
        seen.append(number)
        return True

    with pytest.raises(PowerNotCut):
        cutting("cpython:", 1, never)
    assert len(seen) == MOST_VOID


def test_a_store_that_forgets_is_caught_and_has_no_bound(cutting: Cutting) -> None:
    result = cutting("cpython:?store=ram", 10 * CUTS)
    assert result.bound is None
    assert len(result.failed) == 1
    assert "1 broke a promise" in str(result)
