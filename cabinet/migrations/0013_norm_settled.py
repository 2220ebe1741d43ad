"""Whether a branch settles months by the norm when readings come again."""

from peewee import BooleanField


def up(migrator, db):
    """Add the column: what has been done so far stays so."""
    field = BooleanField(default=True)
    migrator.migrate(migrator.add_column("branch", "settles_norm", field))


def down(migrator, db):
    """Drop the column."""
    migrator.migrate(migrator.drop_column("branch", "settles_norm", cascade=False))
