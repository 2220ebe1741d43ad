"""What specialists decide about readings out of the ordinary."""

from peewee import (
    SQL,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
)


class User(Model):
    class Meta:
        table_name = "user"


class Reading(Model):
    class Meta:
        table_name = "reading"


class ReviewDecision(Model):
    reading = ForeignKeyField(Reading, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=24)
    made_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    made_at = DateTimeField()
    words = CharField(max_length=240, default="")
    correction = ForeignKeyField(Reading, backref="+", null=True, on_delete="RESTRICT")
    before = JSONField(default=dict)
    told = IntegerField(default=0)
    undone_at = DateTimeField(null=True)
    undone_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        table_name = "review_decision"


ReviewDecision.add_index(
    ReviewDecision.reading,
    unique=True,
    where=SQL("undone_at IS NULL"),
    name="review_decision_once",
)
ReviewDecision.add_index(
    ReviewDecision.made_by, ReviewDecision.made_at, name="review_decision_lately"
)

TABLES = [ReviewDecision]


def up(migrator, db):
    """Create the table."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    """Drop the table."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES[::-1])
