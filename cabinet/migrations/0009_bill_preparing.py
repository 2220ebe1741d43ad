"""Runs that are prepared slice by slice by a worker."""

from peewee import CharField, DateTimeField, IntegerField, JSONField

COLUMNS = (
    ("bill_run", "moved_at", DateTimeField(null=True)),
    ("bill_run", "fault", CharField(max_length=120, default="")),
    ("bill_slice", "prepared_to", IntegerField(default=0)),
    ("bill_slice", "counts", JSONField(default="{}")),
)
OPEN = "'prepared', 'issuing', 'issued', 'publishing'"


def up(migrator, db):
    """Add the columns, and count a run that is being prepared as open."""
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))
    db.execute_sql("UPDATE bill_slice SET prepared_to = last_id")
    _index(db, f"'preparing', {OPEN}")


def down(migrator, db):
    """Drop the columns; a run that is being prepared is given up."""
    db.execute_sql("UPDATE bill_run SET state = 'cancelled' WHERE state = 'preparing'")
    _index(db, OPEN)
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))


def _index(db, states):
    """Let a branch have at most one run of a month in one of the states."""
    db.execute_sql("DROP INDEX bill_run_open")
    db.execute_sql(
        "CREATE UNIQUE INDEX bill_run_open ON bill_run (branch_id, month)"
        f" WHERE state IN ({states})"
    )
