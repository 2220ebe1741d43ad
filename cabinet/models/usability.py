"""How convenient people say it is (шкала удобства)."""

from peewee import SQL, CharField, ForeignKeyField, IntegerField

from cabinet.models.accounts import Account
from cabinet.models.base import Base, UtcDateTimeField
from cabinet.models.people import Branch, User


class UsabilityRating(Base):
    """What somebody said in a quarter; without a `rating` they set the question aside.

    Who has not signed in has no `user`: their `account` speaks once in a quarter, and of
    who has signed in no account is kept. Erasure takes the user and the words away.
    """

    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    quarter = IntegerField()
    rating = IntegerField(null=True)
    words = CharField(max_length=500, default="")
    at = UtcDateTimeField()

    class Meta:
        """Once a quarter; reports read by branch and quarter."""

        indexes = (
            (("user", "quarter"), True),
            (("branch", "quarter"), False),
        )


UsabilityRating.add_index(
    UsabilityRating.account,
    UsabilityRating.quarter,
    unique=True,
    where=SQL("account_id IS NOT NULL"),
    name="usability_rating_guest",
)
