"""What the office sets: each change of it, and the shops whose secrets are encrypted."""

from peewee import (
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from cabinet.models.base import Base, TextJSONField, UtcDateTimeField
from cabinet.models.people import User


class SettingChange(Base):
    """One change of what is set (изменение настроек); append only, ids and no secrets.

    `before` and `after` have the same names. One that puts back another's `before` names
    it in `reverts`, so that nothing is put back twice. The last one of a subject is its
    version.
    """

    subject = CharField(max_length=80, index=True)
    before = TextJSONField(default=dict)
    after = TextJSONField(default=dict)
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    at = UtcDateTimeField()
    reverts = ForeignKeyField(
        "self", backref="+", null=True, unique=True, on_delete="RESTRICT"
    )


class AcquirerShop(Base):
    """A shop at a provider as it stands since a change of it (магазин у эквайера).

    A change is another row, the last one of a name holds: whoever was quicker has the
    version, and what was can be put back with its secrets. `secrets` are encrypted with
    a key that does not lie in the database.
    """

    name = CharField(max_length=40)
    version = IntegerField()
    config = TextJSONField(default=dict)
    secrets = TextField(default="")
    is_on = BooleanField(default=True)
    made_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    made_at = UtcDateTimeField()

    class Meta:
        """Every version of a shop once."""

        indexes = ((("name", "version"), True),)
