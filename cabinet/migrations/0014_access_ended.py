"""Accesses that specialists ended, and since when a contract has its present holder."""

from peewee import CharField, DateField, DateTimeField, ForeignKeyField, Model


class AccountAccess(Model):
    """The table as it stands."""

    class Meta:
        """The name it has."""

        table_name = "account_access"


class User(Model):
    """The table as it stands."""

    class Meta:
        """The name it has."""

        table_name = "user"


class AccessRemoval(Model):
    """An access that a specialist ended."""

    access = ForeignKeyField(AccountAccess, backref="+", on_delete="RESTRICT")
    reason = CharField(max_length=24)
    holder_since = DateField(null=True)
    holder_before = DateField(null=True)
    made_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    made_at = DateTimeField()
    undone_at = DateTimeField(null=True)

    class Meta:
        """The name it gets."""

        table_name = "access_removal"


def up(migrator, db):
    """Add the table and the column."""
    AccessRemoval.bind(db)
    db.create_tables([AccessRemoval], safe=False)
    field = DateField(null=True)
    migrator.migrate(migrator.add_column("account", "holder_since", field))


def down(migrator, db):
    """Drop both."""
    migrator.migrate(migrator.drop_column("account", "holder_since", cascade=False))
    AccessRemoval.bind(db)
    db.drop_tables([AccessRemoval], safe=False)
