"""Offices of the branches, where customers come."""

from peewee import (
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    UUIDField,
)

from cabinet.models.base import Base, TextJSONField, UtcDateTimeField
from cabinet.models.people import Branch, User


class Office(Base):
    """An office (офис) with its address and hours, from a first day to a last one.

    `week` has the hours of seven days, Monday first, `others` of days that are not
    usual, by their dates. Who moves has another row from the day of moving, which
    `follows` the one it takes the place of. The lowest `position` is the main office.
    """

    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    follows = ForeignKeyField("self", backref="+", null=True, on_delete="RESTRICT")
    name = CharField(max_length=120)
    address = CharField(max_length=240)
    phone = CharField(max_length=40, default="")
    note = CharField(max_length=240, default="")
    position = IntegerField(default=1)
    week = TextJSONField(default=list)
    others = TextJSONField(default=dict)
    starts = DateField()
    ends = DateField(null=True)
    made_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    changed_at = UtcDateTimeField()
    withdrawn_at = UtcDateTimeField(null=True)
    version = IntegerField(default=0)
