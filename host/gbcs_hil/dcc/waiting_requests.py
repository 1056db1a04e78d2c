"""Future-dated requests that the DSP keeps until their time, as DUIS XML in the ledger."""

from datetime import datetime

from sqlalchemy import select

from gbcs_hil.dcc.databases import put
from gbcs_hil.dcc.duis import documents
from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import WaitingRequest
from gbcs_hil.dcc.requests import ServiceRequest


class WaitingRequests:
    """The waiting requests of one ledger."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def keep(self, request: ServiceRequest) -> None:
        """Keep a request until its time of execution; the same RequestID takes its place."""
        document = documents.write(request).decode()
        row = {"request_id": str(request.id), "due": request.execution, "document": document}
        with self._database.transaction("write") as session:
            put(session, WaitingRequest, row)

    def take(self, now: datetime) -> list[ServiceRequest]:
        """Return the requests that are due, and keep them no longer."""
        query = select(WaitingRequest).where(WaitingRequest.due <= now)
        with self._database.transaction("read") as session:
            rows = list(session.scalars(query.order_by(WaitingRequest.due)))
            for row in rows:
                session.delete(row)
            return [documents.read(row.document.encode()) for row in rows]
