"""Which RequestIDs users have used: a RequestID names one Service Request and no other.

A critical request is transformed and then comes back signed under the same RequestID, so what
was transformed is kept. DUIS XML is how it is kept.
"""

import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from gbcs_hil.dcc.databases import put
from gbcs_hil.dcc.duis import documents
from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import ReceivedRequest
from gbcs_hil.dcc.requests import RequestId, ServiceRequest


class _Received(NamedTuple):
    """What `ReceivedRequest` says of one."""

    service: str
    transformed: str | None
    taken_at: datetime.datetime | None

    @property
    def request(self) -> ServiceRequest | None:
        """What was transformed."""
        return None if self.transformed is None else documents.read(self.transformed.encode())


class ReceivedRequests:
    """The requests that one ledger has seen.

    Raises:
        LedgerError: from every method, when the ledger cannot be read or written.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def keep_transformed(self, request: ServiceRequest) -> None:
        """Keep a critical request that was transformed, until it comes back signed."""
        with self._database.transaction("write") as session:
            text = documents.write(request).decode()
            put(session, ReceivedRequest, _row(request, transformed=text))

    def transformed(self, request_id: RequestId) -> ServiceRequest | None:
        """Return what was transformed under a RequestID, or None."""
        with self._database.transaction("read") as session:
            row = _received(session, request_id)
        return None if row is None else row.request

    def variant(self, request_id: RequestId) -> str | None:
        """Return the Service Reference Variant of a RequestID that was used, or None."""
        with self._database.transaction("read") as session:
            row = _received(session, request_id)
        return row.service if row else None

    def why_not(self, request: ServiceRequest) -> str | None:
        """Return why a request's RequestID cannot be its own; None if it can."""
        with self._database.transaction("read") as session:
            row = _received(session, request.id)
        if row is None:
            return None
        if row.taken_at is not None:
            return f"{request.id} was used at {row.taken_at:%Y-%m-%d %H:%M:%S}"
        if row.request != request:
            return f"another request was transformed under {request.id}"
        return None

    def take(self, request: ServiceRequest) -> None:
        """Use a RequestID up; belongs into the transaction in which `why_not` was asked."""
        with self._database.transaction("write") as session:
            now = datetime.datetime.now(datetime.UTC)
            put(session, ReceivedRequest, _row(request, taken_at=now))


_RECEIVED = select(
    ReceivedRequest.service, ReceivedRequest.transformed, ReceivedRequest.taken_at
).where(ReceivedRequest.request_id == bindparam("request_id"))


def _received(session: Session, request_id: RequestId) -> _Received | None:
    found = session.execute(_RECEIVED, {"request_id": str(request_id)}).first()
    return None if found is None else _Received(*found)


def _row(request: ServiceRequest, **columns: Any) -> dict[str, Any]:
    return {"request_id": str(request.id), "service": request.variant, **columns}
