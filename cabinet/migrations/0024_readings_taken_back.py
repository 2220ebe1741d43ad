"""What a reading replaced stood as: for specialists who take back what they entered."""

from peewee import CharField


def up(migrator, db):
    """Add the column."""
    field = CharField(max_length=24, null=True)
    migrator.migrate(migrator.add_column("reading", "stood_as", field))


def down(migrator, db):
    """Drop the column."""
    migrator.migrate(migrator.drop_column("reading", "stood_as", cascade=False))
