"""The reference vectors against both emulated boards."""

import json
from pathlib import Path

from click.testing import CliRunner

from conftest import MicroPython
from gbcs_hil.rtds.command import rtds as command
from gbcs_hil.rtds.vectors import Kind, read_folder

# The message codes whose vectors have to match: CS02a, CS02b modes 2 to 4 and their alert.
COVERED = {"0008", "0102", "0103", "0104", "00CB"}


def check(folder: Path, target: str) -> None:
    result = CliRunner().invoke(command, [str(folder), "--target", target, "--json"])
    assert result.exit_code == 0, result.output
    vectors = json.loads(result.stdout)["vectors"]
    matching = {item["file"] for item in vectors if item["status"] == "match"}
    wanted = {item["file"] for item in vectors if item["message_code"] in COVERED}
    assert matching >= wanted
    assert {item["message_code"] for item in vectors} >= COVERED - {"0104"}


def test_every_covered_vector_matches_on_cpython(rtds: Path) -> None:
    check(rtds, "cpython:")


def test_every_covered_vector_matches_on_micropython(rtds: Path, micropython: MicroPython) -> None:
    check(rtds, "unix:")


def test_every_command_and_future_dated_alert_has_a_line(rtds: Path) -> None:
    result = CliRunner().invoke(command, [str(rtds), "--json"])
    lines = {item["file"] for item in json.loads(result.stdout)["vectors"]}
    vectors = read_folder(rtds).vectors
    assert {item.name for item in vectors if item.kind is Kind.COMMAND} <= lines


def test_a_spoilt_copy_does_not_match(rtds: Path, tmp_path: Path) -> None:
    copied = 0
    for source in rtds.rglob("*"):
        target = tmp_path / source.relative_to(rtds)
        if source.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(source.read_bytes())
            copied += 1
    assert copied
    for item in read_folder(tmp_path).vectors:
        if item.kind is Kind.RESPONSE:
            octets = bytearray(item.octets)
            # The last octet of the counter, which every response repeats from its command.
            octets[item.octets.index(b"\xdf") + 10] ^= 1
            item.path.write_text(octets.hex())
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert result.exit_code == 1
    assert "Originator Counter: expected" in result.stdout
