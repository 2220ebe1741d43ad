"""What the office sets: its changes, and shops at providers with encrypted secrets."""

from peewee import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    TextField,
)


class User(Model):
    class Meta:
        table_name = "user"


class SettingChange(Model):
    subject = CharField(max_length=80, index=True)
    before = JSONField()
    after = JSONField()
    by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    at = DateTimeField()
    reverts = ForeignKeyField(
        "self", backref="+", null=True, unique=True, on_delete="RESTRICT"
    )

    class Meta:
        table_name = "setting_change"


class AcquirerShop(Model):
    name = CharField(max_length=40)
    version = IntegerField()
    config = JSONField()
    secrets = TextField()
    is_on = BooleanField()
    made_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    made_at = DateTimeField()

    class Meta:
        table_name = "acquirer_shop"
        indexes = ((("name", "version"), True),)


TABLES = [SettingChange, AcquirerShop]
APPEND_ONLY = ("setting_change", "acquirer_shop")


def up(migrator, db):
    """Create the tables and the triggers that keep what was changed."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)
    is_sqlite = type(db).__name__.startswith("Sqlite")
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
    """Drop the tables."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES[::-1])
