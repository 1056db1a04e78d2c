"""Whose certificate is in a network operator slot, and whose should be: the report.

A device is as bad as the worst of its slots.
"""

import datetime
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from gbcs_hil.dcc.smets1.database import reported
from gbcs_hil.dcc.smets1.tables import (
    EnrolmentCertificate,
    MarketParticipant,
    OperatorOfMeterPoint,
    OrganisationCertificate,
    Smets1Device,
    VirtualAnchorSlot,
)
from gbcs_hil.gbcs.names import RemotePartyRole

ALL = "all"


class State(IntEnum):
    """What is to be said of a network operator slot; the higher, the worse."""

    RIGHT = 0  # It holds a certificate of the registered operator.
    WRONG = 1  # It does not, and the registered operator has shared one that could be there.
    NOT_LISTED = 2  # It does not, and the registered operator has shared none.
    NOT_REGISTERED = 3  # Registration data name nobody.


@dataclass(frozen=True)
class Row:
    """One line of the report: numbers of devices.

    Attributes:
        s1sp, cohort, device_type: which devices.
        right, wrong, not_listed, not_registered: how many are in each `State`.
    """

    s1sp: str
    cohort: str
    device_type: str
    right: int = 0
    wrong: int = 0
    not_listed: int = 0
    not_registered: int = 0

    @property
    def devices(self) -> int:
        """How many there are."""
        return self.right + self.wrong + self.not_listed + self.not_registered


def slots_with_state(today: datetime.date, scope: str) -> Select[Any]:
    """Return the query of every network operator slot and its state.

    Columns: device, key_usage, held and should_be (certificates' numbers), state (`State`).

    Args:
        today: for which day registration data are asked.
        scope: an S1SP, or `ALL`.
    """
    registered, later = aliased(OperatorOfMeterPoint), aliased(OperatorOfMeterPoint)
    state = case(
        (registered.operator.is_(None), State.NOT_REGISTERED),
        (OrganisationCertificate.owner == MarketParticipant.eui, State.RIGHT),
        (EnrolmentCertificate.certificate.is_(None), State.NOT_LISTED),
        else_=State.WRONG,
    )
    newer = exists().where(
        later.meter_point == registered.meter_point,
        later.start > registered.start,
        _covers(later, today),
    )
    query = (
        select(
            VirtualAnchorSlot.device,
            VirtualAnchorSlot.key_usage,
            VirtualAnchorSlot.certificate.label("held"),
            EnrolmentCertificate.certificate.label("should_be"),
            state.label("state"),
        )
        .join(Smets1Device, Smets1Device.eui == VirtualAnchorSlot.device)
        .join(OrganisationCertificate)
        .outerjoin(
            registered,
            and_(
                registered.meter_point == Smets1Device.meter_point,
                _covers(registered, today),
                ~newer,
            ),
        )
        .outerjoin(MarketParticipant, MarketParticipant.mpid == registered.operator)
        .outerjoin(
            EnrolmentCertificate,
            and_(
                EnrolmentCertificate.mpid == registered.operator,
                EnrolmentCertificate.key_usage == VirtualAnchorSlot.key_usage,
            ),
        )
        .where(VirtualAnchorSlot.role == RemotePartyRole.NETWORK_OPERATOR)
    )
    return query if scope == ALL else query.where(Smets1Device.s1sp == scope)


def report(engine: Engine, today: datetime.date, scope: str = ALL) -> list[Row]:
    """Count the devices of a database by S1SP, cohort, device type and state (S107-27).

    Raises:
        Smets1DatabaseError: the database cannot be used.
    """
    with reported(engine, "read"), Session(engine) as session:
        return count(session, today, scope)


def count(session: Session, today: datetime.date, scope: str) -> list[Row]:
    """Count as `report` does, within a transaction."""
    slots = slots_with_state(today, scope).subquery()
    worst = (
        select(slots.c.device, func.max(slots.c.state).label("state"))
        .group_by(slots.c.device)
        .subquery()
    )
    counts = [
        func.sum(case((worst.c.state == state, 1), else_=0)).label(state.name.lower())
        for state in State
    ]
    group = (Smets1Device.s1sp, Smets1Device.cohort, Smets1Device.device_type)
    query = (
        select(*group, *counts)
        .join(worst, worst.c.device == Smets1Device.eui)
        .group_by(*group)
        .order_by(*group)
    )
    return [Row(*row) for row in session.execute(query)]


def _covers(registration: type[OperatorOfMeterPoint], today: datetime.date) -> ColumnElement[bool]:
    return and_(
        registration.start <= today, or_(registration.end.is_(None), registration.end >= today)
    )
