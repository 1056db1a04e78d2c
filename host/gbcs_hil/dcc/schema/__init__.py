"""The versions of the databases' schemas: a folder of Alembic's revisions for each kind."""
