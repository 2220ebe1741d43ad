"""What a bill reads among years of readings is found without reading all of them.

Postgres guesses from a sample how many rows an account or a meter has. Rows of one meter
lie side by side, so a sample sees few meters, and takes ten or twenty times as many rows
for one's: readings of 500 accounts were then sought by reading every meter there is. It is
told now that one in twenty differs.
"""

from peewee import SqliteDatabase

#: Columns of which Postgres is told the share of different values.
SHARED = (
    ("reading", "meter_id"),
    ("bill", "account_id"),
    ("ledger_entry", "account_id"),
)


def up(migrator, db):
    """Make the index of what no bill has counted, and tell the shares."""
    db.execute_sql(
        'CREATE INDEX "reading_to_count" ON "reading" ("meter_id", "period")'
        " WHERE state IN ('submitted', 'accepted')"
    )
    _tell(db, "SET (n_distinct = -0.05)")


def down(migrator, db):
    """Drop the index, and let Postgres guess again."""
    db.execute_sql('DROP INDEX "reading_to_count"')
    _tell(db, "RESET (n_distinct)")


def _tell(db, words):
    if isinstance(db, SqliteDatabase):
        return
    for table, column in SHARED:
        db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" {words}')
        db.execute_sql(f'ANALYZE "{table}" ("{column}")')
