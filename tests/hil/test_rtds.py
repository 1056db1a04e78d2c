"""The reference vectors, and made ones of every family, against both emulated boards."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from board_rig import PICO
from conftest import MicroPython
from gbcs_hil.rtds.command import rtds as command
from gbcs_hil.rtds.provisioning import SHIPPED
from gbcs_hil.rtds.vectors import Kind, read_folder
from made_families import FAMILIES, write_as_reference_data
from made_vectors import CLOCK, ESME, GPF, GSME, play, write_world

# CS02a, CS02c to e, CS02b modes 2 to 4 and 6 to 8, ECS02, ECS03, GCS02, GCS03, their alerts.
COVERED = {
    *("0008", "000A", "000B", "000C"),
    *("0102", "0103", "0104", "0106", "0107", "0108", "00CB"),
    *("001A", "001B", "006C", "006D", "00CC", "00CD"),
}
SAMPLE = {"0008", "0102", "0103", "00CB", "001A", "006C"}
# A fault that a vector reports is not the device's; what is aside or alone is not its business.
EXPECTED = {"match", "fault", "unsupported", "no-command"}


def check(folder: Path, target: str) -> None:
    result = CliRunner().invoke(command, [str(folder), "--target", target, "--json"])
    assert result.exit_code == 0, result.output
    vectors = json.loads(result.stdout)["vectors"]
    covered = [item for item in vectors if item["message_code"] in COVERED]
    assert {item["status"] for item in covered} <= EXPECTED
    # What stands in the provisioning file as an ESME, GSME or GPF is supported.
    assert not [item for item in covered if item["status"] == "unsupported" and "start" in item]
    assert {item["message_code"] for item in covered if item["status"] == "match"} >= SAMPLE


def test_every_covered_vector_matches_on_cpython(rtds: Path) -> None:
    check(rtds, "cpython:")


@pytest.mark.parametrize("target", ["unix:", *PICO])
def test_every_covered_vector_matches_on_micropython(
    rtds: Path, micropython: MicroPython, target: str
) -> None:
    check(rtds, target)


@pytest.mark.parametrize("target", ["cpython:", "unix:", *PICO])
def test_every_made_family_matches(
    target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """All in one folder, their counters overlapping, with the provisioning of RTDS 4.5.0."""
    if target == "unix:":
        request.getfixturevalue("micropython")
    write_world(tmp_path)
    write_as_reference_data(tmp_path / "vectors")
    shipped = SHIPPED.read_text()
    for theirs, ours in {
        "00DB1234567890A0": ESME.hex(),
        "00DB1234567890A1": GSME.hex(),
        "00DB1234567890A3": GPF.hex(),
        "root-za.pub": "anchor.pub",
        "2015-01-01T00:00:00Z": f"{CLOCK:%Y-%m-%dT%H:%M:%SZ}",
    }.items():
        assert theirs in shipped
        shipped = shipped.replace(theirs, ours)
    (tmp_path / "start.toml").write_text(shipped)
    result = play(tmp_path, "--target", target)
    assert result.exit_code == 0, result.output
    alerts = sum(len(exchange.alerts) for exchange in FAMILIES.values())
    assert f"{len(FAMILIES) + alerts} match, 0 differ, 0 unsupported (" in result.stdout


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
