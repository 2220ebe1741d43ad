"""What the office tells everybody."""

from peewee import (
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    TextField,
    UUIDField,
)

from cabinet.domain.announcements import AnnouncementKind
from cabinet.models.base import Base, UtcDateTimeField, WordField
from cabinet.models.people import Branch, User


class Announcement(Base):
    """A text shown from its first day to its last one (объявление); Markdown.

    Without a branch it is for all of them. What is withdrawn is shown no more. Of a benefit
    it says beside its text whom it is for, which papers it takes and where the law has it.
    """

    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    kind = WordField(AnnouncementKind)
    branch = ForeignKeyField(Branch, backref="+", null=True, on_delete="RESTRICT")
    title = CharField(max_length=160)
    text = TextField()
    whom = TextField(default="")
    papers = TextField(default="")
    law = TextField(default="")
    starts = DateField()
    ends = DateField(null=True)
    made_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    changed_at = UtcDateTimeField()
    withdrawn_at = UtcDateTimeField(null=True)
    version = IntegerField(default=0)


Announcement.add_index(Announcement.starts, name="announcement_starts")
