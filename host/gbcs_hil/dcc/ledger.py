"""What the DCC must remember: counters it minted, counters it saw, who stands in which cell.

A database, because a counter that is forgotten is a counter that repeats: SQLite in a file
unless the URL says otherwise.
"""

import datetime
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from gbcs_hil.dcc.audit_trail import AuditTrail
from gbcs_hil.dcc.databases import put
from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import MAX_COUNTER, AcbPlacement, HeldCredential, MintedCounter
from gbcs_hil.dcc.received_requests import ReceivedRequests
from gbcs_hil.errors import BadInput, LedgerError
from gbcs_hil.gbcs.credential_responses import CellContent
from gbcs_hil.gbcs.names import CellUsage, KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell


@dataclass(frozen=True)
class Placement:
    """The counter that a later 6.21 must exceed.

    Attributes:
        originator: whose 6.15.1 used it.
        counter: its Originator Counter.
        confirmed: whether the device's response said that it succeeded. Without a response
            nobody knows, and the device may have executed it all the same.
        floor: the floor that it named, or None.
    """

    originator: bytes
    counter: int
    confirmed: bool
    floor: int | None = None


class Ledger:
    """The DCC's memory in a database.

    Args:
        url: an SQLAlchemy URL; `Ledger.file(path)` makes one for a SQLite file.
        existing: whether it has to be a ledger already.
        copied: whether to look into a copy of a SQLite file; see `Database`.

    Attributes:
        database: what it is kept in.
        trail: the Service Audit Trail.
        requests: the RequestIDs that users have used.

    Raises:
        LedgerError: from every method, when the database cannot be used.
    """

    def __init__(self, url: str, existing: bool = False, copied: bool = False) -> None:
        self.database = LedgerDatabase(url, existing, copied)
        self.trail = AuditTrail(self.database)
        self.requests = ReceivedRequests(self.database)

    @classmethod
    def file(cls, path: Path) -> "Ledger":
        """Open the ledger in a SQLite file, made if it is not there."""
        return cls(f"sqlite:///{path}")

    @classmethod
    def existing(cls, place: str) -> "Ledger":
        """Open a ledger to look into it; no file is made or changed.

        Args:
            place: a SQLite file, or an SQLAlchemy URL.

        Raises:
            BadInput: the file is not there.
        """
        if "://" in place:
            return cls(place, existing=True, copied=True)
        if not Path(place).is_file():
            raise BadInput(f"there is no ledger {place}")
        return cls(f"sqlite:///{place}", existing=True, copied=True)

    def together(self) -> AbstractContextManager[object]:
        """Have everything that is written in a `with` block be one transaction.

        It is durable at the block's end, so nothing of it may leave this process before.
        """
        return self.database.transaction("write")

    def mint(self, originator: bytes, device: bytes, above: int = 0) -> int:
        """Return a counter that this originator never used towards this device.

        It is above the last one and above `above`, and durable before it is returned: a crash
        may skip a counter but never repeats one. Counters are kept for each device, so that a
        jump on one (MP128A) is not carried to the others.

        Raises:
            LedgerError: there is none left below 2^64.
        """
        with self.database.transaction("mint a counter in") as session:
            counter = max(_last(session, originator, device), above) + 1
            if counter > MAX_COUNTER:
                raise LedgerError(f"originator {originator.hex()} has used its last counter")
            put(session, MintedCounter, _minted(originator, device, counter))
            return counter

    def set_last_counter(self, originator: bytes, device: bytes, last: int) -> None:
        """State the last counter that was used towards a device before this ledger knew it.

        Raises:
            LedgerError: the ledger already knows a higher one.
        """
        with self.database.transaction("seed") as session:
            used = _last(session, originator, device)
            if used > last:
                raise LedgerError(
                    f"originator {originator.hex()} already used {used}; "
                    f"going back to {last} would repeat counters"
                )
            put(session, MintedCounter, _minted(originator, device, last))

    def record_placement(self, device: bytes, role: int, placement: Placement) -> None:
        """Remember that a counter placed, or may have placed, ACB certificates (MP128A-13).

        What is not confirmed takes the place only of a lower counter.
        """
        with self.database.transaction("write") as session:
            before = _placement(session, device, role)
            if before and not placement.confirmed and before.counter >= placement.counter:
                return
            put(session, AcbPlacement, {"device": device, "role": role, **asdict(placement)})

    def placement(self, device: bytes, role: int) -> Placement | None:
        """Return what `record_placement` remembered last for a device and role."""
        with self.database.transaction("read") as session:
            return _placement(session, device, role)

    def forget_placements(self) -> None:
        """Forget every placement, as a DSP does that keeps none over a restart (H3)."""
        with self.database.transaction("write") as session:
            session.execute(delete(AcbPlacement))

    def forget_placement(self, device: bytes, role: int) -> None:
        """Forget a placement: the cells no longer hold ACB certificates."""
        with self.database.transaction("write") as session:
            session.execute(
                delete(AcbPlacement).where(
                    AcbPlacement.device == device, AcbPlacement.role == role
                )
            )

    def note_cells(self, device: bytes, cells: Iterable[CellContent]) -> None:
        """Note who stands in a device's cells, as the device has just told."""
        now = datetime.datetime.now(datetime.UTC)
        rows = [
            {
                "device": device,
                "role": int(content.cell.role),
                "key_usage": int(content.cell.key_usage),
                "cell_usage": int(content.cell.cell_usage),
                "eui": content.eui,
                "ski": content.ski,
                "seen_at": now,
            }
            for content in cells
        ]
        with self.database.transaction("write") as session:
            put(session, HeldCredential, *rows)

    def cells(self, device: bytes | None = None) -> list[tuple[bytes, CellContent]]:
        """Return who stands in the cells of a device, or of all, as far as they have told."""
        query = select(HeldCredential).order_by(
            HeldCredential.device, HeldCredential.role, HeldCredential.key_usage
        )
        if device is not None:
            query = query.where(HeldCredential.device == device)
        with self.database.transaction("read") as session:
            return [(row.device, _content(row)) for row in session.scalars(query)]

    def close(self) -> None:
        """Let the database go."""
        self.database.close()


_LAST = select(MintedCounter.last).where(
    MintedCounter.originator == bindparam("originator"),
    MintedCounter.device == bindparam("device"),
)
_PLACED = select(
    AcbPlacement.originator, AcbPlacement.counter, AcbPlacement.confirmed, AcbPlacement.floor
).where(AcbPlacement.device == bindparam("device"), AcbPlacement.role == bindparam("role"))


def _last(session: Session, originator: bytes, device: bytes) -> int:
    return session.scalar(_LAST, {"originator": originator, "device": device}) or 0


def _minted(originator: bytes, device: bytes, last: int) -> dict[str, Any]:
    return {"originator": originator, "device": device, "last": last}


def _placement(session: Session, device: bytes, role: int) -> Placement | None:
    found = session.execute(_PLACED, {"device": device, "role": role}).first()
    return None if found is None else Placement(*found)


def _content(row: HeldCredential) -> CellContent:
    cell = TrustAnchorCell(
        RemotePartyRole(row.role), KeyUsage(row.key_usage), CellUsage(row.cell_usage)
    )
    return CellContent(cell, row.eui, row.ski)
