"""What specialists decide about readings out of the ordinary."""

from peewee import SQL, CharField, ForeignKeyField, IntegerField

from cabinet.domain.metering import ReviewKind
from cabinet.models.base import Base, TextJSONField, UtcDateTimeField, WordField
from cabinet.models.meters import Reading
from cabinet.models.people import User


class ReviewDecision(Base):
    """A decision about a reading (решение по показанию); at most one of it stands.

    `words` are what the customer is told, `correction` the reading that a specialist
    wrote in place of the customer's. `before` is what of the reading the decision
    changed, `told` how many people hear of it.
    """

    reading = ForeignKeyField(Reading, backref="+", on_delete="RESTRICT")
    kind = WordField(ReviewKind)
    made_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    made_at = UtcDateTimeField()
    words = CharField(max_length=240, default="")
    correction = ForeignKeyField(Reading, backref="+", null=True, on_delete="RESTRICT")
    before = TextJSONField(default=dict)
    told = IntegerField(default=0)
    undone_at = UtcDateTimeField(null=True)
    undone_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")


ReviewDecision.add_index(
    ReviewDecision.reading,
    unique=True,
    where=SQL("undone_at IS NULL"),
    name="review_decision_once",
)
ReviewDecision.add_index(
    ReviewDecision.made_by, ReviewDecision.made_at, name="review_decision_lately"
)
