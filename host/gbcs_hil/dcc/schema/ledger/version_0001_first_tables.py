"""The tables of the first ledgers, which had no version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "minted_counter",
        sa.Column("originator", sa.LargeBinary(8), primary_key=True),
        sa.Column("device", sa.LargeBinary(8), primary_key=True),
        sa.Column("last", sa.String(20), nullable=False),
    )
    op.create_table(
        "acb_placement",
        sa.Column("device", sa.LargeBinary(8), primary_key=True),
        sa.Column("role", sa.Integer, primary_key=True),
        sa.Column("originator", sa.LargeBinary(8), nullable=False),
        sa.Column("counter", sa.String(20), nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "service_audit_trail",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String(80), nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(400), nullable=False),
    )
