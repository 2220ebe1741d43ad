"""Requests for work on a meter (заявки), what became of them, and crews."""

from peewee import (
    SQL,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    TextField,
    UUIDField,
)

from cabinet.domain.requests import Hours, RequestAct, RequestKind, RequestState
from cabinet.models.accounts import Account
from cabinet.models.base import Base, TextJSONField, UtcDateTimeField, WordField
from cabinet.models.files import StoredFile
from cabinet.models.meters import Meter
from cabinet.models.people import Branch, User


class Crew(Base):
    """Who comes to customers (бригада), since when, and how many visits a day."""

    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    key = CharField(max_length=64, unique=True)
    name = CharField(max_length=80)
    starts = DateField()
    ends = DateField(null=True)
    visits = IntegerField()
    created_at = UtcDateTimeField()


class ServiceRequest(Base):
    """A request of an account's for work on a meter.

    Its number is the id. `slot` says what it is for while it is not over: an account
    asks for a thing once. Without `asked_by` a specialist wrote it down, who is `taken_by`.
    `first_choice`, `second_choice` and `hours` are the customer's wish. `due_on` is by when
    the next thing happens. `reason` is that of the last refusal or visit in vain, `note` what
    the specialist wrote to the customer, `act` the number of the paper it ended with.
    """

    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    slot = CharField(max_length=80, null=True, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    meter = ForeignKeyField(Meter, backref="+", null=True, on_delete="RESTRICT")
    kind = WordField(RequestKind)
    state = WordField(RequestState, default=RequestState.RECEIVED)
    first_choice = DateField(null=True)
    second_choice = DateField(null=True)
    hours = WordField(Hours, default=Hours.ANY)
    phone = CharField(max_length=24, default="")
    words = TextField(default="")
    photo = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    asked_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    taken_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    created_at = UtcDateTimeField()
    changed_at = UtcDateTimeField()
    due_on = DateField()
    planned_on = DateField(null=True)
    planned_hours = WordField(Hours, null=True)
    crew = ForeignKeyField(Crew, backref="+", null=True, on_delete="RESTRICT")
    reason = CharField(max_length=24, default="")
    note = CharField(max_length=500, default="")
    act = CharField(max_length=40, default="")
    version = IntegerField(default=0)


ServiceRequest.add_index(
    ServiceRequest.branch,
    ServiceRequest.due_on,
    where=SQL("state IN ('received', 'planned', 'missed')"),
    name="service_request_queue",
)
ServiceRequest.add_index(
    ServiceRequest.crew, ServiceRequest.planned_on, name="service_request_visit"
)
ServiceRequest.add_index(
    ServiceRequest.account, ServiceRequest.created_at, name="service_request_account"
)


class ServiceRequestStep(Base):
    """What was done with a request; numbered, never changed.

    `before` is what the row said until then, and what finishing changed of the meters:
    ids, days and registers, nothing that somebody typed.
    """

    request = ForeignKeyField(ServiceRequest, backref="+", on_delete="RESTRICT")
    number = IntegerField()
    act = WordField(RequestAct)
    state = WordField(RequestState)
    at = UtcDateTimeField()
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    details = TextJSONField(default=dict)
    before = TextJSONField(default=dict)

    class Meta:
        """Of two who act at once one is the next."""

        indexes = ((("request", "number"), True),)
