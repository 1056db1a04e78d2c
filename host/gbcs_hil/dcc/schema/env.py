"""What Alembic runs: the revisions, on the connection that it was given."""

from alembic import context

schema = context.config.attributes["schema"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.tables,
    version_table=schema.version_table,
)
context.run_migrations()
