"""Files kept in the database, in chunks, so that app machines hold no state."""

from peewee import BlobField, CharField, ForeignKeyField, IntegerField, UUIDField

from cabinet.models.base import Base, UtcDateTimeField
from cabinet.models.people import User


class StoredFile(Base):
    """A file and what it is for (вложение)."""

    public_id = UUIDField(unique=True)
    purpose = CharField(max_length=32)
    name = CharField(max_length=240, default="")
    media_type = CharField(max_length=80)
    size = IntegerField()
    sha256 = CharField(max_length=64)
    owner = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    created_at = UtcDateTimeField()
    expires_at = UtcDateTimeField(null=True)


class FileChunk(Base):
    """A part of a file."""

    file = ForeignKeyField(StoredFile, backref="+", on_delete="CASCADE")
    number = IntegerField()
    body = BlobField()

    class Meta:
        """Parts are read in order."""

        indexes = ((("file", "number"), True),)
