"""Opening an S1SP's database: a SQLite file, or any URL of SQLite or PostgreSQL."""

from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine

from gbcs_hil.dcc.databases import Database, Schema
from gbcs_hil.dcc.smets1.tables import Base
from gbcs_hil.errors import BadInput, HilError


class Smets1DatabaseError(HilError):
    """An S1SP's database cannot be opened, read or written."""


ANCHOR_SLOTS = Schema(
    name="database of anchor slots",
    tables=Base.metadata,
    folder="anchor_slots",
    newest="0001",
    version_table="anchor_slots_version",
    error=Smets1DatabaseError,
)


def open_database(place: str | Path, existing: bool = False) -> Engine:
    """Open a database, and make its tables or bring them up to date.

    Args:
        place: the path of a SQLite file, or an SQLAlchemy URL.
        existing: whether it has to be there already.

    Raises:
        BadInput: the file is not there.
        Smets1DatabaseError: the database cannot be used.
    """
    url = str(place) if "://" in str(place) else f"sqlite:///{place}"
    if existing and "://" not in str(place) and not Path(place).is_file():
        raise BadInput(f"there is no database {place}: gbcs-hil anchor-slots make makes one")
    return Database(url, ANCHOR_SLOTS, existing).engine


def reported(engine: Engine, doing: str) -> AbstractContextManager[None]:
    """Say in one line which database failed, at what, and how.

    Raises:
        Smets1DatabaseError: SQLAlchemy raised one of its own.
    """
    return ANCHOR_SLOTS.errors(engine, doing)
