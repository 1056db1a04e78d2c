"""A real labgrid on loopback, in an environment of its own: the handover on two of its places.

The environment is made once in the cache; the tests are skipped where no index has labgrid.
"""

import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from gbcs_hil.bench import labgrid_place, micropython, plugged, rig, targets
from gbcs_hil.errors import BoardBusy, LinkError
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.scenarios.conditions import Conditions
from gbcs_hil.scenarios.handover import SC_3
from gbcs_hil.scenarios.verdicts import Verdict
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.parties import Pki

pytestmark = pytest.mark.timeout(180)

PLACES = ("gpf-a", "gpf-b")
RIG = "schema = 1\n" + "".join(
    f'[boards.{place}]\nrole = "gpf"\nport = "labgrid:{place}"\n' for place in PLACES
)


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of labgrid's programs."""
    folder = micropython.cache_folder() / f"labgrid-{sys.version_info[0]}.{sys.version_info[1]}"
    programs = folder / "bin"
    if not (programs / "labgrid-client").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        done = subprocess.run(
            [str(programs / "python"), "-m", "pip", "install", "--quiet", "labgrid"],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            pytest.skip(f"labgrid cannot be installed: {done.stderr.strip()[-200:]}")
    return programs


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def on_the_network(target: targets.Target) -> Iterator[int]:
    """Serve an emulated board's port on TCP, as ser2net does a real one; give the TCP port."""
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        while not over.is_set():
            with suppress(TimeoutError), server.accept()[0] as peer:
                carry(peer)

    def carry(peer: socket.socket) -> None:
        line = os.open(target.port, os.O_RDWR | os.O_NOCTTY)
        try:
            while not over.is_set():
                ready, _, _ = select.select([peer.fileno(), line], [], [], 0.1)
                if line in ready:
                    peer.sendall(os.read(line, 4096))
                if peer.fileno() in ready:
                    octets = peer.recv(4096)
                    if not octets:
                        return
                    os.write(line, octets)
        except OSError:
            return
        finally:
            os.close(line)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


@pytest.fixture(scope="module")
def bench(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A coordinator and an exporter with two boards; the rig file that names their places."""
    folder = tmp_path_factory.mktemp("labgrid")
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv(
            "GBCS_HIL_LEASES", str(folder / "leases")
        )
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        coordinator = f"127.0.0.1:{free_port()}"
        patch.setenv("LG_COORDINATOR", coordinator)
        patch.setenv(labgrid_place.PROGRAM_VARIABLE, str(programs / "labgrid-client"))
        exports = ""
        for place in PLACES:
            target = stack.enter_context(targets.start("cpython", folder / place))
            port = stack.enter_context(on_the_network(target))
            exports += (
                f"{place}:\n  NetworkSerialPort:\n"
                f"    host: 127.0.0.1\n    port: {port}\n    protocol: raw\n"
            )
        (folder / "exports.yaml").write_text(exports)
        commands = (
            ("labgrid-coordinator", "-l", coordinator),
            ("labgrid-exporter", "-c", coordinator, "-n", "loop", str(folder / "exports.yaml")),
        )
        for number, (program, *words) in enumerate(commands):
            log = stack.enter_context((folder / f"{number}.log").open("wb"))
            process = subprocess.Popen(
                [str(programs / program), *words], cwd=folder, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            wait_for(("resources",) if number else ("places",), "gpf-b" if number else "")
        for place in PLACES:
            for words in (["create"], ["add-match", f"loop/{place}/*"]):
                subprocess.run(labgrid_place.client("-p", place, *words), check=True)
        path = folder / "bench.toml"
        path.write_text(RIG)
        yield path


def wait_for(words: tuple[str, ...], text: str) -> None:
    end = time.monotonic() + 30
    while True:
        done = subprocess.run(labgrid_place.client(*words), capture_output=True, text=True)
        if done.returncode == 0 and text in done.stdout:
            return
        assert time.monotonic() < end, done.stderr
        time.sleep(0.1)


@pytest.mark.parametrize("place", PLACES)
def test_the_handover_runs_on_a_place(bench: Path, place: str, tmp_path: Path) -> None:
    with plugged.plug_in(rig.load(bench).board(place), "tests") as used:
        made = Bench(used.board, Pki.issue(Authority.create(seed=b"labgrid")), tmp_path)
        try:
            play = SC_3.play(made, Conditions("gpf"))
        finally:
            made.close()
    assert play.verdict is Verdict.CONFORMANT
    shown = subprocess.run(
        labgrid_place.client("-p", place, "show"), capture_output=True, text=True, check=True
    )
    assert "acquired: None" in shown.stdout


def test_a_place_that_is_held_is_busy(bench: Path) -> None:
    with (
        plugged.plug_in(rig.load(bench).board("gpf-a"), "tests"),
        pytest.raises(BoardBusy, match=r"labgrid:gpf-a: .*already acquired"),
        labgrid_place.acquired("gpf-a", 0.0),
    ):
        pass


def test_a_place_that_is_not_there_is_told(bench: Path) -> None:
    with (
        pytest.raises(LinkError, match="labgrid:none: cannot acquire"),
        labgrid_place.acquired("none", 0.0),
    ):
        pass
