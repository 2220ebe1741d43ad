"""Which postal route an account is on, and which addresses take no mail."""

from peewee import CharField, DateTimeField

COLUMNS = (
    ("account", "route", CharField(max_length=40, default="")),
    ("user", "email_failed_at", DateTimeField(null=True)),
)


def up(migrator, db):
    """Add the columns."""
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))


def down(migrator, db):
    """Drop the columns."""
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))
