"""When the parts of the worker were last alive; the payments that are open, by age."""

from peewee import SQL, CharField, DateTimeField, JSONField, Model


class Beat(Model):
    name = CharField(max_length=40, unique=True)
    at = DateTimeField()
    told = JSONField(default=dict)

    class Meta:
        table_name = "beat"


class Payment(Model):
    created_at = DateTimeField()

    class Meta:
        table_name = "payment"


OPEN = Payment.index(
    Payment.created_at, where=SQL("final_at IS NULL"), name="payment_open"
)


def up(migrator, db):
    """Create the table and the index."""
    with db.bind_ctx([Beat, Payment], bind_refs=False, bind_backrefs=False):
        db.create_tables([Beat], safe=False)
        db.execute(OPEN)


def down(migrator, db):
    """Drop them."""
    db.execute_sql("DROP INDEX payment_open")
    with db.bind_ctx([Beat], bind_refs=False, bind_backrefs=False):
        db.drop_tables([Beat])
