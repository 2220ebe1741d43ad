"""Files that leave for other systems, and which readings went in which."""

from peewee import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
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


class StoredFile(Model):
    class Meta:
        table_name = "stored_file"


class Reading(Model):
    class Meta:
        table_name = "reading"


class OutProfile(Model):
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=24)
    columns = TextField()
    encoding = CharField(max_length=24)
    delimiter = CharField(max_length=1)
    has_header = BooleanField(default=True)

    class Meta:
        table_name = "out_profile"
        indexes = ((("branch", "kind"), True),)


class OutFile(Model):
    public_id = UUIDField(unique=True)
    key = CharField(max_length=32, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=24)
    format = CharField(max_length=24)
    month = IntegerField()
    number = IntegerField()
    state = CharField(max_length=24, default="asked")
    options = JSONField(default=dict)
    counts = JSONField(default=dict)
    asked_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    asked_at = DateTimeField()
    made_at = DateTimeField(null=True)
    name = CharField(max_length=160, default="")
    file = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    error = CharField(max_length=120, default="")

    class Meta:
        table_name = "out_file"
        indexes = ((("branch", "kind", "month", "number"), True),)


class OutReading(Model):
    out = ForeignKeyField(OutFile, backref="+", on_delete="RESTRICT")
    reading = ForeignKeyField(Reading, backref="+", unique=True, on_delete="RESTRICT")

    class Meta:
        table_name = "out_reading"


TABLES = [OutProfile, OutFile, OutReading]


def up(migrator, db):
    """Create the tables."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    """Drop the tables."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES[::-1])
