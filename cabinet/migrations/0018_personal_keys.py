"""Keys that let programs in under a person's name."""

from peewee import CharField, DateTimeField, ForeignKeyField, Model


class User(Model):
    class Meta:
        table_name = "user"


class PersonalKey(Model):
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    scope = CharField(max_length=24)
    name = CharField(max_length=60)
    secret_hash = CharField(max_length=64, unique=True)
    form_key = CharField(max_length=32, unique=True)
    created_at = DateTimeField()
    last_used_at = DateTimeField(null=True)
    revoked_at = DateTimeField(null=True)

    class Meta:
        table_name = "personal_key"


def up(migrator, db):
    """Create the table."""
    with db.bind_ctx([PersonalKey], bind_refs=False, bind_backrefs=False):
        db.create_tables([PersonalKey], safe=False)


def down(migrator, db):
    """Drop the table."""
    with db.bind_ctx([PersonalKey], bind_refs=False, bind_backrefs=False):
        db.drop_tables([PersonalKey])
