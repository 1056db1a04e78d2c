"""Opening an S1SP's database: a SQLite file, or any URL that SQLAlchemy takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from gbcs_hil.dcc.smets1.tables import Base
from gbcs_hil.errors import BadInput, HilError


class Smets1DatabaseError(HilError):
    """An S1SP's database cannot be opened, read or written."""


def open_database(place: str | Path, existing: bool = False) -> Engine:
    """Open a database and make the tables that it lacks.

    Args:
        place: the path of a SQLite file, or an SQLAlchemy URL.
        existing: whether a SQLite file has to be there already.

    Raises:
        BadInput: the file is not there, or the URL names no database that is known here.
        Smets1DatabaseError: the database cannot be used.
    """
    url = str(place) if "://" in str(place) else f"sqlite:///{place}"
    if existing and "://" not in str(place) and not Path(place).is_file():
        raise BadInput(f"there is no database {place}: gbcs-hil anchor-slots make makes one")
    try:
        engine = create_engine(url)
    except (ArgumentError, ImportError) as error:
        raise BadInput(f"cannot use the database {place}: {error}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    with reported(engine, "open"):
        Base.metadata.create_all(engine)
    return engine


@contextmanager
def reported(engine: Engine, doing: str) -> Iterator[None]:
    """Say in one line which database failed, and how.

    Raises:
        Smets1DatabaseError: SQLAlchemy raised one of its own.
    """
    try:
        yield
    except SQLAlchemyError as error:
        url = engine.url.render_as_string()
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise Smets1DatabaseError(f"cannot {doing} the database {url}: {reason}") from error


def _on_connect(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("synchronous = FULL", "busy_timeout = 10000", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: object) -> None:
    # What a transaction reads nobody may change before it writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
