"""The database under the ledger: one transaction at a time, on SQLite and on PostgreSQL."""

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

    Args:
        url: an SQLAlchemy URL of SQLite or PostgreSQL.
        existing: whether it has to be a ledger already.
        copied: whether to look into a copy of a SQLite file; see `Database`.

    Raises:
        LedgerError: it cannot be opened, or a newer gbcs-hil has made it.
    """

    def __init__(self, url: str, existing: bool = False, copied: bool = False) -> None:
        super().__init__(url, LEDGER, existing, copied)
