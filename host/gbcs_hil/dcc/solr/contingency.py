"""Suppliers that have failed, what the Authority has instructed, and the thresholds for it."""

from dataclasses import dataclass, field
from datetime import datetime

from gbcs_hil.dcc.solr.anomaly_detection import AnomalyDetection


@dataclass(frozen=True)
class SupplierFailure:
    """A Supplier's disorderly exit.

    Attributes:
        supplier: its market participant identifier.
        since: when it failed, UTC.
        provider: its Shared Resource Provider, which alerts go to (M134-8).
        revoked: whether its certificates are revoked; the SMKI PMA may delay that (M134-1).
    """

    supplier: str
    since: datetime
    provider: str
    revoked: bool = False


@dataclass(frozen=True)
class AuthorityInstruction:
    """The token of what the Authority has instructed (M134-7).

    Attributes:
        reference: by which people find it.
        holder: who may act on it, by market participant identifier.
        supplier: for which failed Supplier.
        start, end: from when until before when; None while it lasts.
    """

    reference: str
    holder: str
    supplier: str
    start: datetime
    end: datetime | None = None

    def allows(self, holder: str, supplier: str, when: datetime) -> bool:
        """Return whether somebody may act for a Supplier at a time."""
        lasts = self.start <= when and (self.end is None or when < self.end)
        return lasts and (self.holder, self.supplier) == (holder, supplier)


@dataclass(frozen=True)
class Contingency:
    """What the DCC knows of failures; nothing by default, so that nothing is allowed.

    Attributes:
        failures: the Suppliers that have failed.
        instructions: of the Authority.
        anomalies: anomaly detection with the thresholds that were submitted.
    """

    failures: tuple[SupplierFailure, ...] = ()
    instructions: tuple[AuthorityInstruction, ...] = ()
    anomalies: AnomalyDetection = field(default_factory=AnomalyDetection)

    def failure_of(self, supplier: str) -> SupplierFailure | None:
        """Return a Supplier's failure, or None."""
        return next((f for f in self.failures if f.supplier == supplier), None)

    def instructed(self, holder: str, supplier: str, when: datetime) -> bool:
        """Return whether an instruction lets somebody act for a Supplier at a time."""
        return any(i.allows(holder, supplier, when) for i in self.instructions)
