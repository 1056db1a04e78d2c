"""Anomaly Detection Thresholds: how many requests pass before one is put in quarantine.

Threshold files are the bench's own CSV. TADP's layout is not public; that a file is signed by
an Authorised Responsible Officer, and that a user threshold warns or puts in quarantine, is.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.errors import AuthenticationError, BadInput, GbcsError
from gbcs_hil.gbcs.names import parse_eui

_COLUMNS = ("user", "service", "supplier", "warning", "quarantine", "hours")
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class Office(StrEnum):
    """What a Responsible Officer is (M134-5)."""

    SENIOR = "SRO"
    AUTHORISED = "ARO"


@dataclass(frozen=True)
class Officer:
    """A person who acts for an organisation towards the SMKI and the DCC.

    Attributes:
        name: the person's.
        office: Senior or Authorised Responsible Officer.
        organisation: the organisation's EUI-64.
        public_key: checks what the officer signs.
    """

    name: str
    office: Office
    organisation: bytes
    public_key: ec.EllipticCurvePublicKey

    def nominate(self, name: str, public_key: ec.EllipticCurvePublicKey) -> "Officer":
        """Make somebody an Authorised Responsible Officer of the same organisation.

        Raises:
            BadInput: only a Senior Responsible Officer nominates.
        """
        if self.office is not Office.SENIOR:
            raise BadInput(f"{self.name} is no Senior Responsible Officer and cannot nominate")
        return Officer(name, Office.AUTHORISED, self.organisation, public_key)


@dataclass(frozen=True)
class Threshold:
    """How often a user may send a Service Request to devices of one Supplier.

    Attributes:
        user: EUI-64.
        service: the Service Reference Variant.
        supplier: to whom the devices are registered, by market participant identifier.
        warning: so many requests pass without a warning.
        quarantine: so many pass at all.
        period: in which they are counted.
    """

    user: bytes
    service: str
    supplier: str
    warning: int
    quarantine: int
    period: timedelta


def read_threshold_file(
    octets: bytes, signature: bytes, officer: Officer
) -> tuple[Threshold, ...]:
    """Read a threshold file.

    Args:
        octets: CSV in UTF-8 with the columns user, service, supplier, warning, quarantine,
            hours.
        signature: ECDSA with SHA-256 over it, DER.
        officer: who submits it.

    Raises:
        AuthenticationError: the officer may not, or has not signed it.
        BadInput: it is no threshold file, or is about another organisation's requests.
    """
    if officer.office is not Office.AUTHORISED:
        raise AuthenticationError(f"{officer.name} is no Authorised Responsible Officer")
    try:
        officer.public_key.verify(signature, octets, _ALGORITHM)
    except InvalidSignature:
        raise AuthenticationError(f"{officer.name} has not signed the threshold file") from None
    try:
        rows = list(csv.DictReader(io.StringIO(octets.decode())))
        thresholds = tuple(_threshold(row) for row in rows)
    except (KeyError, TypeError, ValueError, GbcsError) as error:
        raise BadInput(f"not a threshold file ({', '.join(_COLUMNS)}): {error}") from None
    for threshold in thresholds:
        if threshold.user != officer.organisation:
            raise BadInput(f"{officer.name} sets no thresholds for another organisation")
    return thresholds


def _threshold(row: Mapping[str, str]) -> Threshold:
    warning, quarantine, hours = (int(row[name]) for name in _COLUMNS[3:])
    if not 0 <= warning <= quarantine or hours <= 0:
        raise ValueError(f"{warning}, {quarantine} in {hours} h is no threshold")
    named = (parse_eui(row["user"]), row["service"], row["supplier"])
    return Threshold(*named, warning, quarantine, timedelta(hours=hours))


@dataclass(frozen=True)
class AnomalyDetection:
    """The thresholds that were submitted; `anomaly_counts` counts by them.

    Attributes:
        thresholds: how many are too many.
    """

    thresholds: tuple[Threshold, ...] = ()

    def threshold(self, user: bytes, service: str, supplier: str) -> Threshold | None:
        """Return the threshold of a user's requests to devices of a Supplier, or None."""
        wanted = (user, service, supplier)
        return next(
            (t for t in self.thresholds if (t.user, t.service, t.supplier) == wanted), None
        )
