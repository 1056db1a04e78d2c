"""The command line as its users type it: output, one line for every error, exit status."""

import json
import os
import subprocess
import sys
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
