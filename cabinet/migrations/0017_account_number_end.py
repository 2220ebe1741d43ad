"""Accounts are found by the end of their number: its last three digits are an index."""

from peewee import SqliteDatabase


def up(migrator, db):
    """Create the index; the expression is the one that the search asks by."""
    end = "substr(number, -3)" if isinstance(db, SqliteDatabase) else "right(number, 3)"
    db.execute_sql(f"CREATE INDEX account_number_end ON account ({end})")


def down(migrator, db):
    """Drop it."""
    db.execute_sql("DROP INDEX account_number_end")
