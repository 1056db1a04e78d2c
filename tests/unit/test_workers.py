"""Work in other processes: its results, and that it ends in order with whoever asked for it."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from conftest import REPO
from gbcs_hil.workers import Workers

pytestmark = pytest.mark.timeout(100)
SECONDS = 60.0


def doubled(number: int) -> int:
    return 2 * number


def refused(number: int) -> int:
    raise ValueError(f"not {number}")


def hold(folder: Path, name: str) -> None:
    """Work that takes for ever, and leaves a note when it ends in order."""
    begun = folder / f"{name}.begun"
    try:
        # There with its content, or not at all.
        begun.with_suffix(".written").write_text(str(os.getpid()))
        begun.with_suffix(".written").rename(begun)
        threading.Event().wait()
    finally:
        (folder / f"{name}.ended").touch()


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_results_and_errors_come_back() -> None:
    with Workers(2) as workers:
        runs = [workers.submit(doubled, number) for number in range(5)]
        assert [run.result() for run in runs] == [0, 2, 4, 6, 8]
        with pytest.raises(ValueError, match="not 7"):
            workers.submit(refused, number=7).result()


def test_when_all_is_done_they_end_by_themselves() -> None:
    with Workers(2) as workers:
        for number in range(5):
            workers.submit(doubled, number)
        processes = multiprocessing.active_children()
    assert {process.exitcode for process in processes} == {0}


def test_an_error_ends_what_is_at_work_and_begins_nothing_more(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="enough"), Workers(1) as workers:
        for name in "abc":
            workers.submit(hold, tmp_path, name)
        until(lambda: (tmp_path / "a.begun").exists())
        raise ValueError("enough")
    assert {path.name for path in tmp_path.iterdir()} == {"a.begun", "a.ended"}


ALONE = """
import signal, sys
from pathlib import Path
from gbcs_hil.workers import Workers
from test_workers import hold
if __name__ == "__main__":
    signal.signal(signal.SIGHUP, lambda number, frame: sys.exit(129))
    with Workers(2) as workers:
        for name in "abc":
            workers.submit(hold, Path(sys.argv[1]), name)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_what_ends_the_first_process_ends_the_others_in_order(
    tmp_path: Path, number: signal.Signals
) -> None:
    paths = os.pathsep.join(str(REPO / name) for name in ("host", "tests", "tests/unit"))
    (tmp_path / "alone.py").write_text(ALONE)
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "alone.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            until(lambda: len([*tmp_path.glob("*.begun")]) == 2)
            at_work = [int(path.read_text()) for path in tmp_path.glob("*.begun")]
            if number == signal.SIGKILL:
                process.send_signal(number)
            else:
                # A terminal sends it to all of them; the others leave it to the first.
                os.killpg(process.pid, number)
            until(lambda: len([*tmp_path.glob("*.ended")]) == 2)
            until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in at_work))
            process.wait(SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert not (tmp_path / "c.begun").exists()
