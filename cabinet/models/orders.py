"""Recalculations that somebody ordered (распоряжения о перерасчёте)."""

from peewee import SQL, CharField, DateField, ForeignKeyField, UUIDField

from cabinet.domain.billing.order import OrderReason
from cabinet.models.accounts import Account
from cabinet.models.base import (
    Base,
    MoneyField,
    MonthField,
    TextJSONField,
    UtcDateTimeField,
    WordField,
)
from cabinet.models.bills import Bill
from cabinet.models.people import User


class RecalculationOrder(Base):
    """An ordered recalculation of an account's months, from `first` to `last`.

    `key` is that of the form. `amount` above zero adds to the debt; `lines` are the
    energy it is for, priced when it was asked for. It waits for another person until
    `agreed_at`; `agreed_by` is empty where none was needed.
    """

    public_id = UUIDField(unique=True)
    key = UUIDField(unique=True)
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    reason = WordField(OrderReason)
    words = CharField(max_length=120, default="")
    document = CharField(max_length=40)
    document_on = DateField()
    first = MonthField(column_name="first_month")
    last = MonthField(column_name="last_month")
    lines = TextJSONField(default=list)
    amount = MoneyField()
    asked_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    asked_at = UtcDateTimeField()
    agreed_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    agreed_at = UtcDateTimeField(null=True)
    withdrawn_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    withdrawn_at = UtcDateTimeField(null=True)
    withdrawn_why = CharField(max_length=240, default="")


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


class OrderTaken(Base):
    """The bill that took an order in: one, whatever happens."""

    order = ForeignKeyField(
        RecalculationOrder, backref="+", unique=True, on_delete="RESTRICT"
    )
    bill = ForeignKeyField(Bill, backref="+", on_delete="RESTRICT")
