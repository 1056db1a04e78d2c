"""The database under the ledger: one transaction at a time, on SQLite and on PostgreSQL."""

import sqlite3
from contextlib import closing, suppress

from gbcs_hil.dcc.databases import Database, Schema
from gbcs_hil.dcc.ledger_tables import Base
from gbcs_hil.errors import LedgerError

LEDGER = Schema(
    name="ledger",
    tables=Base.metadata,
    folder="ledger",
    newest="0003",
    version_table="alembic_version",
    error=LedgerError,
    advisory_lock=0x47424853,
)


class LedgerDatabase(Database):
    """A ledger's database.

    While somebody writes it, SQLite's file has a write-ahead log beside it. That is as durable as
    without (`synchronous = FULL`), and waits for the disk once a transaction instead of four
    times. Whoever closes it last leaves the file alone, which then can be looked into where
    nothing can be written.

    Args:
        url: an SQLAlchemy URL of SQLite or PostgreSQL.
        existing: whether it has to be a ledger already.
        copied: whether to look into a copy of a SQLite file; see `Database`.

    Raises:
        LedgerError: it cannot be opened, or a newer gbcs-hil has made it.
    """

    _logs_ahead = False

    def __init__(self, url: str, existing: bool = False, copied: bool = False) -> None:
        super().__init__(url, LEDGER, existing, copied)
        self._logs_ahead = self.engine.dialect.name == "sqlite" and not copied
        if self._logs_ahead:
            self._set("journal_mode = WAL")

    def close(self) -> None:
        """Let the database go."""
        if self._logs_ahead:
            self._set("busy_timeout = 0", "journal_mode = DELETE")
        super().close()

    def _set(self, *pragmas: str) -> None:
        """Set how SQLite works; where others are busy with the file, it stays as it is."""
        with closing(self.engine.raw_connection()) as used, suppress(sqlite3.OperationalError):
            for pragma in pragmas:
                used.cursor().execute(f"PRAGMA {pragma}")
