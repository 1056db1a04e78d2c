"""The estate as the DSP last knew it, in the ledger: so reports need the ledger alone."""

from sqlalchemy import delete, select

from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.ledger_tables import DccParticipant, InventoryDevice, RegistrationPeriod
from gbcs_hil.dcc.participants import Participant, UserRole, UserStatus
from gbcs_hil.dcc.registration_data import Registration, RegistrationData


def keep_estate(database: LedgerDatabase, estate: Estate) -> None:
    """Keep the inventory, registration data and participants, instead of what was kept before.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    with database.transaction("write") as session:
        for table in (InventoryDevice, RegistrationPeriod, DccParticipant):
            session.execute(delete(table))
        session.add_all(
            InventoryDevice(
                eui=device.eui,
                device_type=device.device_type,
                meter_point=device.meter_point,
                status=device.status,
                commissioned=device.commissioned,
                s1sp=device.s1sp,
            )
            for device in estate.devices.values()
        )
        session.add_all(
            RegistrationPeriod(
                meter_point=period.point,
                start=period.start,
                end=period.end,
                supplier=period.supplier,
                operator=period.operator,
            )
            for period in estate.registration.entries()
        )
        session.add_all(
            DccParticipant(
                mpid=party.mpid,
                name=party.name,
                eui=party.eui,
                roles=" ".join(sorted(party.roles)),
                status=party.status.value,
                can_exchange=party.can_exchange,
            )
            for party in estate.participants
        )


def kept_estate(database: LedgerDatabase) -> Estate:
    """Return what was kept: enough to report on, without keys and without MP134B's failures.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with database.transaction("read") as session:
        devices = [
            SmartMeter(
                row.eui,
                row.device_type,
                meter_point=row.meter_point,
                status=row.status,
                commissioned=row.commissioned,
                s1sp=row.s1sp,
            )
            for row in session.scalars(select(InventoryDevice).order_by(InventoryDevice.eui))
        ]
        registration = RegistrationData(
            Registration(row.meter_point, row.start, row.supplier, row.operator, row.end)
            for row in session.scalars(select(RegistrationPeriod))
        )
        participants = tuple(
            Participant(
                row.mpid,
                row.name,
                row.eui,
                frozenset(UserRole(role) for role in row.roles.split()),
                UserStatus(row.status),
                row.can_exchange,
            )
            for row in session.scalars(select(DccParticipant).order_by(DccParticipant.mpid))
        )
    return Estate({device.eui: device for device in devices}, registration, participants)
