"""Work for later and traces of work done: outbox, jobs, audit, limits."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField

from cabinet.domain.people import NoteKind
from cabinet.models.base import Base, TextJSONField, UtcDateTimeField, WordField
from cabinet.models.people import User


class OutboxMessage(Base):
    """A mail to be sent, written in the transaction of its act (исходящее письмо).

    What a secret one says (a link, a code) is forgotten once it has left.
    """

    kind = CharField(max_length=40)
    key = CharField(max_length=120, unique=True)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    recipient = CharField(max_length=254)
    context = TextJSONField(default=dict)
    created_at = UtcDateTimeField()
    not_before = UtcDateTimeField()
    lease_until = UtcDateTimeField(null=True)
    tries = IntegerField(default=0)
    sent_at = UtcDateTimeField(null=True)
    failed_at = UtcDateTimeField(null=True)
    error = CharField(max_length=240, default="")
    is_secret = BooleanField(default=False)

    class Meta:
        """What is due is found by its moment."""

        indexes = ((("sent_at", "failed_at", "not_before"), False),)


class HomeNote(Base):
    """What is told in the cabinet to whom letters do not reach (сообщение в кабинете).

    It stands on the home page from `not_before` until its reader closes it.
    """

    kind = WordField(NoteKind)
    key = CharField(max_length=120, unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    context = TextJSONField(default=dict)
    created_at = UtcDateTimeField()
    not_before = UtcDateTimeField()
    closed_at = UtcDateTimeField(null=True)


class Job(Base):
    """Work that a worker picks up, at least once (задание)."""

    kind = CharField(max_length=40)
    key = CharField(max_length=120, unique=True)
    context = TextJSONField(default=dict)
    run_at = UtcDateTimeField()
    lease_until = UtcDateTimeField(null=True)
    tries = IntegerField(default=0)
    progress = TextJSONField(default=dict)
    done_at = UtcDateTimeField(null=True)
    failed_at = UtcDateTimeField(null=True)
    error = CharField(max_length=240, default="")

    class Meta:
        """What is due is found by its moment."""

        indexes = ((("done_at", "failed_at", "run_at"), False),)


class Beat(Base):
    """When a part of the worker was last alive (отметка работника), and what it counted.

    `told` is of the last time it counted something, empty for who only lives.
    """

    name = CharField(max_length=40, unique=True)
    at = UtcDateTimeField()
    told = TextJSONField(default=dict)


class AuditEntry(Base):
    """Who did what to whose data (журнал); append only, ids and no names."""

    at = UtcDateTimeField(index=True)
    actor_id = IntegerField(null=True)
    action = CharField(max_length=60)
    subject = CharField(max_length=80, default="")
    account_id = IntegerField(null=True, index=True)
    address_hash = CharField(max_length=64, default="")
    details = TextJSONField(default=dict)


class AuditSeal(Base):
    """A link of the chain over the audit log (печать журнала); append only.

    `chain` is the keyed hash of the link before and of the entry.
    """

    entry_id = IntegerField(unique=True)
    chain = CharField(max_length=64)
    sealed_at = UtcDateTimeField()


class AuditCut(Base):
    """Where the log begins since its oldest entries were removed by their term.

    `entry_id` is the last one removed, `chain` its seal's, `count` how many were removed
    so far; `mark` is the keyed hash of all that and of the mark before. Append only.
    """

    entry_id = IntegerField(unique=True)
    chain = CharField(max_length=64)
    count = IntegerField()
    cut_at = UtcDateTimeField()
    mark = CharField(max_length=64)


class Attempt(Base):
    """How often something was tried in a span of time (счётчик попыток)."""

    key = CharField(max_length=64)
    span = CharField(max_length=32)
    count = IntegerField()
    expires_at = UtcDateTimeField(index=True)

    class Meta:
        """One counter a key and a span."""

        indexes = ((("key", "span"), True),)
