"""Which postal route an account is on."""

from peewee import CharField

COLUMNS = (("account", "route", CharField(max_length=40, default="")),)


def up(migrator, db):
    """Add the column."""
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))


def down(migrator, db):
    """Drop the column."""
    for table, name, _field in COLUMNS:
        migrator.migrate(migrator.drop_column(table, name, cascade=False))
