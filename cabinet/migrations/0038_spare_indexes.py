"""Indexes that cost every reading and every bill and find nothing another would not.

What a longer index begins with needs none of its own; and of a reference that is seldom
set only the rows that have one are kept. A reading that a bill counts is written with 5
keys instead of 11.
"""

#: Indexes of a column that another index begins with, and their tables.
SPARE = (
    ("bill_account_id", "bill", "account_id"),
    ("billdraft_run_id", "bill_draft", "run_id"),
    ("ledgerentry_account_id", "ledger_entry", "account_id"),
    ("meter_account_id", "meter", "account_id"),
    ("reading_meter_id", "reading", "meter_id"),
)
#: Indexes of references that few rows have.
SELDOM = (
    ("account_batch_id", "account", "batch_id"),
    ("bill_batch_id", "bill", "batch_id"),
    ("bill_run_id", "bill", "run_id"),
    ("bill_voided_account_id", "bill", "voided_account_id"),
    ("ledgerentry_batch_id", "ledger_entry", "batch_id"),
    ("ledgerentry_bill_id", "ledger_entry", "bill_id"),
    ("meter_batch_id", "meter", "batch_id"),
    ("reading_batch_id", "reading", "batch_id"),
    ("reading_photo_id", "reading", "photo_id"),
    ("reading_reviewed_by_id", "reading", "reviewed_by_id"),
    ("reading_supersedes_id", "reading", "supersedes_id"),
    ("reading_user_id", "reading", "user_id"),
)


def up(migrator, db):
    """Drop those, and make these again of the rows that have a reference."""
    for name, _table, _column in (*SPARE, *SELDOM):
        db.execute_sql(f'DROP INDEX "{name}"')
    for name, table, column in SELDOM:
        db.execute_sql(
            f'CREATE INDEX "{name}" ON "{table}" ("{column}")'
            f' WHERE "{column}" IS NOT NULL'
        )


def down(migrator, db):
    """Make all of them of every row."""
    for name, _table, _column in SELDOM:
        db.execute_sql(f'DROP INDEX "{name}"')
    for name, table, column in (*SPARE, *SELDOM):
        db.execute_sql(f'CREATE INDEX "{name}" ON "{table}" ("{column}")')
