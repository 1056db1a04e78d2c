"""`gbcs-hil board` and `gbcs-hil rig`, and what goes wrong at a bench: one clear line each."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gbcs_hil.bench import link, plugged, ports, rig, rig_check
from gbcs_hil.cli import main
from gbcs_hil.errors import BoardLost, LinkError

RIG = """
schema = 1
[boards.gpf-a]
role = "gpf"
port = "cpython:"
flash = "flash"
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GBCS_HIL_LEASES", str(tmp_path / "leases"))
    path = tmp_path / "bench.toml"
    path.write_text(RIG)
    return path


def gbcs_hil(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@contextmanager
def port_that_says(octets: bytes) -> Iterator[str]:
    """A serial port on which somebody talks who is no device of ours."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    over = threading.Event()

    def talk() -> None:
        while not over.wait(0.02):
            with suppress(OSError):
                os.write(master, octets)
                os.read(master, 4096)

    os.set_blocking(master, False)
    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        over.set()
        thread.join()
        os.close(master)
        os.close(slave)


def test_a_rig_is_checked_with_its_power(bench: Path) -> None:
    bench.write_text(RIG + 'capabilities = ["power-cut"]\n')
    done = gbcs_hil("rig", "check", bench, "--power")
    assert done.exit_code == 0
    labels = [line.split()[0] for line in done.output.splitlines()]
    assert labels == ["gpf-a", "identity", "firmware", "link", "power"]
    assert "proved: a new boot by power-on" in done.output


def test_a_board_that_is_not_there_fails_the_check(bench: Path) -> None:
    bench.write_text(RIG.replace("cpython:", "usb:E66").replace("flash =", "# flash ="))
    done = gbcs_hil("rig", "check", bench)
    assert done.exit_code == 1
    assert "FAILED    board gpf-a (usb:E66): no USB port has the serial number E66" in done.output


def test_a_rig_file_that_makes_no_sense_is_one_line(bench: Path) -> None:
    bench.write_text(RIG.replace("role", "rolle"))
    done = gbcs_hil("rig", "check", bench)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"gbcs-hil: {bench}:4: board gpf-a: unknown key 'rolle'\n"


@pytest.mark.parametrize(
    ("verb", "options", "said"),
    [
        ("hello", (), '"condition": "virgin"'),
        ("reset", (), "gpf-a: restarted, reset cause reset\n"),
        ("cut", (), "gpf-a: off for 0.0 s, then a new boot by power-on\n"),
        ("erase", ("--yes",), "gpf-a: virgin, epoch 1\n"),
        ("log", ("--seconds", "0.1"), ""),
    ],
)
def test_a_verb_on_a_board(bench: Path, verb: str, options: tuple[str, ...], said: str) -> None:
    done = gbcs_hil("board", verb, "gpf-a", "--rig", bench, *options)
    assert done.exit_code == 0, done.output
    assert said in done.stdout


def test_octets_are_shown_as_a_rig_file_has_them(bench: Path) -> None:
    shown = json.loads(gbcs_hil("board", "hello", "--rig", bench).stdout)["unique_id"]
    assert shown == b"cpython:flash".hex().upper()
    bench.write_text(RIG + f'unique-id = "{shown}"\n')
    assert "as the rig file says" in gbcs_hil("rig", "check", bench).output


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("", 2, "gbcs-hil: nobody is there to be asked; nothing was done. Give --yes"),
        ("n\n", 2, "gbcs-hil: nothing was done"),
        ("y\n", 0, "gpf-a: virgin, epoch 1"),
    ],
)
def test_an_erasure_is_asked_for(bench: Path, answer: str, status: int, said: str) -> None:
    words = ["board", "erase", "--rig", str(bench)]
    done = CliRunner().invoke(main, words, input=answer)
    assert done.exit_code == status
    assert done.output.splitlines()[-1].endswith(said)


@pytest.mark.parametrize(
    ("port", "said"),
    [("labgrid:x", "cannot run no-such-client"), ("rp2040:", "needs an image of MicroPython")],
)
def test_what_leads_to_a_board_and_is_not_there_is_told_of_that_board(
    bench: Path, port: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GBCS_HIL_LABGRID_CLIENT", "no-such-client")
    monkeypatch.delenv("GBCS_HIL_UF2", raising=False)
    bench.write_text(f'schema = 1\n[boards.gpf-a]\nrole = "gpf"\nport = "{port}"\n')
    done = gbcs_hil("board", "hello", "--rig", bench)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"gbcs-hil: board gpf-a ({port}): ")
    assert said in done.stderr


def test_what_the_device_refuses_is_one_line(bench: Path) -> None:
    done = gbcs_hil("board", "state", "--rig", bench)
    assert done.exit_code == 2
    assert done.stderr == (
        "gbcs-hil: board gpf-a (cpython:): state was refused: the device is virgin "
        "(not-provisioned); a test or a scenario on this board provisions it\n"
    )


@pytest.mark.parametrize("verb", ["erase", "cut"])
def test_a_board_that_forgets_says_so(bench: Path, verb: str) -> None:
    bench.write_text(RIG.replace("flash =", "# flash ="))
    done = gbcs_hil("board", verb, "--rig", bench, *(["--yes"] if verb == "erase" else []))
    assert done.exit_code == 0
    assert f"without a flash in {bench}" in done.stderr


@pytest.mark.parametrize("form", ["socket://127.0.0.1:{}", "rfc2217://127.0.0.1:{}?x"])
def test_a_serial_server_that_is_not_there_is_told_at_once(bench: Path, form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = form.format(server.getsockname()[1]).replace("?x", "?ign_set_control")
    bench.write_text(f'schema = 1\n[boards.gpf-a]\nrole = "gpf"\nport = "{port}"\n')
    begun = time.monotonic()
    done = gbcs_hil("rig", "check", bench)
    assert time.monotonic() - begun < plugged._ANSWER_SECONDS / 2
    assert done.exit_code == 1
    assert f"FAILED    board gpf-a ({port}): cannot open" in done.output
    assert "nothing listens there; start the serial server" in done.output


def test_a_check_says_whom_it_waits_for(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig_check, "_WAIT_SECONDS", 0.1)
    with plugged.reserve(entry(bench), "somebody's test"):
        done = gbcs_hil("rig", "check", bench)
    assert done.exit_code == 1
    assert "  waiting for board gpf-a (cpython:), held by somebody's test (pid" in done.output
    assert "FAILED    board gpf-a (cpython:) is held by somebody's test" in done.output


def test_nothing_is_deployed_to_an_emulated_board(bench: Path) -> None:
    done = gbcs_hil("board", "deploy", "--rig", bench)
    assert done.exit_code == 2
    assert "nothing to deploy" in done.stderr


def test_an_example_can_be_saved_and_used(bench: Path) -> None:
    names = [line.split()[0] for line in gbcs_hil("rig", "example").output.splitlines()]
    assert set(names) == {"emulated", "esp32", "labgrid", "mixed", "pico", "pico-emulated"}
    for name in names:
        bench.write_text(gbcs_hil("rig", "example", name).output)
        assert rig.load(bench).boards
    assert gbcs_hil("rig", "example", "nonsense").exit_code == 2


def test_an_unknown_board_is_one_line(bench: Path) -> None:
    done = gbcs_hil("board", "hello", "gpf-b", "--rig", bench)
    assert done.stderr == f"gbcs-hil: {bench} has no board 'gpf-b'; it has gpf-a\n"


# -- What goes wrong -----------------------------------------------------------------------


def entry(bench: Path) -> rig.RigBoard:
    return rig.load(bench).board()


@pytest.mark.parametrize(
    "said", [b"\x00\xff\xfe\x1e\x1e\n", b"\x1e" * 300, b"MicroPython v1.28\r\n>>> "]
)
def test_garbage_on_the_port_is_told_with_its_last_line(
    bench: Path, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugged, "_ANSWER_SECONDS", 0.5)
    with port_that_says(said) as port:
        bench.write_text(f'schema = 1\n[boards.gpf-a]\nrole = "gpf"\nport = "{port}"\n')
        with (
            pytest.raises(LinkError, match=rf"board gpf-a \({port}\): .*no answer to the opening"),
            plugged.plug_in(entry(bench), "tests"),
        ):
            pass
        # Nobody holds the port now.
        ports.open_port(port).close()


def test_a_board_without_firmware_is_told_by_its_prompt(bench: Path) -> None:
    """Long before the time is up in which a board that boots would answer."""
    with port_that_says(b">>> gwUA\r\nNameError: name 'gwUA' isn't defined\r\n") as port:
        bench.write_text(f'schema = 1\n[boards.gpf-a]\nrole = "gpf"\nport = "{port}"\n')
        done = gbcs_hil("board", "hello", "--rig", bench)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"gbcs-hil: board gpf-a ({port}): no answer to the opening")
    assert "MicroPython's prompt is there instead of the firmware" in done.stderr
    assert "gbcs-hil board deploy" in done.stderr


def test_a_board_that_restarts_in_the_middle_of_a_command(bench: Path) -> None:
    """Its command is not repeated: the next one goes to the new boot."""
    with plugged.plug_in(entry(bench), "tests") as used:
        before = used.line.boot_id
        reserved = used.line._link
        assert isinstance(reserved, link.Link)
        # Another host's reset is to this one a restart that it did not ask for.
        with ports_of(used) as other:
            link.Link(other).request("reset", deadline=10)
        with pytest.raises(
            LinkError, match=r"board gpf-a \(cpython:\): .*(restarted|out of step)"
        ):
            used.line.request("stats", deadline=10)
        assert used.board.hello()["reset_cause"] == "reset"
        assert used.line.boot_id != before


@contextmanager
def ports_of(used: plugged.Plugged) -> Iterator[ports.Stream]:
    """The stream that a connection has open: two hosts on one line."""
    assert used.line._link is not None
    yield used.line._link._stream


def test_a_board_that_is_unplugged_in_the_middle_of_a_command(bench: Path) -> None:
    with plugged.plug_in(entry(bench), "tests") as used:
        assert used.supply is not None
        hand = threading.Timer(0.1, used.supply.cut)
        hand.start()

        def talk() -> None:
            while True:
                used.board.stats()

        with pytest.raises(BoardLost, match=r"board gpf-a \(cpython:\): .*went away"):
            talk()
        hand.join()
        used.supply.restore()
        assert used.board.hello()["reset_cause"] == "power-on"


INTERRUPTED = """
import sys
from pathlib import Path
from gbcs_hil.bench import plugged, rig
with plugged.plug_in(rig.load(Path(sys.argv[1])).board(), "a test") as used:
    print("pid", used.supply._target._boot._process.pid, flush=True)
    while True:
        used.board.stats()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_the_harness_nothing_stays_locked_or_running(
    bench: Path, number: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(bench)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline().split()[1])
        process.send_signal(number)
        process.wait(20)
    # The lease is free at once, and so is the flash.
    with plugged.plug_in(entry(bench), "tests", wait=5):
        pass
    end = time.monotonic() + 10
    while not ended(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert ended(pid)


def ended(pid: int) -> bool:
    try:
        # A process that nobody has waited for yet is a zombie, which has ended too.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_ctrl_c_is_one_line(bench: Path) -> None:
    command = [sys.executable, "-c", "from gbcs_hil.cli import main; main()"]
    words = ["board", "log", "--seconds", "60", "--rig", str(bench)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, *words], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        leases = bench.parent / "leases"
        end = threading.Event()
        while not list(leases.glob("*.owner")):
            end.wait(0.02)
        end.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read() == "gbcs-hil: interrupted\n"
    assert process.returncode == 130
    assert not list(leases.glob("*.owner"))
