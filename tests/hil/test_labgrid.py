"""A real labgrid on loopback, in an environment of its own: the handover on two of its places.

The environment is made once in the cache; the tests are skipped where no index has labgrid.
"""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
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
RIG = """
schema = 1
[boards.gpf-a]
role = "gpf"
port = "labgrid:gpf-a"
capabilities = ["power-cut"]
power = { kind = "labgrid", off-s = 0.1 }
[boards.gpf-b]
role = "gpf"
port = "labgrid:gpf-b"
"""


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


@contextmanager
def switched_by_http(target: targets.Target) -> Iterator[str]:
    """Serve the switch of an emulated board's power as labgrid's model `simplerest` wants it."""

    class Switch(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (target.power_on if self.path.endswith("/1") else target.power_off)()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Switch) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{{value}}"
        finally:
            server.shutdown()
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
            switch = stack.enter_context(switched_by_http(target))
            exports += (
                f"{place}:\n  NetworkSerialPort:\n"
                f"    host: 127.0.0.1\n    port: {port}\n    protocol: raw\n"
                f"  NetworkPowerPort:\n    model: simplerest\n    host: '{switch}'\n    index: 0\n"
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
    assert "acquired: None" in client("-p", place, "show")


def test_power_is_cut_by_labgrid_and_proved(bench: Path) -> None:
    with plugged.plug_in(rig.load(bench).board("gpf-a"), "tests") as used:
        boot = used.power.cycle()
    assert boot.before != boot.after
    assert boot.reset_cause == "power-on"


def test_a_board_elsewhere_may_have_the_power_of_a_place(bench: Path) -> None:
    """The place is held for it; what was cut and not restored is restored."""
    path = bench.with_name("elsewhere.toml")
    power = '{ kind = "labgrid", place = "gpf-a" }'
    path.write_text(f'schema = 1\n[boards.x]\nrole = "gpf"\nport = "usb:1"\npower = {power}\n')
    with plugged.reserve(rig.load(path).board(), "tests") as reserved:
        assert reserved.supply is not None
        reserved.supply.cut()
        assert "acquired: None" not in client("-p", "gpf-a", "show")
    assert "acquired: None" in client("-p", "gpf-a", "show")
    with plugged.plug_in(rig.load(bench).board("gpf-a"), "tests") as used:
        assert used.hello["reset_cause"] == "power-on"


@contextmanager
def held_by_somebody(place: str) -> Iterator[None]:
    somebody = {**os.environ, "LG_USERNAME": "somebody"}
    words = labgrid_place.client("-p", place)
    subprocess.run([*words, "acquire"], check=True, env=somebody)
    try:
        yield
    finally:
        subprocess.run([*words, "release"], check=True, env=somebody)


def client(*words: str) -> str:
    done = subprocess.run(labgrid_place.client(*words), capture_output=True, text=True, check=True)
    return done.stdout


def test_a_place_that_somebody_holds_is_busy(bench: Path) -> None:
    with (
        held_by_somebody("gpf-a"),
        pytest.raises(BoardBusy, match=r"board gpf-a .*already acquired by .*/somebody"),
        plugged.plug_in(rig.load(bench).board("gpf-a"), "tests", wait=0.0),
    ):
        pass


def test_who_waits_for_a_place_stands_in_labgrids_queue(bench: Path) -> None:
    told: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(held_by_somebody("gpf-b"))

        def report(line: str) -> None:
            told.append(line)
            # While it waits: it has a reservation by then, or will have one in time.
            threading.Timer(3, stack.close).start()

        with labgrid_place.held("gpf-b", 100.0, report) as name:
            assert name == "gpf-b"
            assert client("reservations") == ""
    assert len(told) == 1
    assert re.match("waiting for labgrid:gpf-b: .* acquired by .*/somebody", told[0])


def test_a_place_that_is_held_already_is_used_and_stays_held(bench: Path) -> None:
    told: list[str] = []
    client("-p", "gpf-a", "acquire")
    try:
        with labgrid_place.held("gpf-a", 0.0, told.append):
            pass
        assert told == ["labgrid:gpf-a: you hold this place already; it stays yours"]
        assert "acquired: None" not in client("-p", "gpf-a", "show")
    finally:
        client("-p", "gpf-a", "release")


def test_a_place_is_reserved_by_a_token(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = re.search("LG_TOKEN=(.*)", client("reserve", "--wait", "--shell", "name=gpf-b"))
    assert token is not None
    monkeypatch.setenv("LG_TOKEN", token[1])
    try:
        with labgrid_place.held("+", 0.0) as name:
            assert name == "gpf-b"
    finally:
        client("cancel-reservation", token[1])


def test_an_alias_is_a_name_and_a_part_of_a_name_is_none(bench: Path) -> None:
    client("-p", "gpf-b", "add-alias", "the-gpf")
    with labgrid_place.held("the-gpf", 0.0) as name:
        assert name == "gpf-b"
    with (
        pytest.raises(
            LinkError, match="there is no such place; labgrid took it for a part of gpf"
        ),
        labgrid_place.held("pf-b", 0.0),
    ):
        pass
    assert "acquired: None" in client("-p", "gpf-b", "show")


def test_a_place_that_is_not_there_is_told(bench: Path) -> None:
    with (
        pytest.raises(LinkError, match="labgrid:none: cannot acquire"),
        labgrid_place.held("none", 0.0),
    ):
        pass


KILLED = """
import sys, time
from gbcs_hil.bench import labgrid_place
with labgrid_place.held("gpf-a", 0.0) as name, labgrid_place.exported(name) as url:
    print(url, flush=True)
    time.sleep(100)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_ends_the_harness_ends_its_export(bench: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("socket://127.0.0.1:")
        process.send_signal(number)
    end = time.monotonic() + 30
    while exporting("gpf-a"):
        assert time.monotonic() < end
        time.sleep(0.05)
    if number == signal.SIGINT:
        assert "acquired: None" in client("-p", "gpf-a", "show")
    else:
        # Nobody was there to release it; whoever comes next has it all the same.
        with labgrid_place.held("gpf-a", 0.0):
            pass
        client("-p", "gpf-a", "release")


def exporting(place: str) -> bool:
    """Whether a client exports a place."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            if "export" in words and place in words:
                return True
    return False
