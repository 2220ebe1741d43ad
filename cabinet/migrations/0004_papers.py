"""Papers of organisations."""

from peewee import (
    SQL,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    UUIDField,
)


class Account(Model):
    class Meta:
        table_name = "account"


class StoredFile(Model):
    class Meta:
        table_name = "stored_file"


class ImportBatch(Model):
    class Meta:
        table_name = "import_batch"


class Paper(Model):
    public_id = UUIDField(unique=True)
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=24)
    number = CharField(max_length=80)
    month = IntegerField()
    dated_on = DateField()
    file = ForeignKeyField(StoredFile, backref="+", on_delete="RESTRICT")
    batch = ForeignKeyField(ImportBatch, backref="+", null=True, on_delete="RESTRICT")
    received_at = DateTimeField()
    replaced_at = DateTimeField(null=True)

    class Meta:
        table_name = "paper"


Paper.add_index(
    Paper.account,
    Paper.kind,
    Paper.number,
    unique=True,
    where=SQL("replaced_at IS NULL"),
    name="paper_live",
)


def up(migrator, db):
    """Create the table."""
    with db.bind_ctx([Paper], bind_refs=False, bind_backrefs=False):
        db.create_tables([Paper], safe=False)


def down(migrator, db):
    """Drop the table."""
    with db.bind_ctx([Paper], bind_refs=False, bind_backrefs=False):
        db.drop_tables([Paper])
