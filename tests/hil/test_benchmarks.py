"""The benchmarks run and add up, in times that leave room for a busy machine."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gbcs_hil.benchmarks.spent import Spent, one_core
from gbcs_hil.cli import main

SC_3_COMMANDS = 6


def measured(tmp_path: Path, *arguments: str) -> Any:
    """Run a benchmark and return what it wrote as JSON."""
    output = tmp_path / "measured.json"
    result = CliRunner().invoke(main, ["bench", *arguments, "--json", str(output)])
    assert result.exit_code == 0, result.output
    return json.loads(output.read_text())


def test_crypto_without_peers(micropython: object, tmp_path: Path) -> None:
    times = measured(tmp_path, "crypto", "--rounds", "1", "--no-peers")
    assert times["kernel"] in {"kernel_wide", "kernel_viper", "big integers"}
    assert {"verify, any key", "verify, key in a cell", "sign", "GMAC of 1,500 octets"} < set(
        times["microseconds"]
    )
    assert set(times["ratios"]["verify, any key"]) == {"OpenSSL"}
    assert any(name.startswith("6.15.1") for name in times["whole"])
    assert times["failed"] == {}


def test_link(tmp_path: Path) -> None:
    times = measured(tmp_path, "link", "--target", "cpython:", "--count", "3")
    assert times["octets"] == 1500
    assert times["octets_a_second"] > 0
    # The aim is 5 ms; this machine may be busy with something else.
    assert times["milliseconds"] < 1000


def test_startup(tmp_path: Path) -> None:
    times = measured(tmp_path, "startup", "--count", "1")
    assert {"help", "collect", "plugin", "rig"} < set(times)
    assert 0 < times["help"] < 10_000
    assert 0 < times["rig"] < 1000


def test_handover(tmp_path: Path) -> None:
    measured_on = measured(tmp_path, "handover", "--target", "cpython:", "--count", "2")
    times = measured_on["targets"]["cpython:"]
    assert times["commands"] == 2 * SC_3_COMMANDS
    # What the parts are of: a second's commands take a second.
    assert sum(times["parts"].values()) * times["commands_a_second"] == pytest.approx(
        1000, rel=0.05
    )
    device = {"device: signature checks", "device: GMAC", "device: flash"}
    assert device | {"host: cryptography", "host: waiting for the disk"} < set(times["parts"])


def test_a_handover_is_told_as_a_table_of_all_targets(micropython: object) -> None:
    result = CliRunner().invoke(main, ["bench", "handover", "--count", "1"])
    assert result.exit_code == 0, result.output
    parts = result.stdout.partition("Where an average command's time goes")[2]
    assert parts.split()[:4] == ["unix:", "ms", "cpython:", "ms"]
    row = next(line for line in parts.splitlines() if "line: both its ends" in line)
    assert [cell[-1] == "%" for cell in row.split()[-4:]] == [True, False, True, False]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux can be told")
def test_what_is_started_on_one_core_stays_there() -> None:
    allowed = os.sched_getaffinity(0)
    script = "import os; print(len(os.sched_getaffinity(0)))"
    with one_core() as core:
        assert os.sched_getaffinity(0) == {core}
        assert subprocess.check_output([sys.executable, "-c", script]) == b"1\n"
    assert os.sched_getaffinity(0) == allowed


def test_time_within_a_part_is_not_the_callers_too() -> None:
    spent = Spent()
    spent.time("outer", lambda: spent.time("inner", time.sleep, 0.02))
    assert spent.seconds["inner"] >= 0.02 > spent.seconds["outer"]
    assert dict(spent.calls) == {"inner": 1, "outer": 1}


def test_a_target_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["bench", "handover", "--target", "rp2040:"])
    assert result.exit_code == 2
    assert "rp2040:" in result.output


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "is a folder; name a file"),
        ("nowhere/measured.json", "there is no folder"),
        ("measured.json/measured.json", "there is no folder"),
    ],
)
@pytest.mark.parametrize("benchmark", ["crypto", "handover", "link", "startup"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(
    benchmark: str, path: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what took minutes to measure would be lost."""
    (tmp_path / "measured.json").touch()
    monkeypatch.setattr(
        f"gbcs_hil.benchmarks.{benchmark}.measure{'_each' * (benchmark == 'handover')}",
        lambda *_, **__: pytest.fail("it was measured"),
    )
    result = CliRunner().invoke(main, ["bench", benchmark, "--json", str(tmp_path / path)])
    assert result.exit_code == 2
    assert why in result.output
    assert result.stdout == ""
