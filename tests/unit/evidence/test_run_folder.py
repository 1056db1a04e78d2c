"""A run folder holds what happened up to the moment it ended, however it ended."""

import hashlib
import json
from pathlib import Path

import pytest

from gbcs_hil.errors import BadInput
from gbcs_hil.evidence.run_folder import RunFolder, firmware_hash

COMMAND = bytes.fromhex("DD00000000000003")


def test_messages_are_kept_as_lines_and_as_files(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with RunFolder(folder, "gbcs-hil demo") as run:
        run.message("SC-2 leave", "DCC", "GPF", "command", COMMAND)
        run.message("SC-2 leave", "Gas Network A/1", "DCC", "response", b"\xdf")
    rows = [json.loads(line) for line in (folder / "frames.jsonl").read_text().splitlines()]
    assert [(row["number"], row["from"], row["to"]) for row in rows] == [
        (1, "DCC", "GPF"),
        (2, "Gas Network A/1", "DCC"),
    ]
    assert bytes.fromhex(rows[0]["octets"]) == COMMAND
    files = sorted(path.name for path in (folder / "messages").iterdir())
    assert files == ["001-command-from-DCC.hex", "002-response-from-Gas-Network-A-1.hex"]
    assert bytes.fromhex((folder / "messages" / files[0]).read_text()) == COMMAND


def test_the_run_is_described_at_every_moment(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with RunFolder(folder, "gbcs-hil demo") as run:
        run.describe(target="unix:", device=b"\x01\xab")
        run.step(
            scenario="SC-2",
            step="leave",
            who="Gas Network A",
            what="6.15.1",
            counter=1,
            expected="I0",
            seen="I0",
            held=True,
        )
        before = json.loads((folder / "run.json").read_text())
        run.finish("held")
    after = json.loads((folder / "run.json").read_text())
    assert before["verdict"] == "unfinished"
    assert after["verdict"] == "held"
    assert after["device"] == "01AB"
    assert after["steps"][0]["scenario"] == "SC-2"


def test_a_run_that_breaks_off_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(RuntimeError), RunFolder(folder, "gbcs-hil demo") as run:
        run.link("gpf-a", "log", "boot")
        raise RuntimeError("the board went away")
    told = json.loads((folder / "run.json").read_text())
    assert (told["verdict"], told["error"]) == ("broken off", "the board went away")
    assert json.loads((folder / "link.jsonl").read_text())["content"] == "boot"


def test_octets_on_the_link_become_hexadecimal(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", "test") as run:
        run.link("gpf-a", "request", {"op": "deliver", "list": [b"\xdf", 1], b"\x01": None})
    row = json.loads((tmp_path / "run" / "link.jsonl").read_text())
    assert row["content"] == {"op": "deliver", "list": ["DF", 1], "01": None}


@pytest.mark.parametrize("name", ["run.json", "somebody's notes.txt"])
def test_a_folder_with_something_in_it_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / name).touch()
    with pytest.raises(BadInput, match="--evidence"):
        RunFolder(folder, "gbcs-hil demo")
    assert (folder / name).read_bytes() == b""


def test_the_firmware_hash_covers_names_and_contents(tmp_path: Path) -> None:
    device = tmp_path / "gbcs_device"
    device.mkdir()
    (tmp_path / "gbcs_link.py").write_bytes(b"link")
    (device / "a.py").write_bytes(b"1")
    first = firmware_hash(tmp_path)
    assert len(first) == len(hashlib.sha256().hexdigest())
    (device / "a.py").write_bytes(b"2")
    second = firmware_hash(tmp_path)
    (device / "a.py").rename(device / "b.py")
    assert len({first, second, firmware_hash(tmp_path)}) == 3
