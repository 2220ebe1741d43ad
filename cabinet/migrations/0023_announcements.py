"""What the office tells everybody, with its first and last day."""

from peewee import (
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)


class Branch(Model):
    class Meta:
        table_name = "branch"


class User(Model):
    class Meta:
        table_name = "user"


class Announcement(Model):
    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    kind = CharField(max_length=24)
    branch = ForeignKeyField(Branch, backref="+", null=True, on_delete="RESTRICT")
    title = CharField(max_length=160)
    text = TextField()
    starts = DateField()
    ends = DateField(null=True)
    made_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    changed_at = DateTimeField()
    withdrawn_at = DateTimeField(null=True)
    version = IntegerField(default=0)

    class Meta:
        table_name = "announcement"


Announcement.add_index(Announcement.starts, name="announcement_starts")

TABLES = [Announcement]


def up(migrator, db):
    """Create the table."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    """Drop the table."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES[::-1])
