"""How convenient people say it is: once a quarter."""

from peewee import (
    SQL,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
)


class Account(Model):
    class Meta:
        table_name = "account"


class Branch(Model):
    class Meta:
        table_name = "branch"


class User(Model):
    class Meta:
        table_name = "user"


class UsabilityRating(Model):
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    quarter = IntegerField()
    rating = IntegerField(null=True)
    words = CharField(max_length=500, default="")
    at = DateTimeField()

    class Meta:
        table_name = "usability_rating"
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


def up(migrator, db):
    """Create the table."""
    with db.bind_ctx([UsabilityRating], bind_refs=False, bind_backrefs=False):
        db.create_tables([UsabilityRating], safe=False)


def down(migrator, db):
    """Drop the table."""
    with db.bind_ctx([UsabilityRating], bind_refs=False, bind_backrefs=False):
        db.drop_tables([UsabilityRating])
