"""The tables of the ledger, at the schema's newest version.

Counters go to 2^64-1, one bit more than a database integer, so they are kept as twenty decimal
digits, which sort as the numbers do. A change here needs a revision in
`schema/ledger`.
"""

import datetime

from sqlalchemy import DateTime, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

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


class UtcTime(TypeDecorator[datetime.datetime]):
    """A time in UTC; SQLite forgets the time zone, so it is given back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime.datetime | None, dialect: object
    ) -> datetime.datetime | None:
        """Return the time in UTC."""
        return None if value is None else value.astimezone(datetime.UTC)

    def process_result_value(
        self, value: datetime.datetime | None, dialect: object
    ) -> datetime.datetime | None:
        """Return the time with its time zone."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=datetime.UTC)


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
    floor: Mapped[int | None] = mapped_column(Counter)


class HeldCredential(Base):
    """Who stands in a trust anchor cell, as the device last told it."""

    __tablename__ = "held_credential"
    device: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    role: Mapped[int] = mapped_column(primary_key=True)
    key_usage: Mapped[int] = mapped_column(primary_key=True)
    cell_usage: Mapped[int] = mapped_column(primary_key=True)
    eui: Mapped[bytes] = mapped_column(LargeBinary(8))
    ski: Mapped[bytes] = mapped_column(LargeBinary(8))
    seen_at: Mapped[datetime.datetime] = mapped_column(UtcTime)


class WaitingRequest(Base):
    """A future-dated request that the DSP keeps until its time, as DUIS XML."""

    __tablename__ = "waiting_request"
    request_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    due: Mapped[datetime.datetime] = mapped_column(UtcTime)
    document: Mapped[str] = mapped_column(Text)


class ReceivedRequest(Base):
    """A RequestID that a user has used.

    Attributes:
        transformed: the critical request that was transformed under it, as DUIS XML.
        taken_at: when a request with it was taken to be carried out; None so far.
    """

    __tablename__ = "received_request"
    request_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    service: Mapped[str] = mapped_column(String(16))
    transformed: Mapped[str | None] = mapped_column(Text)
    taken_at: Mapped[datetime.datetime | None] = mapped_column(UtcTime)


class CountedRequest(Base):
    """A request that anomaly detection let pass."""

    __tablename__ = "counted_request"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    request_id: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[bytes] = mapped_column(LargeBinary(8), index=True)
    service: Mapped[str] = mapped_column(String(16))
    supplier: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime.datetime] = mapped_column(UtcTime)
    warned: Mapped[bool]


class QuarantinedRequest(Base):
    """A request that anomaly detection put in quarantine, and what was decided on it."""

    __tablename__ = "quarantined_request"
    reference: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    request_id: Mapped[str] = mapped_column(String(80), index=True)
    user_id: Mapped[bytes] = mapped_column(LargeBinary(8))
    service: Mapped[str] = mapped_column(String(16))
    supplier: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime.datetime] = mapped_column(UtcTime)
    breach: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))


class InventoryDevice(Base):
    """A device of the smart metering inventory, without its keys."""

    __tablename__ = "inventory_device"
    eui: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    device_type: Mapped[str] = mapped_column(String(4))
    meter_point: Mapped[str | None] = mapped_column(String(13))
    status: Mapped[str] = mapped_column(String(40))
    commissioned: Mapped[datetime.datetime | None] = mapped_column(UtcTime)
    s1sp: Mapped[str | None] = mapped_column(String(8))


class RegistrationPeriod(Base):
    """A period of the DSP's copy of registration data."""

    __tablename__ = "registration_period"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    meter_point: Mapped[str] = mapped_column(String(13))
    start: Mapped[datetime.date]
    end: Mapped[datetime.date | None]
    supplier: Mapped[str] = mapped_column(String(16))
    operator: Mapped[str] = mapped_column(String(16))


class DccParticipant(Base):
    """Somebody that registration data or requests can name; roles are parted by blanks."""

    __tablename__ = "dcc_participant"
    mpid: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    eui: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    roles: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(16))
    can_exchange: Mapped[bool]


class SmkiRow(Base):
    """What a party asked of the SMKI registration side, and whether it was granted."""

    __tablename__ = "smki_request"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime.datetime] = mapped_column(UtcTime)
    mpid: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    granted: Mapped[bool]
    detail: Mapped[str] = mapped_column(Text)


class AuditRow(Base):
    """One line of the Service Audit Trail (S107-38)."""

    __tablename__ = "service_audit_trail"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime.datetime] = mapped_column(UtcTime)
    request_id: Mapped[str] = mapped_column(String(80), index=True)
    service: Mapped[str] = mapped_column(String(16))
    originator: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    device: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    kind: Mapped[str] = mapped_column(String(16), server_default="")
    event: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text)
