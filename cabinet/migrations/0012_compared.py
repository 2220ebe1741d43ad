"""Requests of which nothing was compared, for there were too many, say so."""

from peewee import BooleanField


def up(migrator, db):
    """Add whether facts were compared; of older requests it is taken that they were."""
    migrator.migrate(
        migrator.add_column(
            "registration_request", "is_compared", BooleanField(default=True)
        )
    )


def down(migrator, db):
    """Go back."""
    migrator.migrate(
        migrator.drop_column("registration_request", "is_compared", cascade=False)
    )
