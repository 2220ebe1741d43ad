"""Card payments, what providers told of them, refunds and reconciliation."""

from peewee import (
    SQL,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    UUIDField,
)

APPEND_ONLY = ("payment_step",)


class Branch(Model):
    class Meta:
        table_name = "branch"


class User(Model):
    class Meta:
        table_name = "user"


class Account(Model):
    class Meta:
        table_name = "account"


class Payment(Model):
    public_id = UUIDField(unique=True)
    nonce = UUIDField(unique=True)
    same_key = CharField(max_length=64, null=True, unique=True)
    same_until = DateTimeField(null=True)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    shop = CharField(max_length=40)
    method = CharField(max_length=8)
    amount = BigIntegerField()
    email = CharField(max_length=254)
    state = CharField(max_length=24)
    version = IntegerField()
    is_suspicious = BooleanField()
    provider_id = CharField(max_length=64, null=True)
    pay_url = CharField(max_length=500)
    reason = CharField(max_length=40)
    fiscal = CharField(max_length=24)
    created_at = DateTimeField()
    paid_at = DateTimeField(null=True)
    final_at = DateTimeField(null=True)
    asks = IntegerField()
    asked_at = DateTimeField(null=True)
    ask_at = DateTimeField(null=True)

    class Meta:
        table_name = "payment"


Payment.add_index(
    Payment.shop,
    Payment.provider_id,
    unique=True,
    where=SQL("provider_id IS NOT NULL"),
    name="payment_at_provider",
)
Payment.add_index(
    Payment.ask_at, where=SQL("ask_at IS NOT NULL"), name="payment_to_ask"
)
Payment.add_index(Payment.user, Payment.created_at, name="payment_of_user")
Payment.add_index(Payment.shop, Payment.created_at, name="payment_of_shop")


class PaymentShare(Model):
    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    amount = BigIntegerField()
    month = IntegerField(null=True)

    class Meta:
        table_name = "payment_share"
        indexes = ((("payment", "account"), True),)


class PaymentAttempt(Model):
    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    number = CharField(max_length=32, unique=True)
    key = UUIDField(unique=True)
    return_url = CharField(max_length=300)
    sent_at = DateTimeField()

    class Meta:
        table_name = "payment_attempt"


class Notice(Model):
    shop = CharField(max_length=40)
    provider_id = CharField(max_length=64)
    order = CharField(max_length=64, column_name="order_number")
    event = CharField(max_length=60)
    body = BlobField()
    body_hash = CharField(max_length=64)
    received_at = DateTimeField()
    tries = IntegerField()
    next_at = DateTimeField(null=True)
    outcome = CharField(max_length=24)

    class Meta:
        table_name = "notice"
        indexes = ((("shop", "provider_id", "event", "body_hash"), True),)


Notice.add_index(
    Notice.next_at, where=SQL("next_at IS NOT NULL"), name="notice_to_take"
)


class PaymentStep(Model):
    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    number = IntegerField()
    at = DateTimeField()
    event = CharField(max_length=24)
    before = CharField(max_length=24)
    after = CharField(max_length=24)
    effect = CharField(max_length=24)
    source = CharField(max_length=24)
    notice = ForeignKeyField(Notice, backref="+", null=True, on_delete="RESTRICT")
    details = JSONField()

    class Meta:
        table_name = "payment_step"
        indexes = ((("payment", "number"), True),)


class ReceiptSeries(Model):
    year = IntegerField(unique=True)
    last = IntegerField()

    class Meta:
        table_name = "receipt_series"


class PaymentReceipt(Model):
    payment = ForeignKeyField(Payment, backref="+", unique=True, on_delete="RESTRICT")
    year = IntegerField()
    number = IntegerField()
    issued_at = DateTimeField()

    class Meta:
        table_name = "payment_receipt"
        indexes = ((("year", "number"), True),)


class Refund(Model):
    public_id = UUIDField(unique=True)
    nonce = UUIDField(unique=True)
    key = UUIDField(unique=True)
    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    amount = BigIntegerField()
    state = CharField(max_length=24)
    version = IntegerField()
    why = CharField(max_length=240)
    requested_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    approved_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    provider_id = CharField(max_length=64)
    refused = CharField(max_length=240)
    created_at = DateTimeField()
    sent_at = DateTimeField(null=True)
    final_at = DateTimeField(null=True)
    asks = IntegerField()
    ask_at = DateTimeField(null=True)

    class Meta:
        table_name = "refund"


Refund.add_index(Refund.ask_at, where=SQL("ask_at IS NOT NULL"), name="refund_to_ask")


class Reconciliation(Model):
    public_id = UUIDField(unique=True)
    shop = CharField(max_length=40)
    day = DateField()
    source = CharField(max_length=24)
    made_at = DateTimeField()
    matched = IntegerField()
    differences = IntegerField()
    ours = BigIntegerField()
    theirs = BigIntegerField()

    class Meta:
        table_name = "reconciliation"
        indexes = ((("shop", "day", "made_at"), True),)


class ReconciliationItem(Model):
    reconciliation = ForeignKeyField(Reconciliation, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=24)
    payment = ForeignKeyField(Payment, backref="+", null=True, on_delete="RESTRICT")
    provider_id = CharField(max_length=64)
    ours = BigIntegerField(null=True)
    theirs = BigIntegerField(null=True)
    our_state = CharField(max_length=24)
    their_state = CharField(max_length=24)
    closed_at = DateTimeField(null=True)
    closed_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    remark = CharField(max_length=240)

    class Meta:
        table_name = "reconciliation_item"
        indexes = ((("reconciliation", "provider_id", "kind"), True),)


TABLES = (
    Payment,
    PaymentShare,
    PaymentAttempt,
    Notice,
    PaymentStep,
    ReceiptSeries,
    PaymentReceipt,
    Refund,
    Reconciliation,
    ReconciliationItem,
)


def up(migrator, db):
    """Create the tables and the triggers of the append-only ones."""
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
    """Drop the tables."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES)
