"""Imports go in by parts, are looked at before, and can be taken back."""

from peewee import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SqliteDatabase,
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


class Account(Model):
    class Meta:
        table_name = "account"


class ImportBatch(Model):
    class Meta:
        table_name = "import_batch"


class ImportStep(Model):
    batch = ForeignKeyField(ImportBatch, backref="+", on_delete="RESTRICT")
    number = IntegerField()
    changes = JSONField(default=list)
    is_undone = BooleanField(default=False)

    class Meta:
        table_name = "import_step"
        indexes = ((("batch", "number"), True),)


class ColumnProfile(Model):
    public_id = UUIDField(unique=True)
    name = CharField(max_length=80, unique=True)
    kind = CharField(max_length=32)
    layout = JSONField(default=dict)
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    made_at = DateTimeField()

    class Meta:
        table_name = "column_profile"


TABLES = [ImportStep, ColumnProfile]


def _reference(model):
    return ForeignKeyField(
        model, field=model.id, backref="+", null=True, on_delete="RESTRICT"
    )


COLUMNS = (
    ("import_batch", "public_id", UUIDField(null=True, unique=True)),
    ("import_batch", "key", CharField(max_length=32, null=True, unique=True)),
    ("import_batch", "branch_id", _reference(Branch)),
    ("import_batch", "layout", JSONField(null=True)),
    ("import_batch", "file_id", _reference(StoredFile)),
    ("import_batch", "done", IntegerField(default=0)),
    ("import_batch", "steps", IntegerField(default=0)),
    ("import_batch", "tries", IntegerField(default=0)),
    ("import_batch", "error", CharField(max_length=240, default="")),
    ("import_batch", "undone_by_id", _reference(User)),
    ("import_batch", "undone_at", DateTimeField(null=True)),
    ("import_batch", "undone_why", CharField(max_length=240, default="")),
    ("import_row", "given", CharField(max_length=20, default="")),
    ("import_row", "by_id", _reference(User)),
    ("import_row", "at", DateTimeField(null=True)),
    ("import_row", "why", CharField(max_length=240, default="")),
    ("bill", "voided_account_id", _reference(Account)),
    ("bill", "voided_at", DateTimeField(null=True)),
)

INDEXED = (
    ("import_batch", "public_id"),
    ("import_batch", "key"),
    ("import_batch", "branch_id"),
    ("import_batch", "file_id"),
    ("import_batch", "undone_by_id"),
    ("import_row", "by_id"),
    ("bill", "voided_account_id"),
)


def up(migrator, db):
    """Add the columns and the tables; a bill that is taken back is nobody's."""
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))
    migrator.migrate(migrator.drop_not_null("bill", "account_id"))
    is_sqlite = isinstance(db, SqliteDatabase)
    made = "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()"
    db.execute_sql(f"UPDATE import_batch SET public_id = {made}")  # noqa: S608 - our own words
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    db.execute_sql(
        "CREATE UNIQUE INDEX import_batch_once ON import_batch (kind, sha256)"
        " WHERE state IN ('running', 'committed', 'undoing') AND kind <> 'papers'"
    )
    db.execute_sql(
        "CREATE INDEX import_row_waiting ON import_row (batch_id)"
        " WHERE state = 'quarantined'"
    )


def down(migrator, db):
    """Drop the tables and the columns."""
    db.execute_sql("DROP INDEX import_row_waiting")
    db.execute_sql("DROP INDEX import_batch_once")
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES[::-1])
    migrator.migrate(migrator.add_not_null("bill", "account_id"))
    for table, column in INDEXED:
        migrator.migrate(migrator.drop_index(table, f"{table}_{column}"))
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))
