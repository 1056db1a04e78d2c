"""What anomaly detection counts and holds in quarantine; in the ledger, so that it lasts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select

from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import CountedRequest, QuarantinedRequest
from gbcs_hil.dcc.solr.anomaly_detection import Threshold
from gbcs_hil.errors import BadInput


class Verdict(StrEnum):
    """What anomaly detection says of one request."""

    PASS = "pass"  # noqa: S105 - no password.
    WARN = "ADUserThresholdWarning"
    QUARANTINE = "ADUserThresholdBreach"


class _State(StrEnum):
    """What became of a request in quarantine."""

    WAITING = "waiting"
    RELEASED = "released"
    DROPPED = "dropped"
    PASSED = "passed"


@dataclass(frozen=True)
class Judgement:
    """What is said of one request.

    Attributes:
        verdict: whether it passes.
        reference: QuarantineEventRef, 20 digits, of one in quarantine.
    """

    verdict: Verdict
    reference: str = ""


class AnomalyCounts:
    """The counts of one ledger.

    Raises:
        LedgerError: from every method, when the ledger cannot be read or written.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def judge(self, threshold: Threshold, request_id: str, when: datetime) -> Judgement:
        """Count one request and say what becomes of it; one in quarantine is not counted."""
        named = {
            "user_id": threshold.user,
            "service": threshold.service,
            "supplier": threshold.supplier,
        }
        counted = select(func.count(CountedRequest.number)).where(
            *(getattr(CountedRequest, name) == value for name, value in named.items()),
            CountedRequest.at > when - threshold.period,
        )
        with self._database.transaction("count a request in") as session:
            before = session.scalar(counted) or 0
            held: QuarantinedRequest | None = session.scalars(_held(request_id)).first()
            released = held is not None and held.state == _State.RELEASED.value
            if before >= threshold.quarantine and not released:
                if held is None:
                    held = QuarantinedRequest(
                        **named,
                        request_id=request_id,
                        at=when,
                        breach=Verdict.QUARANTINE.value,
                        state=_State.WAITING.value,
                    )
                    session.add(held)
                    session.flush()
                return Judgement(Verdict.QUARANTINE, f"{held.reference:020d}")
            if held is not None:
                held.state = _State.PASSED.value
            warned = before >= threshold.warning
            session.add(CountedRequest(**named, request_id=request_id, at=when, warned=warned))
            return Judgement(Verdict.WARN if warned else Verdict.PASS)

    def quarantine(self) -> dict[str, str]:
        """Return the references of what waits for a decision, by RequestID."""
        query = select(QuarantinedRequest).where(QuarantinedRequest.state == _State.WAITING.value)
        with self._database.transaction("read") as session:
            return {row.request_id: f"{row.reference:020d}" for row in session.scalars(query)}

    def warnings(self) -> tuple[str, ...]:
        """Return the RequestIDs that a user was warned of, oldest first."""
        query = select(CountedRequest.request_id).where(CountedRequest.warned)
        with self._database.transaction("read") as session:
            return tuple(session.scalars(query.order_by(CountedRequest.number)))

    def act(self, reference: str, release: bool) -> str:
        """Decide on a request in quarantine as a quarantine action file does.

        Args:
            reference: QuarantineEventRef.
            release: let it pass when it comes again, or drop it.

        Returns:
            Its RequestID.

        Raises:
            BadInput: nothing with this reference waits in quarantine.
        """
        with self._database.transaction("write") as session:
            number = int(reference) if reference.isdecimal() else 0
            row = session.get(QuarantinedRequest, number)
            if row is None or row.state != _State.WAITING.value:
                raise BadInput(f"nothing with the reference {reference} is in quarantine")
            row.state = (_State.RELEASED if release else _State.DROPPED).value
            return row.request_id


def _held(request_id: str) -> Select[Any]:
    """Return the query of what holds a request back, or has let it go."""
    states = (_State.WAITING.value, _State.RELEASED.value)
    return select(QuarantinedRequest).where(
        QuarantinedRequest.request_id == request_id, QuarantinedRequest.state.in_(states)
    )
