"""What is told in the cabinet, and keyed hashes of where people come from."""

from peewee import (
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SqliteDatabase,
)


class User(Model):
    """The table as it stands."""

    class Meta:
        """The name it has."""

        table_name = "user"


class HomeNote(Model):
    """What is told in the cabinet."""

    kind = CharField(max_length=24)
    key = CharField(max_length=120, unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    context = JSONField()
    created_at = DateTimeField()
    not_before = DateTimeField()
    closed_at = DateTimeField(null=True)

    class Meta:
        """The name it gets."""

        table_name = "home_note"
        legacy_table_names = False


class AuditCut(Model):
    """Where the log begins since its oldest entries were removed."""

    entry_id = IntegerField(unique=True)
    chain = CharField(max_length=64)
    count = IntegerField()
    cut_at = DateTimeField()
    mark = CharField(max_length=64)

    class Meta:
        """The name it gets."""

        table_name = "audit_cut"


#: Tables of which the oldest rows may be removed by their term, and their column.
LOG = {"audit_entry": "id", "audit_seal": "entry_id"}
REMOVED = "COALESCE((SELECT MAX(entry_id) FROM audit_cut), -1)"


def up(migrator, db):
    """Add the table and the columns; who was not erased gets a key."""
    for table in (HomeNote, AuditCut):
        table.bind(db)
        db.create_tables([table], safe=False)
    field = CharField(max_length=32, default="")
    migrator.migrate(migrator.add_column("user", "address_key", field))
    field = CharField(max_length=64, default="")
    migrator.migrate(migrator.add_column("session", "network", field))
    on_sqlite = isinstance(db, SqliteDatabase)
    _keep(db, "audit_cut", on_sqlite, ("UPDATE", "DELETE"))
    if not on_sqlite:
        db.execute_sql(
            "CREATE FUNCTION refuse_unless_removed() RETURNS trigger AS $$ BEGIN"
            f" IF (to_jsonb(OLD) ->> TG_ARGV[0])::bigint > {REMOVED} THEN"
            " RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append only';"
            " END IF; RETURN OLD; END $$ LANGUAGE plpgsql"
        )
    for name, column in LOG.items():
        _drop(db, name, on_sqlite)
        _keep(db, name, on_sqlite, ("DELETE",), column)
    key = (
        "lower(hex(randomblob(16)))"
        if on_sqlite
        else "replace(CAST(gen_random_uuid() AS text), '-', '')"
    )
    db.execute_sql(
        f'UPDATE "user" SET address_key = {key}'  # noqa: S608 - our own words
        " WHERE erased_at IS NULL"
    )


def down(migrator, db):
    """Drop all of it; what was removed from the log stays removed."""
    on_sqlite = isinstance(db, SqliteDatabase)
    for name in LOG:
        _drop(db, name, on_sqlite)
        _keep(db, name, on_sqlite, ("DELETE",))
    if not on_sqlite:
        db.execute_sql("DROP FUNCTION refuse_unless_removed()")
    migrator.migrate(migrator.drop_column("session", "network", cascade=False))
    migrator.migrate(migrator.drop_column("user", "address_key", cascade=False))
    for table in (AuditCut, HomeNote):
        table.bind(db)
        db.drop_tables([table], safe=False)


def _keep(db, table, on_sqlite, acts, column=""):
    """Refuse the acts; with a column, only for rows above what was removed."""
    for act in acts:
        when = f" WHEN OLD.{column} > {REMOVED}" if column else ""
        function = f"refuse_unless_removed('{column}')" if column else "refuse_change()"
        body = (
            f"{when} BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
            if on_sqlite
            else f" FOR EACH ROW EXECUTE FUNCTION {function}"
        )
        db.execute_sql(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}{body}"
        )


def _drop(db, table, on_sqlite):
    on = "" if on_sqlite else f" ON {table}"
    db.execute_sql(f"DROP TRIGGER {table}_no_delete{on}")
