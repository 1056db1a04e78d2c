"""What the pages say of the code is so: tables that are made of it, and tables that are not."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import gbcs_link
from conftest import REPO
from documented_tables import operations, pages, refusals, renewed
from gbcs_hil.bench import rig
from gbcs_hil.evidence.run_folder import RunFolder

DOCS = REPO / "docs"


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of the table that has a heading, by their first cell."""
    text = (DOCS / page).read_text()
    table = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text, re.M)
    assert table, f"{page} has no table {heading}"
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table[1].splitlines()
    ]
    return {row[0]: row[1:] for row in cells}


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_a_table_is_what_the_code_says(path: Path) -> None:
    text = path.read_text()
    assert text == renewed(text), "run: python tests/documented_tables.py"


def test_the_wire_protocols_numbers_are_the_links() -> None:
    frames = rows("wire-protocol.md", "Frame")
    assert {name: int(row[0]) for name, row in frames.items()} == {
        name: getattr(gbcs_link, name)
        for name in ("OPEN", "OPENED", "REQUEST", "ACK", "WANT", "REPLY", "REFUSED")
    }
    for name, (number, _, array, _) in frames.items():
        assert array.startswith(f"`[{number}, ")
        told = " ".join((gbcs_link.__doc__ or "").split())
        # The link's own text has the shapes; the page has them with numbers for names.
        fields = array.strip("`[]").split(", ")[1:]
        assert re.search(rf"{name}\s+\[\d, {', '.join(map(re.escape, fields))}\]", told), name
    text = (DOCS / "wire-protocol.md").read_text()
    assert f"OUT_OF_STEP ({gbcs_link.OUT_OF_STEP}) or TOO_LONG ({gbcs_link.TOO_LONG})" in text
    for name, (value,) in rows("wire-protocol.md", "Limit").items():
        assert int(value.split()[0]) == getattr(gbcs_link, name)


def test_every_operation_and_refusal_of_the_bench_port_is_on_the_page() -> None:
    assert [name.strip("`") for name in rows("wire-protocol.md", "Operation")] == list(
        dict.fromkeys(rows_in_order(operations(), "Operation"))
    )
    assert {name.strip("`") for name in rows("wire-protocol.md", "Error")} == refusals()


def rows_in_order(names: list[str], heading: str) -> list[str]:
    """Return names in the order of the page's table; those that it lacks come last."""
    order = [name.strip("`") for name in rows("wire-protocol.md", heading)]
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def test_every_key_and_port_of_a_rig_file_is_on_the_page() -> None:
    keys = {name.strip("`") for name in rows("rig-files.md", "Key")}
    fields = msgspec.structs.fields(rig.RigBoard)
    assert keys == {f.encode_name for f in fields} - {"name", "source"}
    ports = {rig.kind_of(port.strip("`")) for port in rows("rig-files.md", "Port")}
    assert ports == set(rig.PORT_FORMS)
    told = rows("rig-files.md", "Key")["`capabilities`"][0]
    assert set(get_args(rig.Capability)) <= set(re.findall(r"`([^`]+)`", told))
    kinds = {re.findall(r'kind = "(\w+)"', row)[0] for row in rows("rig-files.md", "Power")}
    assert kinds == {struct.__struct_config__.tag for struct in get_args(rig.PowerEntry)}


def test_every_file_of_an_evidence_folder_is_on_the_page(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", "test"):
        pass
    told = {name.strip("`").split("/")[0] for name in rows("evidence.md", "File")}
    assert {path.name for path in (tmp_path / "run").iterdir()} <= told
