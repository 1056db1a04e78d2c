"""The database under the ledger: SQLite in a file, or PostgreSQL; one transaction at a time.

A counter that is read and then written must not be read by somebody else in between. So a
transaction takes a lock as it begins, on either database, and a process that is killed leaves
the lock and none of what it had begun.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from gbcs_hil.dcc.ledger_tables import Base, SchemaVersion
from gbcs_hil.errors import LedgerError

NEWEST = "0002"
"""The newest revision of `ledger_schema`."""

_UNVERSIONED = "0001"
_LOCK = 0x47424853  # Any number; every ledger of a PostgreSQL database shares it.
_BUSY_TIMEOUT = 30_000  # Milliseconds.


class LedgerDatabase:
    """An open database with the newest schema.

    Args:
        url: an SQLAlchemy URL of SQLite or PostgreSQL.

    Raises:
        LedgerError: it cannot be opened, or a newer gbcs-hil has made it.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        try:
            with self._errors("open"), self._engine.begin() as connection:
                self._bring_up_to_date(connection)
        except LedgerError:
            self.close()
            raise

    @contextmanager
    def transaction(self, doing: str) -> Iterator[Session]:
        """Give a session that is alone with the database, and commit it at the end.

        Args:
            doing: what is attempted, for the message of an error.

        Raises:
            LedgerError: the database does not do it.
        """
        with self._errors(doing), Session(self._engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    @property
    def engine(self) -> Engine:
        """The engine, for what works on whole tables."""
        return self._engine

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            url = self._engine.url.render_as_string()
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise LedgerError(f"cannot {doing} the ledger {url}: {reason}") from error

    def _bring_up_to_date(self, connection: Connection) -> None:
        tables = inspect(connection).get_table_names()
        if not tables:
            Base.metadata.create_all(connection)
            connection.execute(insert(SchemaVersion).values(version_num=NEWEST))
            return
        version = _UNVERSIONED
        if SchemaVersion.__tablename__ in tables:
            version = connection.scalar(select(SchemaVersion.version_num)) or _UNVERSIONED
        if version > NEWEST:
            url = self._engine.url.render_as_string()
            raise LedgerError(
                f"the ledger {url} has schema {version}, made by a newer gbcs-hil; "
                f"this one knows {NEWEST}"
            )
        if version < NEWEST:
            # Alembic takes long to import, and is seldom needed.
            from gbcs_hil.dcc import ledger_schema

            ledger_schema.upgrade(connection, version)


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError):
        raise LedgerError(f"{url!r} is no database URL, such as sqlite:///ledger.sqlite") from None
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"the ledger needs {error.name}: pip install 'gbcs-hil[postgresql]'"
        ) from None
    if engine.dialect.name not in _LOCKS:
        raise LedgerError(f"a ledger is in SQLite or PostgreSQL, not in {engine.dialect.name}")
    event.listen(engine, "begin", _LOCKS[engine.dialect.name])
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver is not to begin transactions by itself: at the first write is too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT}")
    cursor.close()


def _lock_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock_postgresql(connection: Connection) -> None:
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


_LOCKS = {"sqlite": _lock_sqlite, "postgresql": _lock_postgresql}
