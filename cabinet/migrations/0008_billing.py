"""Bill runs with their drafts, benefits, and what a bill of our own keeps."""

from peewee import (
    SQL,
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
)


class Branch(Model):
    class Meta:
        table_name = "branch"


class User(Model):
    class Meta:
        table_name = "user"


class Account(Model):
    class Meta:
        table_name = "account"


class BillRun(Model):
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    month = IntegerField()
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    state = CharField(max_length=24)
    started_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    started_at = DateTimeField()
    issued_at = DateTimeField(null=True)
    ended_at = DateTimeField(null=True)
    counts = JSONField()
    missing = JSONField()

    class Meta:
        table_name = "bill_run"


BillRun.add_index(
    BillRun.branch,
    BillRun.month,
    unique=True,
    where=SQL("state IN ('prepared', 'issuing', 'issued', 'publishing')"),
    name="bill_run_open",
)


class BillSlice(Model):
    run = ForeignKeyField(BillRun, backref="+", on_delete="CASCADE")
    first_id = IntegerField()
    last_id = IntegerField()
    issued_to = IntegerField()
    published_to = IntegerField()
    issued = IntegerField()
    held = IntegerField()

    class Meta:
        table_name = "bill_slice"
        indexes = ((("run", "first_id"), True),)


class BillDraft(Model):
    run = ForeignKeyField(BillRun, backref="+", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    month = IntegerField()
    number = CharField(max_length=40)
    issued_on = DateField()
    due_on = DateField()
    basis = CharField(max_length=24)
    volume = BigIntegerField()
    charged = BigIntegerField()
    recalculated = BigIntegerField()
    penalty = BigIntegerField()
    benefit = BigIntegerField()
    opening = BigIntegerField()
    paid = BigIntegerField()
    closing = BigIntegerField()
    lines = JSONField()
    standing = JSONField()
    readings = JSONField()
    oddities = CharField(max_length=120)

    class Meta:
        table_name = "bill_draft"
        indexes = ((("run", "account"), True),)


BillDraft.add_index(
    BillDraft.run,
    BillDraft.account,
    where=SQL("oddities <> ''"),
    name="bill_draft_odd",
)


class BillHold(Model):
    run = ForeignKeyField(BillRun, backref="+", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    reason = CharField(max_length=24)
    details = CharField(max_length=240)

    class Meta:
        table_name = "bill_hold"
        indexes = ((("run", "account"), True),)


class Benefit(Model):
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    title = CharField(max_length=160)
    percent = IntegerField()
    people = IntegerField()
    starts = DateField()
    ends = DateField(null=True)
    document = CharField(max_length=240)
    source = CharField(max_length=500)

    class Meta:
        table_name = "benefit"
        indexes = ((("account", "starts"), False),)


TABLES = (BillRun, BillSlice, BillDraft, BillHold, Benefit)

COLUMNS = (
    ("account", "is_heated", BooleanField(default=False)),
    ("reading", "act", CharField(max_length=40, default="")),
    ("bill", "standing", JSONField(null=True)),
    (
        "bill",
        "run_id",
        ForeignKeyField(
            BillRun, field=BillRun.id, backref="+", null=True, on_delete="RESTRICT"
        ),
    ),
)


def up(migrator, db):
    """Create the tables and add the columns."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))


def down(migrator, db):
    """Drop the columns and the tables."""
    migrator.migrate(migrator.drop_index("bill", "bill_run_id"))
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(tuple(reversed(TABLES)))
