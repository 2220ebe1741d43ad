"""The sign before the decimals in files for other systems: a contract may want a point."""

from peewee import CharField


def up(migrator, db):
    """Add the column; what is there keeps its comma."""
    field = CharField(max_length=1, default=",")
    migrator.migrate(migrator.add_column("out_profile", "decimal", field))


def down(migrator, db):
    """Drop the column."""
    migrator.migrate(migrator.drop_column("out_profile", "decimal", cascade=False))
