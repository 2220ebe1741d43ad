"""Requests for work on a meter, what became of them, and crews."""

from peewee import (
    SQL,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    TextField,
    UUIDField,
)

STEPS = "service_request_step"


class Account(Model):
    class Meta:
        table_name = "account"


class Branch(Model):
    class Meta:
        table_name = "branch"


class Meter(Model):
    class Meta:
        table_name = "meter"


class User(Model):
    class Meta:
        table_name = "user"


class StoredFile(Model):
    class Meta:
        table_name = "stored_file"


class Crew(Model):
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    key = CharField(max_length=64, unique=True)
    name = CharField(max_length=80)
    starts = DateField()
    ends = DateField(null=True)
    visits = IntegerField()
    created_at = DateTimeField()

    class Meta:
        table_name = "crew"


class ServiceRequest(Model):
    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    slot = CharField(max_length=80, null=True, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    meter = ForeignKeyField(Meter, backref="+", null=True, on_delete="RESTRICT")
    kind = CharField(max_length=24)
    state = CharField(max_length=24, default="received")
    first_choice = DateField(null=True)
    second_choice = DateField(null=True)
    hours = CharField(max_length=24, default="any")
    phone = CharField(max_length=24, default="")
    words = TextField(default="")
    photo = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    asked_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    taken_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    created_at = DateTimeField()
    changed_at = DateTimeField()
    due_on = DateField()
    planned_on = DateField(null=True)
    planned_hours = CharField(max_length=24, null=True)
    crew = ForeignKeyField(Crew, backref="+", null=True, on_delete="RESTRICT")
    reason = CharField(max_length=24, default="")
    note = CharField(max_length=500, default="")
    act = CharField(max_length=40, default="")
    version = IntegerField(default=0)

    class Meta:
        table_name = "service_request"


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


class ServiceRequestStep(Model):
    request = ForeignKeyField(ServiceRequest, backref="+", on_delete="RESTRICT")
    number = IntegerField()
    act = CharField(max_length=24)
    state = CharField(max_length=24)
    at = DateTimeField()
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    details = JSONField(default=dict)
    before = JSONField(default=dict)

    class Meta:
        table_name = STEPS
        indexes = ((("request", "number"), True),)


TABLES = [Crew, ServiceRequest, ServiceRequestStep]


def up(migrator, db):
    """Create the tables and the triggers of the append-only one."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    is_sqlite = type(db).__name__.startswith("Sqlite")
    for act in ("UPDATE", "DELETE"):
        body = (
            f"BEGIN SELECT RAISE(ABORT, '{STEPS} is append only'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        db.execute_sql(
            f"CREATE TRIGGER {STEPS}_no_{act.lower()} BEFORE {act} ON {STEPS} {body}"
        )


def down(migrator, db):
    """Drop the tables."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES[::-1])
