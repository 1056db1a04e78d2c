"""RequestIDs that are used, anomaly detection's counts, and the estate as the DSP knows it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_EUI = sa.LargeBinary(8)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "received_request",
        sa.Column("request_id", sa.String(80), primary_key=True),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("transformed", sa.Text),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "counted_request",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("request_id", sa.String(80), nullable=False),
        *_counted(),
        sa.Column("warned", sa.Boolean, nullable=False),
    )
    op.create_index("ix_counted_request_user_id", "counted_request", ["user_id"])
    op.create_table(
        "quarantined_request",
        sa.Column("reference", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("request_id", sa.String(80), nullable=False, index=True),
        *_counted(),
        sa.Column("breach", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
    )
    op.create_table(
        "inventory_device",
        sa.Column("eui", _EUI, primary_key=True),
        sa.Column("device_type", sa.String(4), nullable=False),
        sa.Column("meter_point", sa.String(13)),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("commissioned", sa.DateTime(timezone=True)),
        sa.Column("s1sp", sa.String(8)),
    )
    op.create_table(
        "registration_period",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("meter_point", sa.String(13), nullable=False),
        sa.Column("start", sa.Date, nullable=False),
        sa.Column("end", sa.Date),
        sa.Column("supplier", sa.String(16), nullable=False),
        sa.Column("operator", sa.String(16), nullable=False),
    )
    op.create_table(
        "dcc_participant",
        sa.Column("mpid", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("eui", _EUI),
        sa.Column("roles", sa.String(80), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("can_exchange", sa.Boolean, nullable=False),
    )


def _counted() -> list[sa.Column[object]]:
    return [
        sa.Column("user_id", _EUI, nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("supplier", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    ]
