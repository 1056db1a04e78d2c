"""Going from one version of a schema to a later one, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from gbcs_hil.dcc.databases import Schema


def configuration(schema: Schema, connection: Connection) -> Config:
    """Return Alembic's configuration for a database that is open."""
    config = Config()
    here = Path(__file__).parent
    config.set_main_option("script_location", str(here))
    config.set_main_option("version_locations", str(here / schema.folder))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    return config


def upgrade(schema: Schema, connection: Connection, version: str, to: str = "head") -> None:
    """Bring a database from a version to a later one, in the transaction of the connection."""
    config = configuration(schema, connection)
    command.stamp(config, version)
    command.upgrade(config, to)
