"""A deleted column profile may come back for a while: it says when it went, and by whom."""

from peewee import DateTimeField, ForeignKeyField, Model


class User(Model):
    class Meta:
        table_name = "user"


def up(migrator, db):
    """Add both columns."""
    reference = ForeignKeyField(
        User, field=User.id, backref="+", null=True, on_delete="RESTRICT"
    )
    migrator.migrate(
        migrator.add_column("column_profile", "removed_at", DateTimeField(null=True)),
        migrator.add_column("column_profile", "removed_by_id", reference),
    )


def down(migrator, db):
    """Delete the profiles that are deleted, and drop both columns."""
    db.execute_sql("DELETE FROM column_profile WHERE removed_at IS NOT NULL")
    migrator.migrate(
        migrator.drop_index("column_profile", "column_profile_removed_by_id")
    )
    for name in ("removed_by_id", "removed_at"):
        migrator.migrate(migrator.drop_column("column_profile", name, cascade=False))
