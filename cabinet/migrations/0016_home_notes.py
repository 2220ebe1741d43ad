"""What is told in the cabinet to whom letters do not reach."""

from peewee import CharField, DateTimeField, ForeignKeyField, JSONField, Model


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
    """Add the table."""
    HomeNote.bind(db)
    db.create_tables([HomeNote], safe=False)


def down(migrator, db):
    """Drop it."""
    HomeNote.bind(db)
    db.drop_tables([HomeNote], safe=False)
