"""The ledger never repeats a counter and forgets nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gbcs_hil.dcc.ledger import Ledger, Placement
from gbcs_hil.dcc.ledger_tables import MAX_COUNTER
from gbcs_hil.errors import LedgerError

ACB = bytes.fromhex("90B3D51F30000002")
GPF = bytes.fromhex("00DB1234567890A3")
OTHER = bytes.fromhex("00DB1234567890A4")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_counters_go_on_after_the_ledger_was_closed(path: Path) -> None:
    first = Ledger.file(path)
    assert [first.mint(ACB, GPF), first.mint(ACB, GPF)] == [1, 2]
    first.close()
    again = Ledger.file(path)
    assert again.mint(ACB, GPF) == 3
    again.close()


def test_a_jump_on_one_device_is_not_carried_to_another(path: Path) -> None:
    ledger = Ledger.file(path)
    assert ledger.mint(ACB, GPF, above=1_700_000_000_123) == 1_700_000_000_124
    assert ledger.mint(ACB, GPF) == 1_700_000_000_125
    assert ledger.mint(ACB, OTHER) == 1
    ledger.close()


@settings(max_examples=25, deadline=None)
@given(above=st.lists(st.integers(0, MAX_COUNTER - 100), max_size=6))
def test_counters_only_grow_and_stay_exact_to_64_bits(above: list[int]) -> None:
    ledger = Ledger("sqlite://")
    last = 0
    for floor in [*above, 2**53, 2**63]:
        counter = ledger.mint(ACB, GPF, above=floor)
        assert counter == max(last, floor) + 1
        last = counter
    ledger.close()


def test_the_last_counter_of_all_is_never_passed(path: Path) -> None:
    ledger = Ledger.file(path)
    ledger.set_last_counter(ACB, GPF, MAX_COUNTER - 1)
    assert ledger.mint(ACB, GPF) == MAX_COUNTER
    with pytest.raises(LedgerError, match="last counter"):
        ledger.mint(ACB, GPF)
    ledger.close()


def test_a_start_value_never_takes_the_ledger_back(path: Path) -> None:
    ledger = Ledger.file(path)
    ledger.set_last_counter(ACB, GPF, 1_299)
    with pytest.raises(LedgerError, match="already used 1299"):
        ledger.set_last_counter(ACB, GPF, 1_298)
    assert ledger.mint(ACB, GPF) == 1_300
    ledger.close()


def test_placements_are_remembered_until_they_are_forgotten(path: Path) -> None:
    ledger = Ledger.file(path)
    operator = bytes.fromhex("90B3D51F30020000")
    assert ledger.placement(GPF, 3) is None
    ledger.record_placement(GPF, 3, Placement(operator, 2**63, True))
    ledger.record_placement(GPF, 3, Placement(operator, 5, False))
    ledger.close()
    again = Ledger.file(path)
    assert again.placement(GPF, 3) == Placement(operator, 2**63, True)
    assert again.placement(GPF, 2) is None
    again.forget_placement(GPF, 3)
    assert again.placement(GPF, 3) is None
    again.close()


def test_a_transaction_is_on_the_disk_when_it_ends(path: Path) -> None:
    ledger = Ledger.file(path)
    with ledger.database.transaction("read") as session:
        settings = [
            session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")
        ]
    full = 2
    assert settings == ["wal", full]
    ledger.close()


def test_the_last_one_to_close_a_ledger_leaves_one_file(path: Path) -> None:
    """One that needs no write-ahead log, which could not be made on a medium without writing."""
    ledgers = [Ledger.file(path), Ledger.file(path)]
    assert [ledger.mint(ACB, GPF) for ledger in ledgers] == [1, 2]
    for ledger in ledgers:
        assert len(list(path.parent.iterdir())) > 1
        ledger.close()
    assert list(path.parent.iterdir()) == [path]
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_file_that_is_no_database_is_refused_in_one_line(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(LedgerError, match="cannot open the ledger") as caught:
        Ledger.file(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
