"""The DCC's databases: SQLite in a file, or PostgreSQL by URL, with a schema that has versions.

What is read and then written must not be changed by somebody else in between. On SQLite every
transaction takes the file's lock as it begins; on PostgreSQL one of a schema that asks for it
takes an advisory lock. A process that is killed leaves neither the lock nor what it had begun.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Executable,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from gbcs_hil.errors import HilError

_FIRST = "0001"
"""What a database has that was made before there were versions."""

_BUSY_TIMEOUT = 30_000  # Milliseconds.
_DIALECTS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Schema:
    """The tables of one kind of database.

    Attributes:
        name: what people call such a database.
        tables: at their newest version.
        folder: of the revisions that lead there, in `schema`.
        newest: the newest revision.
        version_table: where a database says which revision it has; kinds may share a database.
        error: what is raised when such a database cannot be used.
        advisory_lock: any number by which PostgreSQL's transactions wait for each other; None
            where they lock rows instead.
    """

    name: str
    tables: MetaData
    folder: str
    newest: str
    version_table: str
    error: type[HilError]
    advisory_lock: int | None = None

    @contextmanager
    def errors(self, engine: Engine, doing: str) -> Iterator[None]:
        """Say in one line which database failed, at what, and how.

        Raises:
            HilError: `error`, where SQLAlchemy raised one of its own.
        """
        try:
            yield
        except SQLAlchemyError as error:
            url = engine.url.render_as_string()
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise self.error(f"cannot {doing} the {self.name} {url}: {reason}") from error

    def bring_up_to_date(self, connection: Connection, existing: bool) -> None:
        """Make the tables, or change them to the newest version.

        Raises:
            HilError: `error`, if there is something else in the database, nothing where
                something has to exist, or what a newer gbcs-hil has made.
        """
        there = set(inspect(connection).get_table_names())
        versions = Table(
            self.version_table, MetaData(), Column("version_num", String(32), primary_key=True)
        )
        if not there & self.tables.tables.keys():
            # SQLite's file would be another program's; in PostgreSQL there may be neighbours.
            alone = connection.dialect.name == "sqlite"
            if existing or (there and alone):
                url = connection.engine.url.render_as_string()
                raise self.error(f"{url} holds no {self.name} of gbcs-hil's")
            self.tables.create_all(connection, checkfirst=False)
            versions.create(connection)
            connection.execute(insert(versions).values(version_num=self.newest))
            return
        version = _FIRST
        if self.version_table in there:
            version = connection.scalar(select(versions.c.version_num)) or _FIRST
        if version > self.newest:
            url = connection.engine.url.render_as_string()
            raise self.error(
                f"the {self.name} {url} has schema {version}, made by a newer gbcs-hil; "
                f"this one knows {self.newest}"
            )
        if version < self.newest or self.version_table not in there:
            # Alembic takes long to import, and is seldom needed.
            from gbcs_hil.dcc.schema import revisions

            revisions.upgrade(self, connection, version)


class Database:
    """An open database with the newest schema.

    Args:
        url: an SQLAlchemy URL of SQLite or PostgreSQL.
        schema: what it holds.
        existing: whether it has to hold that already.
        copied: whether to look into a copy in memory of a SQLite file, so that an older one is
            brought up to date there, and evidence stays as it is.

    Attributes:
        engine: for what works on whole tables.

    Raises:
        HilError: the schema's `error`, also from every method, when it cannot be used.
    """

    def __init__(
        self, url: str, schema: Schema, existing: bool = False, copied: bool = False
    ) -> None:
        self._schema = schema
        self._joined = threading.local()
        self.engine = _engine(url, schema, copied)
        try:
            with self.errors("open"), self.engine.begin() as connection:
                schema.bring_up_to_date(connection, existing)
        except schema.error:
            self.close()
            raise

    @contextmanager
    def transaction(self, doing: str) -> Iterator[Session]:
        """Give a session that nobody else's comes in between, and commit it at the end.

        Within another of the same thread it is a part of that one: what belongs together is
        written at once or not at all, and waits for the disk once.

        Args:
            doing: what is attempted, for the message of an error.
        """
        outer: Session | None = getattr(self._joined, "session", None)
        if outer is not None:
            with self.errors(doing):
                yield outer
                outer.flush()
            return
        with self.errors(doing), Session(self.engine, expire_on_commit=False) as session:
            self._joined.session = session
            try:
                yield session
                session.commit()
            finally:
                self._joined.session = None

    @contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Say in one line which database failed, at what, and how."""
        with self._schema.errors(self.engine, doing):
            yield

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()


def add(session: Session, kind: type[DeclarativeBase], *rows: Mapping[str, Any]) -> None:
    """Write new rows of a table, as many as there are, in one statement.

    Args:
        session: of a transaction.
        kind: the table.
        rows: by column; all of them name the same ones.
    """
    if rows:
        session.execute(insert(_table(kind)), list(rows))


def put(session: Session, kind: type[DeclarativeBase], *rows: Mapping[str, Any]) -> None:
    """Write rows of a table, each in place of the one with its primary key, if there is one.

    Args:
        session: of a transaction.
        kind: the table.
        rows: by column; all of them name the same ones. Others stay as they are.
    """
    if rows:
        dialect = session.get_bind().dialect.name
        session.execute(_upsert(dialect, kind, tuple(rows[0])), list(rows))


def _table(kind: type[DeclarativeBase]) -> Table:
    # Rows go by the table and not by its class: nothing is kept of them that could grow old.
    return kind.metadata.tables[kind.__tablename__]


@cache
def _upsert(dialect: str, kind: type[DeclarativeBase], columns: Sequence[str]) -> Executable:
    table = _table(kind)
    key = table.primary_key.columns
    # What speaks PostgreSQL takes long to import, and is seldom needed.
    statement = import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    changed = {name: statement.excluded[name] for name in columns if name not in key}
    upsert: Executable = statement.on_conflict_do_update(index_elements=list(key), set_=changed)
    return upsert


def _engine(url: str, schema: Schema, copied: bool) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        options: dict[str, Any] = {}
        if copied and parsed.get_backend_name() == "sqlite" and parsed.database:
            options = {"creator": partial(_copy, parsed.database), "poolclass": StaticPool}
        engine = create_engine(parsed, **options)
    except (ArgumentError, NoSuchModuleError):
        example = "such as sqlite:///FILE or postgresql://HOST/NAME"
        raise schema.error(f"{url!r} is no database URL, {example}") from None
    except ModuleNotFoundError as error:
        raise schema.error(
            f"the {schema.name} needs {error.name}: pip install 'gbcs-hil[postgresql]'"
        ) from None
    dialect = engine.dialect.name
    if dialect not in _DIALECTS:
        raise schema.error(f"a {schema.name} is in SQLite or PostgreSQL, not in {dialect}")
    if dialect == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _lock_sqlite)
    elif schema.advisory_lock is not None:
        lock = text(f"SELECT pg_advisory_xact_lock({schema.advisory_lock})")
        event.listen(engine, "begin", lambda connection: connection.execute(lock))
    return engine


def _copy(file: str) -> sqlite3.Connection:
    """Return a database in memory with what a SQLite file holds."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(sqlite3.connect(file, timeout=_BUSY_TIMEOUT / 1_000)) as connection:
        connection.backup(copy)
    return copy


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver is not to begin transactions by itself: at the first write is too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("synchronous = FULL", f"busy_timeout = {_BUSY_TIMEOUT}", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lock_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
