"""Getting in and leaving: registration, links, second factors, documents, the seal."""

from peewee import (
    SQL,
    BigIntegerField,
    BooleanField,
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


class Branch(Model):
    class Meta:
        table_name = "branch"


class User(Model):
    class Meta:
        table_name = "user"


class Account(Model):
    class Meta:
        table_name = "account"


class AccountAccess(Model):
    class Meta:
        table_name = "account_access"


class OldConsent(Model):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    document = CharField(max_length=64)
    version = CharField(max_length=32)
    text_hash = CharField(max_length=64)
    given = BooleanField()
    at = DateTimeField()
    address_hash = CharField(max_length=64)
    channel = CharField(max_length=32)
    note = TextField()

    class Meta:
        table_name = "consent"


class Consent(Model):
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    registration_id = IntegerField(null=True, index=True)
    document = CharField(max_length=64)
    version = CharField(max_length=32)
    text_hash = CharField(max_length=64)
    given = BooleanField()
    at = DateTimeField()
    address_hash = CharField(max_length=64)
    channel = CharField(max_length=32)
    note = TextField()

    class Meta:
        table_name = "consent"


class Document(Model):
    code = CharField(max_length=64)
    version = CharField(max_length=32)
    title = CharField(max_length=160)
    text = TextField()
    text_hash = CharField(max_length=64)
    starts = DateField()

    class Meta:
        table_name = "document"
        indexes = ((("code", "version"), True),)


class RegistrationRequest(Model):
    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    state = CharField(max_length=24)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    account_number = CharField(max_length=24)
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    amount = BigIntegerField(null=True)
    receipt_code_hash = CharField(max_length=64, null=True)
    email = CharField(max_length=254)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    matched = JSONField()
    code_hash = CharField(max_length=64)
    code_tries = IntegerField()
    code_expires_at = DateTimeField(null=True)
    created_at = DateTimeField()
    confirmed_at = DateTimeField(null=True)
    decided_at = DateTimeField(null=True)
    decided_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    reason = CharField(max_length=40)
    access = ForeignKeyField(
        AccountAccess, backref="+", null=True, on_delete="RESTRICT"
    )
    address_hash = CharField(max_length=64)
    version = IntegerField()

    class Meta:
        table_name = "registration_request"


RegistrationRequest.add_index(
    RegistrationRequest.branch,
    RegistrationRequest.confirmed_at,
    where=SQL("state = 'waiting'"),
    name="registration_request_queue",
)
RegistrationRequest.add_index(
    RegistrationRequest.state,
    RegistrationRequest.created_at,
    name="registration_request_state",
)


class OneTimeToken(Model):
    token_hash = CharField(max_length=64, unique=True)
    purpose = CharField(max_length=24)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="CASCADE")
    context = JSONField()
    created_at = DateTimeField()
    expires_at = DateTimeField(index=True)
    used_at = DateTimeField(null=True)
    voided_at = DateTimeField(null=True)

    class Meta:
        table_name = "one_time_token"


class Invitation(Model):
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    invited_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    email = CharField(max_length=254)
    level = CharField(max_length=24)
    until = DateField(null=True)
    created_at = DateTimeField()
    access = ForeignKeyField(
        AccountAccess, backref="+", null=True, on_delete="RESTRICT"
    )
    revoked_at = DateTimeField(null=True)

    class Meta:
        table_name = "invitation"


class Subscription(Model):
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=32)
    since = DateTimeField()
    ended_at = DateTimeField(null=True)

    class Meta:
        table_name = "subscription"
        indexes = ((("user", "account", "kind"), True),)


class Leaving(Model):
    public_id = UUIDField(unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    requested_at = DateTimeField()
    due_at = DateTimeField(index=True)
    undone_at = DateTimeField(null=True)
    done_at = DateTimeField(null=True)
    act = JSONField()

    class Meta:
        table_name = "leaving"


Leaving.add_index(
    Leaving.user,
    unique=True,
    where=SQL("undone_at IS NULL AND done_at IS NULL"),
    name="leaving_open",
)


class SecondFactor(Model):
    user = ForeignKeyField(User, backref="+", unique=True, on_delete="CASCADE")
    secret = CharField(max_length=240)
    last_step = BigIntegerField()
    created_at = DateTimeField()
    confirmed_at = DateTimeField(null=True)

    class Meta:
        table_name = "second_factor"


class RecoveryCode(Model):
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    code_hash = CharField(max_length=64, unique=True)
    created_at = DateTimeField()
    used_at = DateTimeField(null=True)

    class Meta:
        table_name = "recovery_code"


class AuditSeal(Model):
    entry_id = IntegerField(unique=True)
    chain = CharField(max_length=64)
    sealed_at = DateTimeField()

    class Meta:
        table_name = "audit_seal"


TABLES = (
    Document,
    RegistrationRequest,
    OneTimeToken,
    Invitation,
    Subscription,
    Leaving,
    SecondFactor,
    RecoveryCode,
    AuditSeal,
)

COLUMNS = (
    ("branch", "opens_on_match", BooleanField(default=False)),
    ("branch", "least_evidence", BigIntegerField(default=50_00)),
    ("user", "erased_at", DateTimeField(null=True)),
    ("session", "has_factor", BooleanField(default=True)),
    ("session", "sure_until", DateTimeField(null=True)),
    (
        "account_access",
        "granted_by_id",
        ForeignKeyField(
            User, backref="+", field=User.id, null=True, on_delete="RESTRICT"
        ),
    ),
    ("outbox_message", "is_secret", BooleanField(default=False)),
)


#: What a consent holds before and after; its number is nobody's key.
KEPT = (
    "user",
    "document",
    "version",
    "text_hash",
    "given",
    "at",
    "address_hash",
    "channel",
    "note",
)


def up(migrator, db):
    """Add the columns and the tables; a consent may come before its user."""
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))
    _remake_consent(db, OldConsent, Consent)
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    _keep_append_only(db, "audit_seal")


def down(migrator, db):
    """Take the tables and the columns back."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES)
    _remake_consent(db, Consent, OldConsent)
    migrator.migrate(
        migrator.drop_index("account_access", "account_access_granted_by_id")
    )
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))


def _remake_consent(db, before, after):
    """Make the table anew: SQLite cannot let a column be empty later."""
    with db.bind_ctx([before], bind_refs=False, bind_backrefs=False):
        rows = [{name: row[name] for name in KEPT} for row in before.select().dicts()]
        db.drop_tables([before])
    with db.bind_ctx([after], bind_refs=False, bind_backrefs=False):
        db.create_tables([after], safe=False)
        for row in rows:
            after.insert(row).execute()
    _keep_append_only(db, "consent")


def _keep_append_only(db, table):
    is_sqlite = type(db).__name__.startswith("Sqlite")
    for act in ("UPDATE", "DELETE"):
        body = (
            f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        db.execute_sql(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {body}"
        )
