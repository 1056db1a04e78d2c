"""Rig files: what is parsed, and what is refused with its file, line and board."""

from pathlib import Path

import pytest

from conftest import REPO
from gbcs_hil.bench import rig
from gbcs_hil.errors import RigError

SHIPPED = sorted((REPO / "hil_rigs").glob("*.toml"))

WHOLE = """\
schema = 1
# The first.
[boards.gpf-a]
role = "gpf"
mcu = "rp2040"
port = "usb:E6616407E3000021"
capabilities = ["power-cut"]
power = { kind = "uhubctl", location = "1-1.4", port = 2, off-s = 3 }

[boards.esme-sim]
role = "esme"
port = "unix:"
"""


def parsed(tmp_path: Path, text: str) -> rig.Rig:
    path = tmp_path / "bench.toml"
    path.write_text(text)
    return rig.load(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(RigError) as refused:
        parsed(tmp_path, text)
    return str(refused.value).removeprefix(f"{tmp_path}/")


def test_a_rig_is_parsed_to_structs(tmp_path: Path) -> None:
    loaded = parsed(tmp_path, WHOLE)
    assert list(loaded.boards) == ["gpf-a", "esme-sim"]
    board = loaded.board("gpf-a")
    assert (board.name, board.role, board.kind, board.emulated) == ("gpf-a", "gpf", "usb", False)
    assert board.power == rig.UhubctlPower(location="1-1.4", port=2, off_s=3.0)
    assert loaded.board("esme-sim").emulated
    with pytest.raises(AttributeError):
        board.port = "unix:"  # type: ignore[misc]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_rigs_that_come_with_the_project_parse(path: Path) -> None:
    assert rig.load(path).boards


def test_every_promised_rig_is_there() -> None:
    names = {path.stem for path in SHIPPED}
    assert names >= {"emulated", "pico", "esp32", "pico-emulated", "labgrid", "mixed"}


REFUSED = {
    "an unknown key": ('role = "gpf"', 'rol = "gpf"', ":4: board gpf-a: unknown key 'rol'"),
    "a missing key": ('port = "unix:"', "", ":10: board esme-sim: missing key 'port'"),
    "a wrong type": ('port = "unix:"', "port = 4", ":12: board esme-sim: expected 'str', got"),
    "no such role": ('role = "esme"', 'role = "emse"', ":11: board esme-sim: unknown value"),
    "no such port": ('port = "unix:"', 'port = "/tty"', ":12: board esme-sim: no port '/tty'"),
    "a port in the file's words": ("usb:E66", "usb:/E66", ":6: board gpf-a: no port"),
    "no such power": (
        "uhubctl",
        "uhubct",
        ":8: board gpf-a: unknown value 'uhubct' at power.kind; there are uhubctl, labgrid",
    ),
    "an unknown key of power": ("off-s", "off", ":8: board gpf-a: unknown key 'off' at power"),
    "no such capability": ('"power-cut"', '"powercut"', ":7: board gpf-a: unknown value"),
    "power-cut without power": ("power =", "#power =", ":7: board gpf-a: power-cut needs"),
    "no schema": ("schema = 1", "", ":1: schema must be 1"),
    "another schema": ("schema = 1", "schema = 2", ":1: schema must be 1"),
    "an unknown table": ("# The first.", "bords = 1", ":2: unknown key 'bords'"),
    "not TOML": ("schema = 1", "schema = ", ": not TOML: Invalid value (at line 1, column 10)"),
    "flash on a real board": ("mcu =", 'flash = "f"\nmcu =', ":5: board gpf-a: only an emulated"),
    "a bad unique id": ("mcu =", 'unique-id = "Z"\nmcu =', ":5: board gpf-a: unique-id is"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    old, new, expected = REFUSED[name]
    text = WHOLE.replace(old, new, 1)
    assert text != WHOLE
    assert refusal(tmp_path, text).startswith(f"bench.toml{expected}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RigError, match="cannot read the rig file: No such file"):
        rig.load(tmp_path / "none.toml")


def test_a_rig_is_found_by_name_or_path(tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text(WHOLE)
    assert rig.find("bench", tmp_path) == tmp_path / "bench.toml"
    assert rig.find(str(tmp_path / "bench.toml")) == tmp_path / "bench.toml"
    with pytest.raises(RigError, match=r"no rig file other; .* there is: bench"):
        rig.find("other", tmp_path)


def test_a_board_is_chosen(tmp_path: Path) -> None:
    loaded = parsed(tmp_path, WHOLE)
    with pytest.raises(RigError, match="no board 'x'; it has gpf-a, esme-sim"):
        loaded.board("x")
    with pytest.raises(RigError, match="has 2 boards: name one of"):
        loaded.board()
    one = parsed(tmp_path, WHOLE.partition("\n\n")[0])
    assert one.board().name == "gpf-a"
