"""Which RequestIDs users have used: a RequestID names one Service Request and no other.

A critical request is transformed and then comes back signed under the same RequestID, so what
was transformed is kept. DUIS XML is how it is kept.
"""

import datetime

from gbcs_hil.dcc.duis import documents
from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import ReceivedRequest
from gbcs_hil.dcc.requests import RequestId, ServiceRequest


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
            row = _row(request)
            row.transformed = _text(request)
            session.merge(row)

    def transformed(self, request_id: RequestId) -> ServiceRequest | None:
        """Return what was transformed under a RequestID, or None."""
        with self._database.transaction("read") as session:
            row = session.get(ReceivedRequest, str(request_id))
            text = row.transformed if row else None
        return None if text is None else documents.read(text.encode())

    def variant(self, request_id: RequestId) -> str | None:
        """Return the Service Reference Variant of a RequestID that was used, or None."""
        with self._database.transaction("read") as session:
            row = session.get(ReceivedRequest, str(request_id))
            return row.service if row else None

    def why_not(self, request: ServiceRequest) -> str | None:
        """Return why a request's RequestID cannot be its own; None if it can."""
        with self._database.transaction("read") as session:
            row = session.get(ReceivedRequest, str(request.id))
        if row is None:
            return None
        if row.taken_at is not None:
            return f"{request.id} was used at {row.taken_at:%Y-%m-%d %H:%M:%S}"
        if row.service != request.variant or row.transformed != _text(request):
            return f"another request was transformed under {request.id}"
        return None

    def take(self, request: ServiceRequest) -> None:
        """Use a RequestID up; belongs into the transaction in which `why_not` was asked."""
        with self._database.transaction("write") as session:
            row = session.get(ReceivedRequest, str(request.id)) or _row(request)
            row.taken_at = datetime.datetime.now(datetime.UTC)
            session.add(row)


def _row(request: ServiceRequest) -> ReceivedRequest:
    return ReceivedRequest(request_id=str(request.id), service=request.variant)


def _text(request: ServiceRequest) -> str:
    return documents.write(request).decode()
