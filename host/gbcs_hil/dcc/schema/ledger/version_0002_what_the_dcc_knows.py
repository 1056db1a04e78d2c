"""Floors of placements, held credentials, waiting requests, SMKI requests, a fuller trail."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("acb_placement", sa.Column("floor", sa.String(20)))
    with op.batch_alter_table("service_audit_trail") as trail:
        trail.add_column(sa.Column("originator", sa.LargeBinary(8)))
        trail.add_column(sa.Column("device", sa.LargeBinary(8)))
        trail.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default=""))
        trail.alter_column("detail", type_=sa.Text, existing_nullable=False)
    op.create_index("ix_service_audit_trail_request_id", "service_audit_trail", ["request_id"])
    op.create_table(
        "held_credential",
        sa.Column("device", sa.LargeBinary(8), primary_key=True),
        sa.Column("role", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key_usage", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("cell_usage", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("eui", sa.LargeBinary(8), nullable=False),
        sa.Column("ski", sa.LargeBinary(8), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "waiting_request",
        sa.Column("request_id", sa.String(80), primary_key=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "smki_request",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mpid", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("granted", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
