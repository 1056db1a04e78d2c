"""What Alembic runs: the revisions, on the connection that it was given."""

from alembic import context

from gbcs_hil.dcc.ledger_tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata
)
context.run_migrations()
