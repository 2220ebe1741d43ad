"""Bill runs (запуски начислений), their drafts, and what only our own billing needs."""

from peewee import SQL, CharField, DateField, ForeignKeyField, IntegerField

from cabinet.domain.billing.run import RunState
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.models.accounts import Account
from cabinet.models.base import (
    Base,
    EnergyField,
    MoneyField,
    MonthField,
    TextJSONField,
    UtcDateTimeField,
    WordField,
)
from cabinet.models.people import Branch, User

#: The fields that a draft gives to the bill it becomes.
DRAFTED = (
    "month",
    "number",
    "issued_on",
    "due_on",
    "basis",
    "volume",
    "charged",
    "recalculated",
    "penalty",
    "benefit",
    "opening",
    "paid",
    "closing",
    "lines",
    "standing",
)


class BillRun(Base):
    """The bills of a branch for a month, from the first look to what customers see.

    `account` narrows it to one. `counts` are figures of what was prepared and issued,
    `missing` the dated rows without which it stopped. It is in its state since
    `moved_at`. With a `fault`, the name of an error, no worker goes on until somebody says so.
    """

    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    month = MonthField()
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    state = WordField(RunState)
    started_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    started_at = UtcDateTimeField()
    moved_at = UtcDateTimeField(null=True)
    issued_at = UtcDateTimeField(null=True)
    ended_at = UtcDateTimeField(null=True)
    counts = TextJSONField(default=dict)
    missing = TextJSONField(default=list)
    fault = CharField(max_length=120, default="")


BillRun.add_index(
    BillRun.branch,
    BillRun.month,
    unique=True,
    where=SQL("state IN ('preparing', 'prepared', 'issuing', 'issued', 'publishing')"),
    name="bill_run_open",
)


class BillSlice(Base):
    """A part of a run's accounts, from one id to another; whoever holds it works on it.

    `prepared_to`, `issued_to` and `published_to` are the last accounts done, each in the
    transaction of its rows: a process that dies loses nothing and doubles nothing.
    `counts` are the figures of what is prepared.
    """

    run = ForeignKeyField(BillRun, backref="+", on_delete="CASCADE")
    first_id = IntegerField()
    last_id = IntegerField()
    prepared_to = IntegerField()
    issued_to = IntegerField()
    published_to = IntegerField()
    issued = IntegerField(default=0)
    held = IntegerField(default=0)
    counts = TextJSONField(default=dict)

    class Meta:
        """A slice begins where no other does."""

        indexes = ((("run", "first_id"), True),)


class BillDraft(Base):
    """A bill nobody has seen yet (черновик квитанции).

    Its fields become those of the bill. `readings` and `orders` are
    the ids of those it counts; `oddities` are words of what is unusual in it.
    """

    run = ForeignKeyField(BillRun, backref="+", on_delete="CASCADE", index=False)
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    month = MonthField()
    number = CharField(max_length=40)
    issued_on = DateField()
    due_on = DateField()
    basis = WordField(ChargeBasis)
    volume = EnergyField()
    charged = MoneyField()
    recalculated = MoneyField()
    penalty = MoneyField()
    benefit = MoneyField()
    opening = MoneyField()
    paid = MoneyField()
    closing = MoneyField()
    lines = TextJSONField(default=dict)
    standing = TextJSONField(default=dict)
    readings = TextJSONField(default=list)
    orders = TextJSONField(default=list)
    oddities = CharField(max_length=120, default="")

    class Meta:
        """One draft an account in a run; the unusual ones are listed."""

        indexes = ((("run", "account"), True),)


BillDraft.add_index(
    BillDraft.run,
    BillDraft.account,
    where=SQL("oddities <> ''"),
    name="bill_draft_odd",
)


class BillHold(Base):
    """An account that got no bill in a run, and why (квитанция не выставлена)."""

    run = ForeignKeyField(BillRun, backref="+", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    reason = CharField(max_length=24)
    details = CharField(max_length=240, default="")

    class Meta:
        """Once an account and a run."""

        indexes = ((("run", "account"), True),)


class Benefit(Base):
    """A benefit of an account (льгота): part of the price, for how many, until when.

    `percent` in hundredths of a percent.
    """

    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    title = CharField(max_length=160)
    percent = IntegerField()
    people = IntegerField()
    starts = DateField()
    ends = DateField(null=True)
    document = CharField(max_length=240, default="")
    source = CharField(max_length=500, default="")

    class Meta:
        """Read by account."""

        indexes = ((("account", "starts"), False),)
