"""The tables of an S1SP's database: its devices, their virtual anchor slots, what else it knows.

Organisation Certificates of SMETS1 devices stand here and not in the devices (S107-2). Every
device names its S1SP, so that one database can serve all of them, as can one for each.
"""

import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_EUI = LargeBinary(8)
# SQLite keeps such a table in its primary key, which saves a second look-up for each row.
_KEYED = {"sqlite_with_rowid": False}


class Base(DeclarativeBase):
    """The tables of this database."""


class OrganisationCertificate(Base):
    """A certificate that stands in slots, kept once.

    Attributes:
        owner: the subject's EUI-64.
        key_usage: what its key may do, as X.509 numbers it.
        fingerprint: SHA-256 of the certificate.
        octets: the certificate, DER.
    """

    __tablename__ = "organisation_certificate"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    owner: Mapped[bytes] = mapped_column(_EUI, index=True)
    key_usage: Mapped[int]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    octets: Mapped[bytes]


class Smets1Device(Base):
    """A SMETS1 device that is enrolled with the DCC.

    Attributes:
        s1sp: the SMETS1 Service Provider that speaks to it, such as "S1SP1".
        cohort: "IOC", "MOC" or "FOC".
        device_type: "esme", "gpf" or "gsme".
        meter_point: its MPAN or MPRN in the smart metering inventory.
    """

    __tablename__ = "smets1_device"
    __table_args__ = _KEYED
    eui: Mapped[bytes] = mapped_column(_EUI, primary_key=True)
    s1sp: Mapped[str] = mapped_column(String(8))
    cohort: Mapped[str] = mapped_column(String(3))
    device_type: Mapped[str] = mapped_column(String(4))
    meter_point: Mapped[str | None] = mapped_column(String(13))


class VirtualAnchorSlot(Base):
    """What would be a trust anchor cell in a SMETS2+ device.

    Attributes:
        source: how the certificate came here (`enrolment.Source`), or by which request.
    """

    __tablename__ = "virtual_anchor_slot"
    __table_args__ = _KEYED
    device: Mapped[bytes] = mapped_column(ForeignKey("smets1_device.eui"), primary_key=True)
    role: Mapped[int] = mapped_column(primary_key=True)
    key_usage: Mapped[int] = mapped_column(primary_key=True)
    cell_usage: Mapped[int] = mapped_column(primary_key=True, default=0)
    certificate: Mapped[int] = mapped_column(ForeignKey("organisation_certificate.number"))
    source: Mapped[str] = mapped_column(String(40))


class MarketParticipant(Base):
    """Whom registration data can name.

    Attributes:
        eui: its EUI-64; None if it never created SMKI credentials, as some IDNOs.
    """

    __tablename__ = "market_participant"
    mpid: Mapped[str] = mapped_column(String(4), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    eui: Mapped[bytes | None] = mapped_column(_EUI)


class OperatorOfMeterPoint(Base):
    """Registration data: whose network a meter point is on, from the first day to the last."""

    __tablename__ = "registration"
    __table_args__ = _KEYED
    meter_point: Mapped[str] = mapped_column(String(13), primary_key=True)
    start: Mapped[datetime.date] = mapped_column(primary_key=True)
    end: Mapped[datetime.date | None]
    operator: Mapped[str] = mapped_column(ForeignKey("market_participant.mpid"))


class EnrolmentCertificate(Base):
    """What a network operator shared for SMETS1 enrolment (Engineering Recommendation M31)."""

    __tablename__ = "enrolment_certificate"
    mpid: Mapped[str] = mapped_column(ForeignKey("market_participant.mpid"), primary_key=True)
    key_usage: Mapped[int] = mapped_column(primary_key=True)
    certificate: Mapped[int] = mapped_column(ForeignKey("organisation_certificate.number"))


class DataUpdateRun(Base):
    """One run of the data update (S107-28); it is open until `finished` is there.

    Attributes:
        scope: the S1SP that it is for, or "all".
        before: the report when it began, as `mismatch_report.Row`s.
        to_do: the number of devices to update.
        attempts: how many jobs have had a part in it; more than one after a kill.
    """

    __tablename__ = "data_update_run"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    scope: Mapped[str] = mapped_column(String(8))
    started: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    finished: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))
    before: Mapped[list[Any]] = mapped_column(JSON)
    to_do: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=1)


class UpdatedSlot(Base):
    """What a run has done: one row for each slot, written together with the slot."""

    __tablename__ = "updated_slot"
    __table_args__ = _KEYED
    run: Mapped[int] = mapped_column(ForeignKey("data_update_run.number"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    device: Mapped[bytes] = mapped_column(_EUI, primary_key=True)
    key_usage: Mapped[int] = mapped_column(primary_key=True)
    before: Mapped[int]
    after: Mapped[int]
