"""What is told in the cabinet, and keyed hashes of where people come from."""

from peewee import (
    CharField,
    DateTimeField,
    ForeignKeyField,
    JSONField,
    Model,
    SqliteDatabase,
)


class User(Model):
    """The table as it stands."""

    class Meta:
        """The name it has."""

        table_name = "user"


class HomeNote(Model):
    """What is told in the cabinet."""

    kind = CharField(max_length=24)
    key = CharField(max_length=120, unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    context = JSONField()
    created_at = DateTimeField()
    not_before = DateTimeField()
    closed_at = DateTimeField(null=True)

    class Meta:
        """The name it gets."""

        table_name = "home_note"
        legacy_table_names = False


def up(migrator, db):
    """Add the table and the columns; who was not erased gets a key."""
    HomeNote.bind(db)
    db.create_tables([HomeNote], safe=False)
    field = CharField(max_length=32, default="")
    migrator.migrate(migrator.add_column("user", "address_key", field))
    field = CharField(max_length=64, default="")
    migrator.migrate(migrator.add_column("session", "network", field))
    on_sqlite = isinstance(db, SqliteDatabase)
    key = (
        "lower(hex(randomblob(16)))"
        if on_sqlite
        else "replace(CAST(gen_random_uuid() AS text), '-', '')"
    )
    db.execute_sql(
        f'UPDATE "user" SET address_key = {key}'  # noqa: S608 - our own words
        " WHERE erased_at IS NULL"
    )


def down(migrator, db):
    """Drop all of it."""
    migrator.migrate(migrator.drop_column("session", "network", cascade=False))
    migrator.migrate(migrator.drop_column("user", "address_key", cascade=False))
    HomeNote.bind(db)
    db.drop_tables([HomeNote], safe=False)
