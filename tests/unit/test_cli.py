"""The command line as its users type it: output, one line for every error, exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import REPO
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.security_credentials import read_credentials

COMMAND = read_credentials(
    bytes.fromhex("90B3D51F30000002"),
    bytes.fromhex("00DB1234567890A3"),
    1302,
    [RemotePartyRole.NETWORK_OPERATOR],
).encode()


def gbcs_hil(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = "from gbcs_hil.cli import main; main(prog_name='gbcs-hil')"
    paths = os.pathsep.join(str(REPO / name) for name in ("host", "firmware"))
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        input=stdin,
        capture_output=True,
        timeout=50,
        env={**os.environ, "PYTHONPATH": paths},
        cwd="/",
    )


def refused(*arguments: str, stdin: bytes = b"") -> str:
    done = gbcs_hil(*arguments, stdin=stdin)
    assert done.returncode == 2, done
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_message_is_explained_from_a_file_from_text_and_from_standard_input(
    tmp_path: Path,
) -> None:
    text = tmp_path / "message.hex"
    text.write_text(COMMAND.hex(" ").upper() + "\n")
    octets = tmp_path / "message.bin"
    octets.write_bytes(COMMAND)
    outputs = {
        gbcs_hil("decode", str(text)).stdout,
        gbcs_hil("decode", str(octets)).stdout,
        gbcs_hil("decode", COMMAND.hex()).stdout,
        gbcs_hil("decode", "-", stdin=text.read_bytes()).stdout,
        gbcs_hil("decode", "-", stdin=COMMAND).stdout,
    }
    assert len(outputs) == 1
    shown = outputs.pop().decode()
    assert "CS02a" in shown
    assert "1302" in shown
    assert "networkOperator" in shown


def test_programs_get_json(tmp_path: Path) -> None:
    done = gbcs_hil("decode", "--json", COMMAND.hex())
    assert done.returncode == 0
    tree = json.loads(done.stdout)
    assert bytes.fromhex(tree["octets"]) == COMMAND


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("no-such-file", "no-such-file: there is no such file"),
        ("DD00", "the message: offset"),
        ("DD0", "3 hexadecimal digits make no whole octets"),
        (COMMAND.hex()[:-2], "the message: offset"),
        (COMMAND.hex() + "0000", "after the end of the signature"),
        ("30" + COMMAND.hex(), "starts with DD or DF"),
        ("/", "/: a folder"),
        ("", "nothing to decode"),
    ],
)
def test_what_is_no_message_is_refused_in_one_line(argument: str, says: str) -> None:
    assert says in refused("decode", argument)


def test_standard_input_that_is_no_message_is_refused_in_one_line() -> None:
    assert "standard input" in refused("decode", "-", stdin=b"\xff\xfe\x00")


def test_the_demonstration_refuses_a_target_that_there_is_not(tmp_path: Path) -> None:
    said = refused("demo", "--target", "atari:", "--evidence", str(tmp_path / "run"))
    assert "atari" in said
    assert "cpython" in said


def test_the_demonstration_refuses_a_folder_that_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    said = refused("demo", "--target", "cpython:", "--evidence", str(tmp_path))
    assert "--evidence" in said


def test_a_bad_option_is_a_usage_error() -> None:
    assert gbcs_hil("demo", "--no-such-option").returncode == 2


def test_a_reader_that_goes_away_is_no_failed_expectation() -> None:
    program = "from gbcs_hil.cli import main; main(prog_name='gbcs-hil')"
    command = f'"{sys.executable}" -c "{program}" decode --json {COMMAND.hex()} | :; '
    done = subprocess.run(
        ["bash", "-c", command + 'echo "${PIPESTATUS[0]}"'],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, "PYTHONPATH": str(REPO / "host")},
    )
    assert done.stdout.strip() in ("141", "0"), done
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_cannot_be_written_is_one_line_and_status_2() -> None:
    program = "from gbcs_hil.cli import main; main(prog_name='gbcs-hil')"
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, "decode", COMMAND.hex()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=50,
            env={**os.environ, "PYTHONPATH": str(REPO / "host")},
        )
    assert done.returncode == 2
    assert done.stderr == "gbcs-hil: No space left on device\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_in_order(number: int, status: int, tmp_path: Path) -> None:
    program = "from gbcs_hil.cli import main; main(prog_name='gbcs-hil')"
    with subprocess.Popen(
        [sys.executable, "-c", program, "decode", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPO / "host"), "TMPDIR": str(tmp_path)},
    ) as running:
        assert running.stdin is not None
        # What a reader of its standard input takes says that it is up and waits for more.
        running.stdin.write("DD")
        running.stdin.flush()
        _wait_until_it_reads(running.pid)
        running.send_signal(number)
        _, said = running.communicate(timeout=20)
    assert running.returncode == status
    assert "Traceback" not in said


def _wait_until_it_reads(pid: int) -> None:
    """Wait until a process sleeps in a read, which is when its handlers are in place."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if "pipe" in Path(f"/proc/{pid}/wchan").read_text():
            return
        time.sleep(0.01)
    pytest.skip("this system does not tell what a process waits for")
