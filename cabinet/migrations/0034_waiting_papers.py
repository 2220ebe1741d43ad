"""The file of a paper that waits in quarantine is kept with its row."""

from peewee import ForeignKeyField, Model


class StoredFile(Model):
    class Meta:
        table_name = "stored_file"


def up(migrator, db):
    """Add the column."""
    field = ForeignKeyField(
        StoredFile,
        field=StoredFile.id,
        backref="+",
        null=True,
        on_delete="RESTRICT",
    )
    migrator.migrate(migrator.add_column("import_row", "file_id", field))


def down(migrator, db):
    """Drop the column and its index."""
    migrator.migrate(migrator.drop_index("import_row", "import_row_file_id"))
    migrator.migrate(migrator.drop_column("import_row", "file_id", cascade=False))
