"""The Service Audit Trail: every request, check, message and outcome is a row (S107-38)."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy import ColumnElement, select

from gbcs_hil.dcc.databases import add
from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import AuditRow
from gbcs_hil.dcc.requests import RequestId


class Kind(StrEnum):
    """What a row is about."""

    REQUEST = "request"
    CHECK = "check"
    MESSAGE = "message"
    OUTCOME = "outcome"


PASSED = "passed"
"""The detail of a check that let a request pass."""


class Named(Protocol):
    """What rows are about: a Service Request, or a part of its story."""

    @property
    def id(self) -> RequestId:
        """The RequestID."""

    @property
    def variant(self) -> str:
        """The Service Reference Variant."""


@dataclass(frozen=True)
class Entry:
    """What is to be written.

    Attributes:
        kind: what it is about.
        event: such as "received", a check's name, "command", a response code.
        detail: for a person; a message as hexadecimal.
    """

    kind: Kind
    event: str
    detail: str = ""


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; None wants all.

    Attributes:
        device, originator: an EUI-64.
        service: a Service Reference Variant.
        request_id: as DUIS writes it.
        kind: what rows are about.
        event: such as a check's name.
        since: not before this time, with time zone.
        until: before this time, with time zone.
        last: no more than this many, the newest.
    """

    device: bytes | None = None
    originator: bytes | None = None
    service: str | None = None
    request_id: str | None = None
    kind: str | None = None
    event: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    last: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what has to hold for a row."""
        names = ("device", "originator", "service", "request_id", "kind", "event")
        wanted = {name: getattr(self, name) for name in names}
        held = [getattr(AuditRow, n) == value for n, value in wanted.items() if value is not None]
        if self.since is not None:
            held.append(AuditRow.at >= self.since)
        if self.until is not None:
            held.append(AuditRow.at < self.until)
        return held


class AuditTrail:
    """The trail of one ledger."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def record(self, request: Named, entries: Iterable[Entry]) -> None:
        """Append what happened to a request.

        Raises:
            LedgerError: the ledger cannot be written.
        """
        common = {
            "at": datetime.datetime.now(datetime.UTC),
            "request_id": str(request.id),
            "service": request.variant,
            "originator": request.id.originator,
            "device": request.id.target,
        }
        rows = [
            {**common, "kind": entry.kind.value, "event": entry.event, "detail": entry.detail}
            for entry in entries
        ]
        with self._database.transaction("write") as session:
            add(session, AuditRow, *rows)

    def rows(self, wanted: Filter | None = None) -> list[AuditRow]:
        """Return the rows that a filter lets pass, oldest first.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        chosen = wanted or Filter()
        query = select(AuditRow).where(*chosen.conditions()).order_by(AuditRow.number.desc())
        with self._database.transaction("read") as session:
            return list(session.scalars(query.limit(chosen.last)))[::-1]
