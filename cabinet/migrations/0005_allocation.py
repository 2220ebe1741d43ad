"""What operators said of the month a payment is for."""

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, Model


class LedgerEntry(Model):
    class Meta:
        table_name = "ledger_entry"


class User(Model):
    class Meta:
        table_name = "user"


class Allocation(Model):
    entry = ForeignKeyField(LedgerEntry, backref="+", on_delete="RESTRICT")
    month = IntegerField()
    made_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    reason = CharField(max_length=240)
    at = DateTimeField()

    class Meta:
        table_name = "allocation"


def up(migrator, db):
    """Create the table and its triggers."""
    with db.bind_ctx([Allocation], bind_refs=False, bind_backrefs=False):
        db.create_tables([Allocation], safe=False)
    is_sqlite = type(db).__name__.startswith("Sqlite")
    for act in ("UPDATE", "DELETE"):
        body = (
            "BEGIN SELECT RAISE(ABORT, 'allocation is append only'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        db.execute_sql(
            f"CREATE TRIGGER allocation_no_{act.lower()}"
            f" BEFORE {act} ON allocation {body}"
        )


def down(migrator, db):
    """Drop the table."""
    with db.bind_ctx([Allocation], bind_refs=False, bind_backrefs=False):
        db.drop_tables([Allocation])
