"""Accounts (лицевые счета) and who may see them."""

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
)

from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel, AccountKind, EndReason
from cabinet.domain.tariff import Category
from cabinet.models.base import (
    Base,
    EnergyField,
    MoneyField,
    UtcDateTimeField,
    WordField,
    index_where_set,
    rare_reference,
)
from cabinet.models.exchange import ImportBatch
from cabinet.models.people import Branch, User


class Account(Base):
    """A contract for one address (лицевой счёт).

    `holder_since` is the first day of the contract's present holder where there was another
    before: nobody in a cabinet is shown what is older. `route` is the postman's round it is on, empty where it is on none. `is_heated` tells
    of a dwelling without gas that electricity heats: its ranges are wider in the heating
    season. `balance` is what is owed: positive is a debt, negative an advance. It is the sum
    of the account's ledger and changes in the same transaction.
    """

    number = CharField(max_length=24, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    kind = WordField(AccountKind, default=AccountKind.HOUSEHOLD)
    holder = CharField(max_length=240)
    address = CharField(max_length=400)
    category = WordField(Category)
    residents = IntegerField(default=1)
    rooms = IntegerField(null=True)
    is_heated = BooleanField(default=False)
    norm = EnergyField(null=True)
    area = IntegerField(null=True, help_text="tenths of a square metre")
    els = CharField(max_length=10, null=True)
    izhku = CharField(max_length=13, null=True)
    phone = CharField(max_length=24, default="")
    route = CharField(max_length=40, default="")
    opened_on = DateField(null=True)
    closed_on = DateField(null=True)
    holder_since = DateField(null=True)
    balance = MoneyField(default=Money(0))
    batch = rare_reference(ImportBatch)


index_where_set(Account.batch)


class AccountAccess(Base):
    """A user's access to an account; what is dated before `since` is not shown.

    `granted_by` is the owner who let a relative or a colleague in.
    """

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    level = WordField(AccessLevel, default=AccessLevel.FULL)
    slug = CharField(max_length=16)
    label = CharField(max_length=60, default="")
    position = IntegerField(default=0)
    evidence = CharField(max_length=60, default="")
    since = DateField(null=True)
    until = DateField(null=True)
    granted_at = UtcDateTimeField()
    ended_at = UtcDateTimeField(null=True)
    granted_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        """The short name is the user's own."""

        indexes = ((("user", "slug"), True),)


AccountAccess.add_index(
    AccountAccess.user,
    AccountAccess.account,
    unique=True,
    where=SQL("ended_at IS NULL"),
    name="account_access_live",
)


class AccessRemoval(Base):
    """An access that a specialist ended (закрытие доступа), and whether it was undone.

    `holder_since` is the first day of the new holder if there is one, `holder_before`
    what the account said of it until then.
    """

    access = ForeignKeyField(AccountAccess, backref="+", on_delete="RESTRICT")
    reason = WordField(EndReason)
    holder_since = DateField(null=True)
    holder_before = DateField(null=True)
    made_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    made_at = UtcDateTimeField()
    undone_at = UtcDateTimeField(null=True)
