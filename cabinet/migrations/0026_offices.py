"""Offices with their hours, conditions of benefits, and who published a document."""

from peewee import (
    CharField,
    DateField,
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


class Office(Model):
    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    follows = ForeignKeyField("self", backref="+", null=True, on_delete="RESTRICT")
    name = CharField(max_length=120)
    address = CharField(max_length=240)
    phone = CharField(max_length=40, default="")
    note = CharField(max_length=240, default="")
    position = IntegerField(default=1)
    week = JSONField(default=list)
    others = JSONField(default=dict)
    starts = DateField()
    ends = DateField(null=True)
    made_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    changed_at = DateTimeField()
    withdrawn_at = DateTimeField(null=True)
    version = IntegerField(default=0)

    class Meta:
        table_name = "office"


TABLES = [Office]

COLUMNS = (
    ("branch", "offices_version", IntegerField(default=0)),
    ("announcement", "whom", TextField(default="")),
    ("announcement", "papers", TextField(default="")),
    ("announcement", "law", TextField(default="")),
    (
        "document",
        "made_by_id",
        ForeignKeyField(
            User, field=User.id, backref="+", null=True, on_delete="RESTRICT"
        ),
    ),
    ("document", "made_at", DateTimeField(null=True)),
    ("document", "withdrawn_at", DateTimeField(null=True)),
)


def up(migrator, db):
    """Create the table and add the columns."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))


def down(migrator, db):
    """Drop the columns and the table."""
    migrator.migrate(migrator.drop_index("document", "document_made_by_id"))
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES)
