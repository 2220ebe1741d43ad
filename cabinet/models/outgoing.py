"""Files that leave for other systems (выгрузки), and the shapes saved for them."""

from peewee import (
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
    UUIDField,
)

from cabinet.domain.outgoing import Encoding, OutFormat, OutKind, OutState
from cabinet.models.base import (
    Base,
    MonthField,
    TextJSONField,
    UtcDateTimeField,
    WordField,
)
from cabinet.models.files import StoredFile
from cabinet.models.meters import Reading
from cabinet.models.people import Branch, User


class OutProfile(Base):
    """The shape in which another system wants a kind of file (профиль выгрузки)."""

    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    kind = WordField(OutKind)
    columns = TextField()
    encoding = WordField(Encoding)
    delimiter = CharField(max_length=1)
    decimal = CharField(max_length=1, default=",")
    has_header = BooleanField(default=True)

    class Meta:
        """One for each kind in a branch."""

        indexes = ((("branch", "kind"), True),)


class OutFile(Base):
    """A file made for another system (выгрузка).

    `number` counts the files of the kind for the month in the branch. `options` are what
    was asked for, `counts` what is in it.
    """

    public_id = UUIDField(unique=True)
    key = CharField(max_length=32, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    kind = WordField(OutKind)
    format = WordField(OutFormat)
    month = MonthField()
    number = IntegerField()
    state = WordField(OutState, default=OutState.ASKED)
    options = TextJSONField(default=dict)
    counts = TextJSONField(default=dict)
    asked_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    asked_at = UtcDateTimeField()
    made_at = UtcDateTimeField(null=True)
    name = CharField(max_length=160, default="")
    file = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    error = CharField(max_length=120, default="")

    class Meta:
        """Numbers of a month's files follow one another."""

        indexes = ((("branch", "kind", "month", "number"), True),)


class OutReading(Base):
    """A reading that went to billing, in exactly one file."""

    out = ForeignKeyField(OutFile, backref="+", on_delete="RESTRICT")
    reading = ForeignKeyField(Reading, backref="+", unique=True, on_delete="RESTRICT")
