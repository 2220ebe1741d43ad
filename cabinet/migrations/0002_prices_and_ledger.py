"""Prices and rules, bills and the ledger, and work for later."""

from peewee import (
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


class User(Model):
    """Stands for the table of the first migration."""

    class Meta:
        table_name = "user"


class Account(Model):
    """Stands for the table of the first migration."""

    class Meta:
        table_name = "account"


class ImportBatch(Model):
    """Stands for the table of the first migration."""

    class Meta:
        table_name = "import_batch"


class Tariff(Model):
    region = CharField(max_length=120)
    category = CharField(max_length=24)
    plan = CharField(max_length=24)

    class Meta:
        table_name = "tariff"
        indexes = ((("region", "category", "plan"), True),)


class Rate(Model):
    tariff = ForeignKeyField(Tariff, backref="+", on_delete="RESTRICT")
    zone = CharField(max_length=24)
    range_number = IntegerField()
    price = BigIntegerField()
    starts = DateField()
    ends = DateField(null=True)
    document = CharField(max_length=240)
    source = CharField(max_length=500)
    verified = BooleanField()

    class Meta:
        table_name = "rate"
        indexes = ((("tariff", "zone", "range_number", "starts"), True),)


class Range(Model):
    kind = CharField(max_length=60)
    number = IntegerField()
    limit = BigIntegerField()
    starts = DateField()
    ends = DateField(null=True)
    source = CharField(max_length=500)
    verified = BooleanField()

    class Meta:
        table_name = "range"
        indexes = ((("kind", "number", "starts"), True),)


class Norm(Model):
    region = CharField(max_length=120)
    rooms = IntegerField()
    residents = IntegerField()
    stove = CharField(max_length=24)
    premises = CharField(max_length=24)
    water_heater = CharField(max_length=24)
    energy = BigIntegerField()
    document = CharField(max_length=500)
    source = CharField(max_length=500)
    note = CharField(max_length=500)
    verified = BooleanField()

    class Meta:
        table_name = "norm"
        indexes = (
            (
                ("region", "rooms", "residents", "stove", "premises", "water_heater"),
                True,
            ),
        )


class KeyRate(Model):
    rate = IntegerField()
    starts = DateField(unique=True)
    ends = DateField(null=True)
    source = CharField(max_length=500)

    class Meta:
        table_name = "key_rate"


class VatRate(Model):
    rate = IntegerField()
    starts = DateField(unique=True)
    ends = DateField(null=True)
    source = CharField(max_length=500)

    class Meta:
        table_name = "vat_rate"


class DueRule(Model):
    kind = CharField(max_length=24)
    day = IntegerField()
    starts = DateField()
    ends = DateField(null=True)
    source = CharField(max_length=500)

    class Meta:
        table_name = "due_rule"
        indexes = ((("kind", "starts"), True),)


class OtherRule(Model):
    rule = CharField(max_length=60)
    key = CharField(max_length=60)
    value = CharField(max_length=120)
    unit = CharField(max_length=60)
    starts = DateField()
    ends = DateField(null=True)
    source = CharField(max_length=500)
    verified = BooleanField()

    class Meta:
        table_name = "other_rule"
        indexes = ((("rule", "key", "starts"), True),)


class Holiday(Model):
    day = DateField(unique=True)
    is_working = BooleanField()
    source = CharField(max_length=240)

    class Meta:
        table_name = "holiday"


class Bill(Model):
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    month = IntegerField()
    number = CharField(max_length=40, unique=True)
    issued_on = DateField()
    due_on = DateField()
    basis = CharField(max_length=24)
    volume = BigIntegerField()
    charged = BigIntegerField()
    recalculated = BigIntegerField()
    penalty = BigIntegerField()
    benefit = BigIntegerField()
    opening = BigIntegerField(null=True)
    paid = BigIntegerField(null=True)
    closing = BigIntegerField(null=True)
    lines = JSONField()
    published_at = DateTimeField()
    batch = ForeignKeyField(ImportBatch, backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        table_name = "bill"
        indexes = ((("account", "month"), True),)


class LedgerEntry(Model):
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=24)
    amount = BigIntegerField()
    month = IntegerField(null=True)
    effective_at = DateTimeField()
    posted_at = DateTimeField()
    cause = CharField(max_length=160)
    channel = CharField(max_length=60)
    document = CharField(max_length=80)
    bill = ForeignKeyField(Bill, backref="+", null=True, on_delete="RESTRICT")
    batch = ForeignKeyField(ImportBatch, backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        table_name = "ledger_entry"
        indexes = (
            (("account", "effective_at"), False),
            (("kind", "cause"), True),
        )


class OutboxMessage(Model):
    kind = CharField(max_length=40)
    key = CharField(max_length=120, unique=True)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    recipient = CharField(max_length=254)
    context = JSONField()
    created_at = DateTimeField()
    not_before = DateTimeField()
    lease_until = DateTimeField(null=True)
    tries = IntegerField()
    sent_at = DateTimeField(null=True)
    failed_at = DateTimeField(null=True)
    error = CharField(max_length=240)

    class Meta:
        table_name = "outbox_message"
        indexes = ((("sent_at", "failed_at", "not_before"), False),)


class Job(Model):
    kind = CharField(max_length=40)
    key = CharField(max_length=120, unique=True)
    context = JSONField()
    run_at = DateTimeField()
    lease_until = DateTimeField(null=True)
    tries = IntegerField()
    progress = JSONField()
    done_at = DateTimeField(null=True)
    failed_at = DateTimeField(null=True)
    error = CharField(max_length=240)

    class Meta:
        table_name = "job"
        indexes = ((("done_at", "failed_at", "run_at"), False),)


class AuditEntry(Model):
    at = DateTimeField(index=True)
    actor_id = IntegerField(null=True)
    action = CharField(max_length=60)
    subject = CharField(max_length=80)
    account_id = IntegerField(null=True, index=True)
    address_hash = CharField(max_length=64)
    details = JSONField()

    class Meta:
        table_name = "audit_entry"


class Attempt(Model):
    key = CharField(max_length=64)
    span = CharField(max_length=32)
    count = IntegerField()
    expires_at = DateTimeField(index=True)

    class Meta:
        table_name = "attempt"
        indexes = ((("key", "span"), True),)


TABLES = (
    Tariff,
    Rate,
    Range,
    Norm,
    KeyRate,
    VatRate,
    DueRule,
    OtherRule,
    Holiday,
    Bill,
    LedgerEntry,
    OutboxMessage,
    Job,
    AuditEntry,
    Attempt,
)

APPEND_ONLY = ("ledger_entry", "audit_entry")


def up(migrator, db):
    """Create every table and the triggers of the append-only ones."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    is_sqlite = type(db).__name__.startswith("Sqlite")
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            body = (
                f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
                if is_sqlite
                else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            db.execute_sql(
                f"CREATE TRIGGER {table}_no_{act.lower()}"
                f" BEFORE {act} ON {table} {body}"
            )


def down(migrator, db):
    """Drop every table."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES)
