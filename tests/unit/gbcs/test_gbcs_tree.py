"""The tree: one line to a part, folded to a terminal's width, with nothing in it to obey."""

import io
import re

import pytest
from rich.console import Console

from gbcs_hil.gbcs.explain import Node, explain
from gbcs_hil.gbcs.message import pre_command
from gbcs_hil.gbcs.tree import show

ESME = bytes.fromhex("00DB1234567890A0")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
SUPPLIER = bytes.fromhex("90B3D51F30010000")


@pytest.fixture
def node() -> Node:
    message = pre_command(0x0042, SUPPLIER, ESME, 1, bytes(range(40)))
    return explain(message.encode(), {SUPPLIER: "Big [bold]Supplier"})


def drawn(node: Node, *, terminal: bool) -> list[str]:
    file = io.StringIO()
    show(Console(file=file, width=60, force_terminal=terminal, color_system=None), node)
    return file.getvalue().splitlines()


def test_names_values_and_octets_stand_in_columns(node: Node) -> None:
    lines = drawn(node, terminal=False)
    assert "│   ├── Originator Counter      1  @3 0000000000000001" in lines
    assert "└── Payload          not known, shown raw  @34 0001020304050607… 40 octets" in lines


def test_a_directory_is_not_taken_for_markup(node: Node) -> None:
    lines = drawn(node, terminal=False)
    assert any(line.endswith("Big [bold]Supplier  @12 90B3D51F30010000") for line in lines)


def test_a_terminal_gets_everything_within_its_width(node: Node) -> None:
    def words(lines: list[str]) -> list[str]:
        return "".join(lines).translate({ord(c): " " for c in "│├└─"}).split()

    whole = drawn(node, terminal=False)
    folded = [ESCAPE.sub("", line) for line in drawn(node, terminal=True)]
    assert max(map(len, whole)) > 60 >= max(map(len, folded))
    assert "".join(words(folded)) == "".join(words(whole))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b]0;gone\x07", r"\x1b]0;gone\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb", r"a\r\nb"),
        ("\u202eabc", r"\u202eabc"),
        ("Ynni Môn Ωμέγα 電力", "Ynni Môn Ωμέγα 電力"),
    ],
)
def test_a_terminal_gets_nothing_to_obey(name: str, shown: str) -> None:
    message = pre_command(0x0042, SUPPLIER, ESME, 1, b"")
    lines = drawn(explain(message.encode(), {SUPPLIER: name}), terminal=False)
    assert any(f" {shown}  @12" in line for line in lines)
    assert all(line.isprintable() for line in lines)
