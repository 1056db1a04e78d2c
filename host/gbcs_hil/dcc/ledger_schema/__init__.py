"""The versions of the ledger's schema, by Alembic: one file in `versions` for each."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for a ledger that is open."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, version: str, to: str = "head") -> None:
    """Bring a ledger from a version to a later one, in the transaction of the connection."""
    config = configuration(connection)
    command.stamp(config, version)
    command.upgrade(config, to)
