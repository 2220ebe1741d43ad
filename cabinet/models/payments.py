"""Card payments (платежи картой), what providers told of them, and refunds.

A payment is online only: money that comes by a registry is a ledger row with its import
as the cause.
"""

from peewee import (
    SQL,
    BlobField,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    UUIDField,
)

from cabinet.domain.money import Money
from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import FiscalState
from cabinet.domain.payments.states import Effect, PaymentEvent, PaymentState
from cabinet.models.accounts import Account
from cabinet.models.base import (
    Base,
    MoneyField,
    MonthField,
    TextJSONField,
    UtcDateTimeField,
    WordField,
)
from cabinet.models.people import Branch, User


class Payment(Base):
    """One act of paying (платёж); its shares say for which accounts.

    `nonce` is the key of the form; `same_key` is the accounts and the sum while the
    payment may be handed out again to whoever asks for the same. `ask_at` is when the
    provider is asked next, empty once it has said its last word. A suspicious payment
    no longer moves by itself; `verdict` is what a specialist wrote who left it so.
    """

    public_id = UUIDField(unique=True)
    nonce = UUIDField(unique=True)
    same_key = CharField(max_length=64, null=True, unique=True)
    same_until = UtcDateTimeField(null=True)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    shop = CharField(max_length=40)
    method = CharField(max_length=8)
    amount = MoneyField()
    email = CharField(max_length=254, default="")
    state = WordField(PaymentState, default=PaymentState.CREATED)
    version = IntegerField(default=0)
    is_suspicious = BooleanField(default=False)
    verdict = CharField(max_length=240, default="")
    provider_id = CharField(max_length=64, null=True)
    pay_url = CharField(max_length=500, default="")
    reason = CharField(max_length=40, default="")
    fiscal = WordField(FiscalState, default=FiscalState.NONE)
    created_at = UtcDateTimeField()
    paid_at = UtcDateTimeField(null=True)
    final_at = UtcDateTimeField(null=True)
    asks = IntegerField(default=0)
    asked_at = UtcDateTimeField(null=True)
    ask_at = UtcDateTimeField(null=True)


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
Payment.add_index(
    Payment.created_at, where=SQL("final_at IS NULL"), name="payment_open"
)
Payment.add_index(Payment.user, Payment.created_at, name="payment_of_user")
Payment.add_index(Payment.shop, Payment.created_at, name="payment_of_shop")


class PaymentShare(Base):
    """What of a payment is for one account (доля платежа); `month` is the one named."""

    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    amount = MoneyField()
    month = MonthField(null=True)

    class Meta:
        """One share an account."""

        indexes = ((("payment", "account"), True),)


class PaymentAttempt(Base):
    """One call that registers a payment (попытка), written before it is made.

    `number` is ours at the provider and `key` the idempotency key: a lost answer is
    repeated with the same key, or asked for by the number.
    """

    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    number = CharField(max_length=36, unique=True)
    key = UUIDField(unique=True)
    return_url = CharField(max_length=300)
    sent_at = UtcDateTimeField()


class Notice(Base):
    """What a provider sent us unasked (уведомление); kept whole before it is used.

    It moves nothing: a job asks the provider about `provider_id`.
    """

    shop = CharField(max_length=40)
    provider_id = CharField(max_length=64)
    order = CharField(max_length=64, default="", column_name="order_number")
    event = CharField(max_length=60)
    body = BlobField()
    body_hash = CharField(max_length=64)
    received_at = UtcDateTimeField()
    tries = IntegerField(default=0)
    next_at = UtcDateTimeField(null=True)
    outcome = CharField(max_length=24, default="")

    class Meta:
        """The same notice again is the same row."""

        indexes = ((("shop", "provider_id", "event", "body_hash"), True),)


Notice.add_index(
    Notice.next_at, where=SQL("next_at IS NOT NULL"), name="notice_to_take"
)


class PaymentStep(Base):
    """One event in the life of a payment (шаг платежа); append only."""

    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    number = IntegerField()
    at = UtcDateTimeField()
    event = WordField(PaymentEvent)
    before = WordField(PaymentState)
    after = WordField(PaymentState)
    effect = WordField(Effect)
    source = CharField(max_length=24)
    notice = ForeignKeyField(Notice, backref="+", null=True, on_delete="RESTRICT")
    details = TextJSONField(default=dict)

    class Meta:
        """Steps are numbered without a gap; two of one number cannot be."""

        indexes = ((("payment", "number"), True),)


class ReceiptSeries(Base):
    """The last number of the receipts of a year (серия квитанций об оплате)."""

    year = IntegerField(unique=True)
    last = IntegerField(default=0)


class PaymentReceipt(Base):
    """The number of a payment's receipt (квитанция об оплате), without gaps a year."""

    payment = ForeignKeyField(Payment, backref="+", unique=True, on_delete="RESTRICT")
    year = IntegerField()
    number = IntegerField()
    issued_at = UtcDateTimeField()

    class Meta:
        """A number is given once a year."""

        indexes = ((("year", "number"), True),)

    @property
    def title(self) -> str:
        """Return the number as it stands on the receipt and in the ledger: «2026-7»."""
        return f"{self.year}-{self.number}"


class Refund(Base):
    """A part of a payment given back (возврат), from one account's share."""

    public_id = UUIDField(unique=True)
    nonce = UUIDField(unique=True)
    key = UUIDField(unique=True)
    payment = ForeignKeyField(Payment, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    amount = MoneyField()
    state = WordField(RefundState, default=RefundState.REQUESTED)
    version = IntegerField(default=0)
    why = CharField(max_length=240)
    requested_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    approved_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    provider_id = CharField(max_length=64, default="")
    refused = CharField(max_length=240, default="")
    created_at = UtcDateTimeField()
    sent_at = UtcDateTimeField(null=True)
    final_at = UtcDateTimeField(null=True)
    asks = IntegerField(default=0)
    ask_at = UtcDateTimeField(null=True)


Refund.add_index(Refund.ask_at, where=SQL("ask_at IS NOT NULL"), name="refund_to_ask")


class Reconciliation(Base):
    """A day of a shop compared with the provider's register (сверка)."""

    public_id = UUIDField(unique=True)
    shop = CharField(max_length=40)
    day = DateField()
    source = CharField(max_length=24)
    made_at = UtcDateTimeField()
    matched = IntegerField()
    differences = IntegerField()
    ours = MoneyField(default=Money(0))
    theirs = MoneyField(default=Money(0))

    class Meta:
        """The newest of a day is the one that counts."""

        indexes = ((("shop", "day", "made_at"), True),)


class ReconciliationItem(Base):
    """One difference found (расхождение), and what was done about it.

    `order` and `accounts` are what the provider repeats of the order we sent.
    """

    reconciliation = ForeignKeyField(Reconciliation, backref="+", on_delete="RESTRICT")
    kind = WordField(Difference)
    payment = ForeignKeyField(Payment, backref="+", null=True, on_delete="RESTRICT")
    provider_id = CharField(max_length=64)
    ours = MoneyField(null=True)
    theirs = MoneyField(null=True)
    our_state = CharField(max_length=24, default="")
    their_state = CharField(max_length=24, default="")
    order = CharField(max_length=64, default="", column_name="order_number")
    accounts = CharField(max_length=500, default="")
    closed_at = UtcDateTimeField(null=True)
    closed_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    remark = CharField(max_length=240, default="")

    class Meta:
        """A payment of the provider differs once in one way."""

        indexes = ((("reconciliation", "provider_id", "kind"), True),)
