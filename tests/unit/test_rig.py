"""Rig files: what is parsed, and what is refused with its file, line and board."""

import time
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
    path.write_text(text, encoding="utf-8")
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


def test_a_mark_that_an_editor_put_before_the_text_is_none_of_it(tmp_path: Path) -> None:
    assert parsed(tmp_path, f"\ufeff{WHOLE}").board("gpf-a").role == "gpf"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_rigs_that_come_with_the_project_parse(path: Path) -> None:
    assert rig.load(path).boards


def test_every_promised_rig_is_there() -> None:
    names = {path.stem for path in SHIPPED}
    assert names >= {"emulated", "pico", "esp32", "pico-emulated", "labgrid", "mixed"}


REFUSED = {
    "an unknown key": ('role = "gpf"', 'rol = "gpf"', ":4: board gpf-a: unknown key 'rol'"),
    "a missing key": ('port = "unix:"', "", ":10: board esme-sim: missing key 'port'"),
    "a wrong type": ('port = "unix:"', "port = 4", ":12: board esme-sim: expected a string, got"),
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
    "not TOML": ("schema = 1", "schema = ", ":1: not TOML: invalid value"),
    "flash on a real board": ("mcu =", 'flash = "f"\nmcu =', ":5: board gpf-a: only an emulated"),
    "a value that is none": ('role = "esme"', "role = esme", ":11: board esme-sim: not TOML: inv"),
    "a key twice": ("mcu =", 'role = "gpf"\nmcu =', ":5: board gpf-a: not TOML: cannot overwrite"),
    "a header that does not end": (
        "[boards.esme-sim]",
        "[boards.esme-sim",
        ":10: board esme-sim:",
    ),
    "a board that is no table": (
        "[boards.gpf-a]",
        "[boards]\ngpf-b = 1\n[boards.gpf-a]",
        ":4: board gpf-b: expected a table, got",
    ),
    "a port of a hub from 0": (
        "port = 2",
        "port = 0",
        ":8: board gpf-a: expected a whole number of at",
    ),
    "a power that is off for ever": (
        "off-s = 3",
        "off-s = inf",
        ":8: board gpf-a: expected a number of",
    ),
    "a program without words": (
        'kind = "uhubctl", location = "1-1.4", port = 2',
        'kind = "command", off = [], on = ["x"]',
        ":8: board gpf-a: expected an array of at least 1 at power.off",
    ),
    "a power of its own for an emulated board": (
        'port = "unix:"',
        'port = "unix:"\npower = { kind = "manual" }',
        ":13: board esme-sim: an emulated board has emulated power",
    ),
    "no baud rate": (
        "mcu =",
        "baud-rate = 0\nmcu =",
        ":5: board gpf-a: expected a whole number of at",
    ),
    "a baud rate that no line has": (
        "mcu =",
        "baud-rate = 2147483648\nmcu =",
        ":5: board gpf-a: expected a whole number of at most",
    ),
    "another chip": (
        'port = "unix:"',
        'port = "unix:"\nmcu = "rp2040"',
        ":13: board esme-sim: unix: is",
    ),
    "a TCP port that is none": (
        "unix:",
        "socket://host:70000",
        ":12: board esme-sim: no TCP port 70000",
    ),
    "a flash without a name": (
        'port = "unix:"',
        'port = "unix:"\nflash = ""',
        ":13: board esme-sim: ''",
    ),
    "a port twice": (
        "unix:",
        "usb:e6616407e3000021",
        ":12: board esme-sim: the port usb:e6616407e30000",
    ),
    "a bad unique id": ("mcu =", 'unique-id = "Z"\nmcu =', ":5: board gpf-a: unique-id is"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    old, new, expected = REFUSED[name]
    text = WHOLE.replace(old, new, 1)
    assert text != WHOLE
    assert refusal(tmp_path, text).startswith(f"bench.toml{expected}")


HUB = 'power = { kind = "uhubctl", location = "1", port = 2'
CLASHES = {
    "a place": ('port = "labgrid:x"', 'port = "labgrid:x"', ":6: board b: the port labgrid:x is"),
    "a server": (
        'port = "socket://Host:1"',
        'port = "rfc2217://host:1?x"',
        ":6: board b: the port",
    ),
    "a path": ('port = "/dev/ttyA"', 'port = "/dev/./ttyA"', ":6: board b: the port /dev/./ttyA"),
    "a unique id": (
        'port = "/dev/1"\nunique-id = "AB"',
        'port = "/dev/2"\nunique-id = "ab"',
        ":8: board b: the unique id AB is board a's too",
    ),
    "a flash": (
        'port = "cpython:"\nflash = "f"',
        'port = "unix:"\nflash = "./f"',
        ":8: board b: the flash ./f is board a's too",
    ),
    "a hub's port": (
        f'port = "usb:A"\n{HUB} }}',
        f'port = "usb:B"\n{HUB}, off-s = 9 }}',
        ":8: board b: port 2 of hub 1 is board a's too",
    ),
    "a place's power": (
        'port = "labgrid:p"\npower = { kind = "labgrid" }',
        'port = "usb:B"\npower = { kind = "labgrid", place = "p" }',
        ":8: board b: the power of place p is board a's too",
    ),
    "a relay": (
        'port = "usb:A"\npower = { kind = "command", off = ["x", "1"], on = ["y"] }',
        'port = "usb:B"\npower = { kind = "command", off = ["x", "1"], on = ["z"] }',
        ":8: board b: the command x with these arguments is board a's too",
    ),
}


@pytest.mark.parametrize("name", CLASHES)
def test_two_boards_that_are_one_are_refused(name: str, tmp_path: Path) -> None:
    one, other, expected = CLASHES[name]
    text = f'schema = 1\n[boards.a]\nrole = "gpf"\n{one}\n[boards.b]\n{other}\nrole = "esme"\n'
    assert refusal(tmp_path, text).startswith(f"bench.toml{expected}")


def test_the_line_is_right_however_the_file_is_written(tmp_path: Path) -> None:
    """Dotted keys, inline tables, values over many lines, comments like keys."""
    ways = {
        '[boards]\na.role = "gpf"\na.port = "unix:"\nb.role = "gpf"\nb.port = "x"': 6,
        '# rol = 1\n[boards.a] # rol\nport = "unix:"\nrole = """\\\n gpf"""\nrol = 1': 7,
        '[boards.a]\nrole = "gpf"\nport = "unix:"\ncapabilities = [\n"lfs",\n"x",\n]': 5,
        '[boards.a]\nrole = "gpf"\nport = "usb:1"\n[boards.a.power]\nkind = "manual"\nx = 1': 7,
        'boards.a = { role = "gpf", rol = 1 }\n': 2,
        '[boards.a-b]\nrole = "gpf"\nport = "unix:"\n[boards.a]\nrol = 1': 6,
    }
    for text, line in ways.items():
        assert refusal(tmp_path, f"schema = 1\n{text}\n").startswith(f"bench.toml:{line}: "), text


def test_the_last_line_of_a_large_rig_is_found_within_a_second(tmp_path: Path) -> None:
    board = '[boards.b{}]\nrole = "gpf"\nport = "unix:"\n'
    text = "schema = 1\n" + "".join(board.format(number) for number in range(300)) + "x = 1\n"
    begun = time.process_time()
    assert refusal(tmp_path, text).startswith("bench.toml:902: board b299: unknown key 'x'")
    assert time.process_time() - begun < 1


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
