"""The second factor of staff: a secret of one-time codes, and codes to recover."""

from peewee import BigIntegerField, CharField, ForeignKeyField

from cabinet.models.base import Base, UtcDateTimeField
from cabinet.models.people import User


class SecondFactor(Base):
    """A person's secret of one-time codes (второй фактор), encrypted.

    `last_step` is the step of the last code taken: the same code works once.
    """

    user = ForeignKeyField(User, backref="+", unique=True, on_delete="CASCADE")
    secret = CharField(max_length=240)
    last_step = BigIntegerField(default=0)
    created_at = UtcDateTimeField()
    confirmed_at = UtcDateTimeField(null=True)


class RecoveryCode(Base):
    """A code that replaces a lost telephone once (код восстановления), hashed."""

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    code_hash = CharField(max_length=64, unique=True)
    created_at = UtcDateTimeField()
    used_at = UtcDateTimeField(null=True)
