"""Bills (квитанции) and the customers' subledger (проводки)."""

from peewee import CharField, DateField, ForeignKeyField

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.money import Money
from cabinet.models.accounts import Account
from cabinet.models.base import (
    Base,
    EnergyField,
    MoneyField,
    MonthField,
    TextJSONField,
    UtcDateTimeField,
    WordField,
    index_where_set,
    rare_reference,
)
from cabinet.models.billing import BillRun
from cabinet.models.exchange import ImportBatch
from cabinet.models.people import User


class Bill(Base):
    """What a month cost (квитанция); immutable.

    `lines` is the snapshot of how each line was computed. A bill brought by an outside
    billing system has no opening, paid and closing of its own: they are read from the
    ledger by the branch's month. A bill of our own run keeps in `standing` what the next
    one takes over from it.

    A bill whose import was taken back belongs to no account any more: its ledger rows
    are reversed and keep pointing to it, `voided_account` says whose it was.
    """

    account = ForeignKeyField(
        Account, backref="+", null=True, on_delete="RESTRICT", index=False
    )
    month = MonthField()
    number = CharField(max_length=40, unique=True)
    issued_on = DateField()
    due_on = DateField()
    basis = WordField(ChargeBasis)
    volume = EnergyField()
    charged = MoneyField()
    recalculated = MoneyField(default=Money(0))
    penalty = MoneyField(default=Money(0))
    benefit = MoneyField(default=Money(0))
    opening = MoneyField(null=True)
    paid = MoneyField(null=True)
    closing = MoneyField(null=True)
    lines = TextJSONField(default=dict)
    standing = TextJSONField(null=True)
    published_at = UtcDateTimeField()
    run = rare_reference(BillRun)
    batch = rare_reference(ImportBatch)
    voided_account = rare_reference(Account)
    voided_at = UtcDateTimeField(null=True)

    class Meta:
        """One bill an account a month."""

        indexes = ((("account", "month"), True),)


index_where_set(Bill.run, Bill.batch, Bill.voided_account)


class LedgerEntry(Base):
    """One signed change of a balance (проводка); append only.

    Positive adds to the debt, negative takes from it. `effective_at` is when it
    happened in the world, `posted_at` when we wrote it. `cause` names what brought it
    and, with the kind, is unique: the same cause never counts twice.
    """

    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT", index=False)
    kind = WordField(EntryKind)
    amount = MoneyField()
    month = MonthField(null=True)
    effective_at = UtcDateTimeField()
    posted_at = UtcDateTimeField()
    cause = CharField(max_length=160)
    channel = CharField(max_length=60, default="")
    document = CharField(max_length=80, default="")
    bill = rare_reference(Bill)
    batch = rare_reference(ImportBatch)

    class Meta:
        """Statements read by account and moment; a cause counts once."""

        indexes = (
            (("account", "effective_at"), False),
            (("kind", "cause"), True),
        )


index_where_set(LedgerEntry.bill, LedgerEntry.batch)


class Allocation(Base):
    """An operator's word on the month a payment is for (разнесение); append only.

    The newest row of an entry wins; the entry itself never changes.
    """

    entry = ForeignKeyField(LedgerEntry, backref="+", on_delete="RESTRICT")
    month = MonthField()
    made_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    reason = CharField(max_length=240)
    at = UtcDateTimeField()
