"""People, accounts, meters, and what brings them in."""

from peewee import (
    SQL,
    BigIntegerField,
    BlobField,
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
    code = CharField(max_length=32, unique=True)
    name = CharField(max_length=120)
    region = CharField(max_length=120)
    time_zone = CharField(max_length=64)
    window_first = IntegerField()
    window_last = IntegerField()
    own_billing = BooleanField()
    unusual_floor = BigIntegerField(null=True)
    company = CharField(max_length=160)
    inn = CharField(max_length=12)
    kpp = CharField(max_length=9)
    bic = CharField(max_length=9)
    bank = CharField(max_length=120)
    settlement_account = CharField(max_length=20)
    correspondent_account = CharField(max_length=20)
    address = CharField(max_length=240)
    phone = CharField(max_length=40)
    hours = CharField(max_length=120)
    email = CharField(max_length=254)
    site = CharField(max_length=120)

    class Meta:
        table_name = "branch"


class User(Model):
    email = CharField(max_length=254, null=True, unique=True)
    name = CharField(max_length=160)
    password_hash = CharField(max_length=255, null=True)
    role = CharField(max_length=24)
    created_at = DateTimeField()
    disabled_at = DateTimeField(null=True)

    class Meta:
        table_name = "user"


class StaffBranch(Model):
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    branch = ForeignKeyField(Branch, backref="+", on_delete="CASCADE")

    class Meta:
        table_name = "staff_branch"
        indexes = ((("user", "branch"), True),)


class Session(Model):
    sid_hash = CharField(max_length=64, unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    account_id = IntegerField(null=True)
    created_at = DateTimeField()
    last_seen_at = DateTimeField()
    expires_at = DateTimeField()
    idle_minutes = IntegerField(null=True)
    device = CharField(max_length=120)
    revoked_at = DateTimeField(null=True)

    class Meta:
        table_name = "session"


class Consent(Model):
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


class ImportBatch(Model):
    kind = CharField(max_length=32)
    file_name = CharField(max_length=240)
    sha256 = CharField(max_length=64)
    state = CharField(max_length=24)
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    started_at = DateTimeField()
    finished_at = DateTimeField(null=True)
    counts = JSONField()
    control = JSONField()

    class Meta:
        table_name = "import_batch"
        indexes = ((("kind", "sha256"), False),)


class ImportRow(Model):
    batch = ForeignKeyField(ImportBatch, backref="+", on_delete="RESTRICT")
    line = IntegerField()
    state = CharField(max_length=24)
    column = CharField(max_length=60)
    value = TextField()
    reason = CharField(max_length=240)
    raw = JSONField()

    class Meta:
        table_name = "import_row"


class ImportClaim(Model):
    kind = CharField(max_length=32)
    code = CharField(max_length=120)
    batch = ForeignKeyField(ImportBatch, backref="+", on_delete="RESTRICT")

    class Meta:
        table_name = "import_claim"
        indexes = ((("kind", "code"), True),)


class StoredFile(Model):
    public_id = UUIDField(unique=True)
    purpose = CharField(max_length=32)
    name = CharField(max_length=240)
    media_type = CharField(max_length=80)
    size = IntegerField()
    sha256 = CharField(max_length=64)
    owner = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    created_at = DateTimeField()
    expires_at = DateTimeField(null=True)

    class Meta:
        table_name = "stored_file"


class FileChunk(Model):
    file = ForeignKeyField(StoredFile, backref="+", on_delete="CASCADE")
    number = IntegerField()
    body = BlobField()

    class Meta:
        table_name = "file_chunk"
        indexes = ((("file", "number"), True),)


class Account(Model):
    number = CharField(max_length=24, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=24)
    holder = CharField(max_length=240)
    address = CharField(max_length=400)
    category = CharField(max_length=24)
    residents = IntegerField()
    rooms = IntegerField(null=True)
    norm = BigIntegerField(null=True)
    area = IntegerField(null=True)
    els = CharField(max_length=10, null=True)
    izhku = CharField(max_length=13, null=True)
    phone = CharField(max_length=24)
    opened_on = DateField(null=True)
    closed_on = DateField(null=True)
    balance = BigIntegerField()
    batch = ForeignKeyField(ImportBatch, backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        table_name = "account"


class AccountAccess(Model):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    level = CharField(max_length=24)
    slug = CharField(max_length=16)
    label = CharField(max_length=60)
    position = IntegerField()
    evidence = CharField(max_length=60)
    since = DateField(null=True)
    until = DateField(null=True)
    granted_at = DateTimeField()
    ended_at = DateTimeField(null=True)

    class Meta:
        table_name = "account_access"
        indexes = ((("user", "slug"), True),)


AccountAccess.add_index(
    AccountAccess.user,
    AccountAccess.account,
    unique=True,
    where=SQL("ended_at IS NULL"),
    name="account_access_live",
)


class Meter(Model):
    public_id = UUIDField(unique=True)
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    serial = CharField(max_length=40)
    model = CharField(max_length=80)
    zones = IntegerField()
    digits = IntegerField()
    decimals = IntegerField()
    ratio = IntegerField()
    phases = IntegerField()
    place = CharField(max_length=120)
    installed_on = DateField(null=True)
    removed_on = DateField(null=True)
    opening_on = DateField()
    opening_t1 = BigIntegerField()
    opening_t2 = BigIntegerField(null=True)
    opening_t3 = BigIntegerField(null=True)
    closing_t1 = BigIntegerField(null=True)
    closing_t2 = BigIntegerField(null=True)
    closing_t3 = BigIntegerField(null=True)
    verified_until = DateField(null=True)
    status = CharField(max_length=24)
    batch = ForeignKeyField(ImportBatch, backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        table_name = "meter"
        indexes = ((("account", "serial"), True),)


class Reading(Model):
    public_id = UUIDField(unique=True)
    meter = ForeignKeyField(Meter, backref="+", on_delete="RESTRICT")
    period = IntegerField()
    t1 = BigIntegerField()
    t2 = BigIntegerField(null=True)
    t3 = BigIntegerField(null=True)
    taken_on = DateField()
    received_at = DateTimeField()
    source = CharField(max_length=24)
    state = CharField(max_length=24)
    key = CharField(max_length=64, null=True)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    rolled_over = BooleanField()
    answers = JSONField()
    told = JSONField()
    comment = TextField()
    reason = CharField(max_length=240)
    photo = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    supersedes = ForeignKeyField("self", backref="+", null=True, on_delete="RESTRICT")
    counted_in = IntegerField(null=True)
    reviewed_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    reviewed_at = DateTimeField(null=True)
    version = IntegerField()
    batch = ForeignKeyField(ImportBatch, backref="+", null=True, on_delete="RESTRICT")

    class Meta:
        table_name = "reading"
        indexes = (
            (("meter", "period"), False),
            (("meter", "key"), True),
        )


Reading.add_index(
    Reading.meter,
    Reading.period,
    unique=True,
    where=SQL(
        "state IN ('submitted', 'needs_review', 'accepted', 'counted') AND source <> 'estimate'"
    ),
    name="reading_current",
)


Reading.add_index(
    Reading.received_at,
    where=SQL("state = 'needs_review'"),
    name="reading_review_queue",
)


TABLES = (
    Branch,
    User,
    StaffBranch,
    Session,
    Consent,
    ImportBatch,
    ImportRow,
    ImportClaim,
    StoredFile,
    FileChunk,
    Account,
    AccountAccess,
    Meter,
    Reading,
)

APPEND_ONLY = ("consent",)


def up(migrator, db):
    """Create every table and the triggers of the append-only ones."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    is_sqlite = type(db).__name__.startswith("Sqlite")
    if not is_sqlite:
        db.execute_sql(
            "CREATE FUNCTION refuse_change() RETURNS trigger AS $$"
            " BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append only'; END"
            " $$ LANGUAGE plpgsql"
        )
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            body = (
                f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
                if is_sqlite
                else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            db.execute_sql(
                f"CREATE TRIGGER {table}_no_{act.lower()}"
                f" BEFORE {act} ON {table} {body}"
            )


def down(migrator, db):
    """Drop every table."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES)
    if not type(db).__name__.startswith("Sqlite"):
        db.execute_sql("DROP FUNCTION refuse_change()")
