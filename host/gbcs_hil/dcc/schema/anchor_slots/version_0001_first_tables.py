"""The tables of the first databases of anchor slots, which had no version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_EUI = sa.LargeBinary(8)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "organisation_certificate",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("owner", _EUI, nullable=False, index=True),
        sa.Column("key_usage", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("octets", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "smets1_device",
        sa.Column("eui", _EUI, primary_key=True),
        sa.Column("s1sp", sa.String(8), nullable=False),
        sa.Column("cohort", sa.String(3), nullable=False),
        sa.Column("device_type", sa.String(4), nullable=False),
        sa.Column("meter_point", sa.String(13)),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "virtual_anchor_slot",
        sa.Column("device", _EUI, sa.ForeignKey("smets1_device.eui"), primary_key=True),
        sa.Column("role", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key_usage", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("cell_usage", sa.Integer, primary_key=True, autoincrement=False),
        _certificate(),
        sa.Column("source", sa.String(40), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "market_participant",
        sa.Column("mpid", sa.String(4), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("eui", _EUI),
    )
    op.create_table(
        "registration",
        sa.Column("meter_point", sa.String(13), primary_key=True),
        sa.Column("start", sa.Date, primary_key=True),
        sa.Column("end", sa.Date),
        sa.Column(
            "operator", sa.String(4), sa.ForeignKey("market_participant.mpid"), nullable=False
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "enrolment_certificate",
        sa.Column(
            "mpid", sa.String(4), sa.ForeignKey("market_participant.mpid"), primary_key=True
        ),
        sa.Column("key_usage", sa.Integer, primary_key=True, autoincrement=False),
        _certificate(),
    )
    op.create_table(
        "data_update_run",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True)),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("to_do", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_table(
        "updated_slot",
        sa.Column("run", sa.Integer, sa.ForeignKey("data_update_run.number"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("device", _EUI, primary_key=True),
        sa.Column("key_usage", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def _certificate() -> sa.Column[int]:
    return sa.Column(
        "certificate",
        sa.Integer,
        sa.ForeignKey("organisation_certificate.number"),
        nullable=False,
    )
