"""The ledger on SQLite and PostgreSQL: several processes, a kill, old and new schemas."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from conftest import REPO
from gbcs_hil.dcc.databases import Database, Schema
from gbcs_hil.dcc.ledger import Ledger, Placement
from gbcs_hil.dcc.ledger_database import LEDGER, LedgerDatabase
from gbcs_hil.dcc.schema import revisions
from gbcs_hil.dcc.smets1.database import ANCHOR_SLOTS, open_database
from gbcs_hil.dcc.smets1.estate_sample import make_estate
from gbcs_hil.dcc.smets1.mismatch import report
from gbcs_hil.errors import LedgerError

ACB = bytes.fromhex("90B3D51F30000002")
GPF = bytes.fromhex("00DB1234567890A3")

MINT = f"""
import sys
from gbcs_hil.dcc.ledger import Ledger
ledger = Ledger(sys.argv[1])
for _ in range(int(sys.argv[2])):
    print(ledger.mint({ACB!r}, {GPF!r}), flush=True)
"""


def minting(url: str, counters: int) -> subprocess.Popen[str]:
    """Start a process that mints counters and prints each when it has it."""
    return subprocess.Popen(
        [sys.executable, "-c", MINT, url, str(counters)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPO / "host")},
    )


def printed(process: subprocess.Popen[str]) -> list[int]:
    output, _ = process.communicate(timeout=50)
    return [int(line) for line in output.splitlines()]


@contextmanager
def transaction(url: str) -> Iterator[Connection]:
    """Open a transaction of a test's own, beside the ledger."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_processes_that_start_at_once_never_mint_the_same_counter(ledger_url: str) -> None:
    """They also make the tables at once."""
    running = [minting(ledger_url, 40) for _ in range(3)]
    minted = [printed(process) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert all(counters == sorted(counters) for counters in minted)
    assert sorted(counter for counters in minted for counter in counters) == list(range(1, 121))


def test_a_process_that_is_killed_takes_no_counter_back(ledger_url: str) -> None:
    Ledger(ledger_url).close()
    victim, other = minting(ledger_url, 100_000), minting(ledger_url, 60)
    assert victim.stdout is not None
    seen = [int(victim.stdout.readline()) for _ in range(15)]
    victim.kill()
    seen += printed(victim)
    after = printed(other)
    assert other.returncode == 0
    assert len(set(seen + after)) == len(seen) + len(after)
    ledger = Ledger(ledger_url)
    assert ledger.mint(ACB, GPF) > max(seen + after)
    ledger.close()


def test_everything_is_there_after_the_ledger_was_opened_anew(ledger_url: str) -> None:
    first = Ledger(ledger_url)
    placement = Placement(bytes(8), 2**64 - 1, True, 2**63 - 1)
    first.record_placement(GPF, 3, placement)
    assert first.mint(ACB, GPF, above=2**63) == 2**63 + 1
    first.close()
    again = Ledger(ledger_url)
    assert again.placement(GPF, 3) == placement
    assert again.mint(ACB, GPF) == 2**63 + 2
    again.close()


def test_a_ledger_without_a_version_is_brought_up_to_date(ledger_url: str) -> None:
    with transaction(ledger_url) as connection:
        revisions.upgrade(LEDGER, connection, "base", "0001")
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(
            text("INSERT INTO service_audit_trail VALUES (1, :at, 'a:b:1', '6.21', 'x', 'y')"),
            {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        )
        connection.execute(
            text("INSERT INTO minted_counter VALUES (:acb, :gpf, '00000000000000001299')"),
            {"acb": ACB, "gpf": GPF},
        )
    ledger = Ledger(ledger_url)
    assert ledger.mint(ACB, GPF) == 1300
    assert [(row.event, row.detail, row.kind) for row in ledger.trail.rows()] == [("x", "y", "")]
    assert ledger.trail.rows()[0].at == datetime(2026, 1, 1, tzinfo=UTC)
    ledger.close()


def test_looking_into_an_older_ledger_leaves_its_file_as_it_is(tmp_path: Path) -> None:
    """It may be evidence, whose manifest has its SHA-256."""
    path = tmp_path / "ledger.sqlite"
    with transaction(f"sqlite:///{path}") as connection:
        revisions.upgrade(LEDGER, connection, "base", "0002")
        connection.execute(
            text(
                "INSERT INTO service_audit_trail (at, request_id, service, kind, event, detail) "
                "VALUES ('2026-01-01 00:00:00', 'a:b:1', '6.21', 'outcome', 'I0', 'success')"
            )
        )
    before = path.read_bytes()
    ledger = Ledger.existing(str(path))
    assert [(row.event, row.detail) for row in ledger.trail.rows()] == [("I0", "success")]
    assert ledger.cells() == []
    ledger.close()
    assert path.read_bytes() == before


SCHEMAS = pytest.mark.parametrize("schema", [LEDGER, ANCHOR_SLOTS], ids=lambda s: s.folder)


@SCHEMAS
def test_the_revisions_lead_to_the_tables_that_the_program_makes(
    ledger_url: str, schema: Schema
) -> None:
    with transaction(ledger_url) as connection:
        revisions.upgrade(schema, connection, "base")
        options = {"compare_type": True, "version_table": schema.version_table}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.tables) == []
        assert context.get_current_revision() == schema.newest


@SCHEMAS
def test_the_newest_revision_is_the_one_that_the_program_knows(
    ledger_url: str, schema: Schema
) -> None:
    with transaction(ledger_url) as connection:
        scripts = ScriptDirectory.from_config(revisions.configuration(schema, connection))
        assert scripts.get_heads() == [schema.newest]


@SCHEMAS
def test_a_database_that_holds_something_else_is_refused_and_left_alone(
    tmp_path: Path, schema: Schema
) -> None:
    url = f"sqlite:///{tmp_path}/notes.sqlite"
    with transaction(url) as connection:
        connection.execute(text("CREATE TABLE notes (text)"))
    for existing in (True, False):
        with pytest.raises(schema.error, match=r"holds no .* of gbcs-hil's"):
            Database(url, schema, existing)
    with transaction(url) as connection:
        assert inspect(connection).get_table_names() == ["notes"]


def test_an_empty_database_is_no_ledger_to_look_into(ledger_url: str) -> None:
    with pytest.raises(LedgerError, match="holds no ledger of gbcs-hil's"):
        Ledger(ledger_url, existing=True)


@pytest.mark.requirement("S107-29")
def test_anchor_slots_without_a_version_get_one(ledger_url: str) -> None:
    first = open_database(ledger_url)
    make_estate(first, share=0.0001)
    first.dispose()
    with transaction(ledger_url) as connection:
        connection.execute(text("DROP TABLE anchor_slots_version"))
    again = open_database(ledger_url, existing=True)
    assert sum(row.devices for row in report(again, date(2023, 5, 1))) > 0
    again.dispose()
    with transaction(ledger_url) as connection:
        assert connection.scalar(text("SELECT version_num FROM anchor_slots_version")) == "0001"


def test_a_ledger_of_a_newer_program_is_refused(ledger_url: str) -> None:
    Ledger(ledger_url).close()
    with transaction(ledger_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="9999, made by a newer gbcs-hil"):
        Ledger(ledger_url)


def test_a_change_that_fails_leaves_nothing(ledger_url: str) -> None:
    database = LedgerDatabase(ledger_url)
    with pytest.raises(ZeroDivisionError), database.transaction("write") as session:
        session.execute(text("UPDATE alembic_version SET version_num = '1'"))
        raise ZeroDivisionError
    with database.transaction("read") as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "0003"
    database.close()


def test_a_transaction_within_another_is_a_part_of_it(ledger_url: str) -> None:
    ledger = Ledger(ledger_url)
    with pytest.raises(ZeroDivisionError), ledger.together():
        assert ledger.mint(ACB, GPF) == 1
        assert ledger.mint(ACB, GPF) == 2
        ledger.record_placement(GPF, 3, Placement(ACB, 7, confirmed=True))
        assert ledger.placement(GPF, 3) is not None
        raise ZeroDivisionError
    assert ledger.placement(GPF, 3) is None
    with ledger.together():
        assert ledger.mint(ACB, GPF) == 1
    assert ledger.mint(ACB, GPF) == 2
    ledger.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("no url", "no database URL"),
        ("mssql+nothing://", "no database URL"),
        ("sqlite:////nowhere/at/all/ledger.sqlite", "cannot open the ledger"),
        ("postgresql://nobody@localhost:1/x", "cannot open the ledger"),
    ],
)
def test_a_database_that_cannot_be_had_is_one_line(url: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said) as caught:
        Ledger(url)
    assert "\n" not in str(caught.value)
