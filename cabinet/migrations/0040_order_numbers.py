"""An order's number may have 36 signs, as T-Bank takes them: several accounts fit into it.

SQLite keeps texts of any length. Going back leaves the column as it is: the numbers that
were made meanwhile are kept whole.
"""

from peewee import SqliteDatabase


def up(migrator, db):
    """Make the column wider; Postgres writes no row anew for that."""
    if not isinstance(db, SqliteDatabase):
        db.execute_sql(
            'ALTER TABLE "payment_attempt" ALTER COLUMN "number" TYPE VARCHAR(36)'
        )


def down(migrator, db):
    """Leave it as wide."""
