"""The tree on a terminal: one line to a part, cut to its width, and whole anywhere else."""

import io

import pytest
from rich.console import Console

from gbcs_hil.gbcs.explain import Node, explain
from gbcs_hil.gbcs.message import pre_command
from gbcs_hil.gbcs.tree import show

ESME = bytes.fromhex("00DB1234567890A0")
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


def test_a_terminal_gets_one_line_to_a_part(node: Node) -> None:
    whole, cut = drawn(node, terminal=False), drawn(node, terminal=True)
    assert len(cut) == len(whole)
    assert max(len(line) for line in cut) <= 60 + len("\x1b[0m") * 8
    assert any("…" in line for line in cut)
