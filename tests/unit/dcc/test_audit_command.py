"""`gbcs-hil audit` lists a ledger's trail and filters it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dcc_world import DEVICE, World
from gbcs_hil.cli import main
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.validation import CHECKS
from gbcs_hil.gbcs.names import format_eui
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, SUPPLIER_A

HANDOVER = f"{SUPPLIER_A.eui.hex('-')}:{DEVICE.hex('-')}:1001"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "dcc.sqlite"
    world = World(ledger=Ledger.file(path))
    world.leave()
    world.hand_over()
    world.ledger.close()
    return path


def audit(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["audit", *map(str, arguments)])


def rows(*arguments: object) -> list[dict[str, object]]:
    result = audit(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.requirement("S107-38")
def test_every_row_is_listed_in_order(ledger: Path) -> None:
    everything = rows(ledger)
    assert [row["number"] for row in everything] == list(range(1, len(everything) + 1))
    assert {row["kind"] for row in everything} == {"request", "check", "message", "outcome"}
    assert {row["service"] for row in everything} == {"6.15.1", "6.21"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--service", "6.21", "--kind", "outcome"), [("6.21", "E21")]),
        (("--user", GAS_NETWORK_A.eui.hex(), "--kind", "message"), [("6.15.1", "command")]),
        (("--user", SUPPLIER_A.eui.hex("-"), "--kind", "request"), [("6.21", "send")]),
        (("--device", DEVICE.hex("-"), "--last", 1), [("6.21", "E21")]),
        (("--event", "user-signature", "--service", "6.21"), [("6.21", "user-signature")]),
        (("--since", "2999-01-01"), []),
        (("--device", "00-00-00-00-00-00-00-01"), []),
        (
            (
                "--request",
                f"{SUPPLIER_A.eui.hex('-')}:{DEVICE.hex('-')}:1001",
                "--kind",
                "request",
            ),
            [("6.21", "send")],
        ),
    ],
)
def test_only_what_was_asked_for_is_listed(
    ledger: Path, arguments: tuple[object, ...], expected: list[tuple[str, str]]
) -> None:
    assert [(row["service"], row["event"]) for row in rows(ledger, *arguments)] == expected


def test_the_table_says_the_same(ledger: Path) -> None:
    shown = audit(ledger, "--service", "6.21", "--kind", "check")
    assert shown.exit_code == 0
    assert "registered-operators-certificate" in shown.output
    assert "6.15.1" not in shown.output


def test_checks_that_a_request_passed_share_a_line_unless_they_are_asked_for(ledger: Path) -> None:
    shown = audit(ledger, "--service", "6.21").stdout
    assert f"{len(CHECKS)} checks   passed" in shown
    assert "user-known" not in shown
    asked_for = audit(ledger, "--service", "6.21", "--kind", "check").stdout
    assert all(check.name in asked_for for check in CHECKS)


def test_a_check_that_refused_has_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "dcc.sqlite"
    world = World(ledger=Ledger.file(path), registered=("SUPB", "GTNB"))
    assert world.hand_over().check == "eligible-user"
    world.ledger.close()
    lines = audit(path).stdout.splitlines()
    passed = next(line for line in lines if "10 checks" in line)
    refused = next(line for line in lines if "eligible-user" in line)
    assert passed.split()[0] == "2-11"
    assert refused.split()[0] == "12"
    assert "refused E4" in refused


def test_a_message_is_told_and_not_only_its_octets(ledger: Path) -> None:
    shown = audit(ledger, "--service", "6.21", "--kind", "message").stdout
    assert "CS02b networkOperatorByNetworkOperator, counter 1,700,000,000,124 from" in shown
    assert format_eui(ACB.eui) in shown


def test_a_time_ends_what_is_listed(ledger: Path) -> None:
    assert rows(ledger, "--until", "2999-01-01") == rows(ledger)
    assert rows(ledger, "--until", "2000-01-01") == []


def test_a_url_is_taken_too(ledger: Path) -> None:
    assert rows(f"sqlite:///{ledger}") == rows(ledger)


@pytest.mark.parametrize("name", ["missing.sqlite", "text.sqlite"])
def test_what_is_no_ledger_is_one_line_and_status_2(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.sqlite").write_text("no database " * 100)
    result = audit(tmp_path / name)
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "missing.sqlite").exists()


def test_an_eui_that_is_none_is_status_2(ledger: Path) -> None:
    assert audit(ledger, "--device", "xyz").exit_code == 2


def test_nothing_that_fits_is_said_so_and_is_no_error(ledger: Path) -> None:
    nothing = audit(ledger, "--service", "1.6")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == f"{ledger}: no row of the trail is like that\n"


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    before = path.read_bytes()
    result = audit(path)
    assert result.exit_code == 2
    assert result.stderr == f"gbcs-hil: sqlite:///{path} holds no ledger of gbcs-hil's\n"
    assert path.read_bytes() == before
