"""Recalculations that somebody ordered, and which bill took each in."""

from peewee import (
    SQL,
    BigIntegerField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    UUIDField,
)


class User(Model):
    class Meta:
        table_name = "user"


class Account(Model):
    class Meta:
        table_name = "account"


class Bill(Model):
    class Meta:
        table_name = "bill"


class RecalculationOrder(Model):
    public_id = UUIDField(unique=True)
    key = UUIDField(unique=True)
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    reason = CharField(max_length=24)
    words = CharField(max_length=120)
    document = CharField(max_length=40)
    document_on = DateField()
    first = IntegerField(column_name="first_month")
    last = IntegerField(column_name="last_month")
    lines = JSONField()
    amount = BigIntegerField()
    asked_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    asked_at = DateTimeField()
    agreed_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    agreed_at = DateTimeField(null=True)
    withdrawn_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    withdrawn_at = DateTimeField(null=True)
    withdrawn_why = CharField(max_length=240)

    class Meta:
        table_name = "recalculation_order"


RecalculationOrder.add_index(
    RecalculationOrder.account,
    RecalculationOrder.document,
    RecalculationOrder.reason,
    RecalculationOrder.first,
    RecalculationOrder.last,
    unique=True,
    where=SQL("withdrawn_at IS NULL"),
    name="recalculation_order_once",
)


class OrderTaken(Model):
    order = ForeignKeyField(
        RecalculationOrder, backref="+", unique=True, on_delete="RESTRICT"
    )
    bill = ForeignKeyField(Bill, backref="+", on_delete="RESTRICT")

    class Meta:
        table_name = "order_taken"


TABLES = (RecalculationOrder, OrderTaken)

COLUMNS = (
    ("bill_draft", "orders", JSONField(default="[]")),
    ("branch", "recalculate_alone_up_to", BigIntegerField(default=5_000_00)),
)


def up(migrator, db):
    """Create the tables and add the columns."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))


def down(migrator, db):
    """Drop the columns and the tables."""
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(tuple(reversed(TABLES)))
