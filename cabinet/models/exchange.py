"""Imports: the batch of a file, the rows that did not pass, and operation codes."""

import uuid

from peewee import (
    SQL,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
    UUIDField,
)

from cabinet.domain.loads import LoadState
from cabinet.models.base import Base, TextJSONField, UtcDateTimeField, WordField
from cabinet.models.files import StoredFile
from cabinet.models.people import Branch, User


class ImportBatch(Base):
    """One file brought in (загрузка).

    `done` says how many of its rows are, `steps` in how many transactions; `layout` how
    the file is read and which column is what. `file` is kept while it may be needed. Of
    one without a `branch` the rows may be of any. A row that was given its account by
    hand is a batch of its own, a part of its file's (`part_of`).
    """

    public_id = UUIDField(unique=True, null=True, default=uuid.uuid4)
    key = CharField(max_length=32, null=True, unique=True)
    kind = CharField(max_length=32)
    file_name = CharField(max_length=240)
    sha256 = CharField(max_length=64)
    state = WordField(LoadState)
    branch = ForeignKeyField(Branch, backref="+", null=True, on_delete="RESTRICT")
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    started_at = UtcDateTimeField()
    finished_at = UtcDateTimeField(null=True)
    counts = TextJSONField(default=dict)
    control = TextJSONField(default=dict)
    layout = TextJSONField(null=True, default=dict)
    file = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    done = IntegerField(default=0)
    steps = IntegerField(default=0)
    tries = IntegerField(default=0)
    error = CharField(max_length=240, default="")
    undone_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    undone_at = UtcDateTimeField(null=True)
    undone_why = CharField(max_length=240, default="")
    part_of = ForeignKeyField("self", backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        """The same file is looked up by its hash."""

        indexes = ((("kind", "sha256"), False),)


ImportBatch.add_index(
    ImportBatch.kind,
    ImportBatch.sha256,
    unique=True,
    where=SQL("state IN ('running', 'committed', 'undoing') AND kind <> 'papers'"),
    name="import_batch_once",
)
# Every page with money leaves out what was taken back: few of very many.
ImportBatch.add_index(ImportBatch.state, name="import_batch_state")


class ImportStep(Base):
    """A part of a file that was taken in one transaction (часть загрузки).

    `changes` are the rows it changed: table, id (or those of rows changed alike), what
    stood there before (nothing of a new one) and after. Its number makes it happen once.
    """

    batch = ForeignKeyField(ImportBatch, backref="+", on_delete="RESTRICT")
    number = IntegerField()
    changes = TextJSONField(default=list)
    is_undone = BooleanField(default=False)

    class Meta:
        """Once per batch and number."""

        indexes = ((("batch", "number"), True),)


class ImportRow(Base):
    """A row that was refused, repeated or put into quarantine (карантин).

    `by`, `at` and `why` are of whoever gave a waiting row its account or set it aside.
    `file` is the one that the row names, while it waits.
    """

    batch = ForeignKeyField(ImportBatch, backref="+", on_delete="RESTRICT")
    line = IntegerField()
    state = CharField(max_length=24)
    column = CharField(max_length=60, default="")
    value = TextField(default="")
    reason = CharField(max_length=240)
    raw = TextJSONField(default=list)
    file = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    given = CharField(max_length=20, default="")
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    at = UtcDateTimeField(null=True)
    why = CharField(max_length=240, default="")


ImportRow.add_index(
    ImportRow.batch,
    where=SQL("state = 'quarantined'"),
    name="import_row_waiting",
)


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


class ColumnProfile(Base):
    """How another system's files of a kind are read (вид файла): saved, used again.

    One that is deleted stays a while, so that it may come back.
    """

    public_id = UUIDField(unique=True, default=uuid.uuid4)
    name = CharField(max_length=80, unique=True)
    kind = CharField(max_length=32)
    layout = TextJSONField(default=dict)
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    made_at = UtcDateTimeField()
    removed_at = UtcDateTimeField(null=True)
    removed_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
