"""The days between which a ready answer is offered."""

from peewee import DateField

COLUMNS = ("starts", "ends")


def up(migrator, db):
    """Add both columns; what is there is offered from ever and for ever."""
    for name in COLUMNS:
        migrator.migrate(
            migrator.add_column("ready_answer", name, DateField(null=True))
        )


def down(migrator, db):
    """Drop both columns."""
    for name in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column("ready_answer", name, cascade=False))
