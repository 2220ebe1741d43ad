"""The few of very many are found by an index: loads taken back, and who is staff.

Every page with money asks for the first, and there is a load for each day of each payer;
the log of an account asks for the second among all who have a cabinet.
"""

INDEXES = (("import_batch", "state"), ("user", "role"))


def up(migrator, db):
    """Add the indexes."""
    for table, column in INDEXES:
        migrator.migrate(migrator.add_index(table, (column,)))


def down(migrator, db):
    """Drop them."""
    for table, column in INDEXES:
        migrator.migrate(migrator.drop_index(table, f"{table}_{column}"))
