"""What the DCC must remember: counters it minted, counters it saw, what came of requests.

A database, because a counter that is forgotten is a counter that repeats: SQLite in a file
unless the URL says otherwise. Counters go to 2^64-1, one bit more than a database integer,
so they are kept as twenty decimal digits, which sort as the numbers do.
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import DateTime, Engine, LargeBinary, String, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from gbcs_hil.errors import LedgerError

MAX_COUNTER = 2**64 - 1


class Counter(TypeDecorator[int]):
    """An Originator Counter, 0 to 2^64-1, as twenty digits."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: object) -> str | None:
        """Return the digits of a counter."""
        if value is None:
            return None
        if not 0 <= value <= MAX_COUNTER:
            raise ValueError(f"{value} is no Originator Counter")
        return f"{value:020d}"

    def process_result_value(self, value: str | None, dialect: object) -> int | None:
        """Return the counter of some digits."""
        return None if value is None else int(value)


class Base(DeclarativeBase):
    """The ledger's tables."""


class MintedCounter(Base):
    """The last Originator Counter that a party of the DCC used towards a device."""

    __tablename__ = "minted_counter"
    originator: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    device: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    last: Mapped[int] = mapped_column(Counter)


class AcbPlacement(Base):
    """A 6.15.1 that placed ACB certificates in a role's cells of a device (MP128A-13)."""

    __tablename__ = "acb_placement"
    device: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    role: Mapped[int] = mapped_column(primary_key=True)
    originator: Mapped[bytes] = mapped_column(LargeBinary(8))
    counter: Mapped[int] = mapped_column(Counter)
    confirmed: Mapped[bool]


class AuditRow(Base):
    """One line of the Service Audit Trail: a request and what came of it."""

    __tablename__ = "service_audit_trail"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    request_id: Mapped[str] = mapped_column(String(80))
    service: Mapped[str] = mapped_column(String(16))
    event: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(400))


@dataclass(frozen=True)
class Placement:
    """The counter that a later 6.21 must exceed.

    Attributes:
        originator: whose 6.15.1 used it.
        counter: its Originator Counter.
        confirmed: whether the device's response said that it succeeded. Without a response
            nobody knows, and the device may have executed it all the same.
    """

    originator: bytes
    counter: int
    confirmed: bool


class Ledger:
    """The DCC's memory in a database.

    Args:
        url: an SQLAlchemy URL; `Ledger.file(path)` makes one for a SQLite file.

    Raises:
        LedgerError: from every method, when the database cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            _make_sqlite_serialisable(self._engine)
        with self._errors("open"):
            Base.metadata.create_all(self._engine)

    @classmethod
    def file(cls, path: Path) -> "Ledger":
        """Open the ledger in a SQLite file, made if it is not there."""
        return cls(f"sqlite:///{path}")

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            url = self._engine.url.render_as_string()
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise LedgerError(f"cannot {doing} the ledger {url}: {reason}") from error

    def mint(self, originator: bytes, device: bytes, above: int = 0) -> int:
        """Return a counter that this originator never used towards this device.

        It is above the last one and above `above`, and durable before it is returned: a crash
        may skip a counter but never repeats one. Counters are kept for each device, so that a
        jump on one (MP128A) is not carried to the others.

        Raises:
            LedgerError: there is none left below 2^64.
        """
        with self._errors("mint a counter in"), Session(self._engine) as session:
            row = session.get(MintedCounter, (originator, device), with_for_update=True)
            counter = max(row.last if row else 0, above) + 1
            if counter > MAX_COUNTER:
                raise LedgerError(f"originator {originator.hex()} has used its last counter")
            session.merge(MintedCounter(originator=originator, device=device, last=counter))
            session.commit()
            return counter

    def set_last_counter(self, originator: bytes, device: bytes, last: int) -> None:
        """State the last counter that was used towards a device before this ledger knew it.

        Raises:
            LedgerError: the ledger already knows a higher one.
        """
        with self._errors("seed"), Session(self._engine) as session:
            row = session.get(MintedCounter, (originator, device), with_for_update=True)
            if row and row.last > last:
                raise LedgerError(
                    f"originator {originator.hex()} already used {row.last}; "
                    f"going back to {last} would repeat counters"
                )
            session.merge(MintedCounter(originator=originator, device=device, last=last))
            session.commit()

    def record_placement(
        self, device: bytes, role: int, originator: bytes, counter: int, confirmed: bool
    ) -> None:
        """Remember that this counter placed, or may have placed, ACB certificates (MP128A-13).

        What is not confirmed takes the place only of a lower counter.
        """
        with self._errors("write"), Session(self._engine) as session:
            row = session.get(AcbPlacement, (device, role), with_for_update=True)
            if row and not confirmed and row.counter >= counter:
                return
            session.merge(
                AcbPlacement(
                    device=device,
                    role=role,
                    originator=originator,
                    counter=counter,
                    confirmed=confirmed,
                )
            )
            session.commit()

    def placement(self, device: bytes, role: int) -> Placement | None:
        """Return what `record_placement` remembered last for a device and role."""
        with self._errors("read"), Session(self._engine) as session:
            row = session.get(AcbPlacement, (device, role))
            return Placement(row.originator, row.counter, row.confirmed) if row else None

    def forget_placement(self, device: bytes, role: int) -> None:
        """Forget a placement: the cells no longer hold ACB certificates."""
        with self._errors("write"), Session(self._engine) as session:
            row = session.get(AcbPlacement, (device, role))
            if row:
                session.delete(row)
                session.commit()

    def audit(self, request_id: str, service: str, event: str, detail: str = "") -> None:
        """Append a line to the Service Audit Trail (S107-38)."""
        with self._errors("write"), Session(self._engine) as session:
            session.add(
                AuditRow(
                    at=datetime.datetime.now(datetime.UTC),
                    request_id=request_id,
                    service=service,
                    event=event,
                    detail=detail[:400],
                )
            )
            session.commit()

    def audit_trail(self) -> list[AuditRow]:
        """Return the Service Audit Trail, oldest first."""
        with self._errors("read"), Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(select(AuditRow).order_by(AuditRow.number)))

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()


def _make_sqlite_serialisable(engine: Engine) -> None:
    """Take SQLite's write lock when a transaction begins.

    By default it is taken at the first write, so that two harnesses could both read the last
    counter before either writes the next.
    """

    @event.listens_for(engine, "connect")
    def _on_connect(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA busy_timeout = 10000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
