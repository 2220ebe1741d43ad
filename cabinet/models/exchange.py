"""Imports: the batch of a file, the rows that did not pass, and operation codes."""

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from cabinet.models.base import Base, TextJSONField, UtcDateTimeField
from cabinet.models.people import User


class ImportBatch(Base):
    """One file brought in (загрузка)."""

    kind = CharField(max_length=32)
    file_name = CharField(max_length=240)
    sha256 = CharField(max_length=64)
    state = CharField(max_length=24)
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    started_at = UtcDateTimeField()
    finished_at = UtcDateTimeField(null=True)
    counts = TextJSONField(default=dict)
    control = TextJSONField(default=dict)

    class Meta:
        """The same file is looked up by its hash."""

        indexes = ((("kind", "sha256"), False),)


class ImportRow(Base):
    """A row that was refused, repeated or put into quarantine (карантин)."""

    batch = ForeignKeyField(ImportBatch, backref="+", on_delete="RESTRICT")
    line = IntegerField()
    state = CharField(max_length=24)
    column = CharField(max_length=60, default="")
    value = TextField(default="")
    reason = CharField(max_length=240)
    raw = TextJSONField(default=list)


class ImportClaim(Base):
    """An operation of an outside system that has been taken in, once.

    The unique pair decides when the same operation comes again in another file; taking
    a batch back deletes its claims.
    """

    kind = CharField(max_length=32)
    code = CharField(max_length=120)
    batch = ForeignKeyField(ImportBatch, backref="+", on_delete="RESTRICT")

    class Meta:
        """Once per kind and code."""

        indexes = ((("kind", "code"), True),)
