"""A row that was given its account by hand is a load of its own, a part of its file's."""

from peewee import ForeignKeyField, Model


class ImportBatch(Model):
    class Meta:
        table_name = "import_batch"


def up(migrator, db):
    """Add the reference; what was given before has none."""
    reference = ForeignKeyField(
        ImportBatch, field=ImportBatch.id, backref="+", null=True, on_delete="RESTRICT"
    )
    migrator.migrate(migrator.add_column("import_batch", "part_of_id", reference))


def down(migrator, db):
    """Drop the reference."""
    migrator.migrate(migrator.drop_index("import_batch", "import_batch_part_of_id"))
    migrator.migrate(migrator.drop_column("import_batch", "part_of_id", cascade=False))
