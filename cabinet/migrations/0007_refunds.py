"""What refunds and reconciliation keep besides: a limit, a verdict, an order's words."""

from peewee import BigIntegerField, CharField

COLUMNS = (
    ("branch", "refund_alone_up_to", BigIntegerField(default=5_000_00)),
    ("payment", "verdict", CharField(max_length=240, default="")),
    ("reconciliation_item", "order_number", CharField(max_length=64, default="")),
    ("reconciliation_item", "accounts", CharField(max_length=500, default="")),
)


def up(migrator, db):
    """Add the columns."""
    for column in COLUMNS:
        migrator.migrate(migrator.add_column(*column))


def down(migrator, db):
    """Drop the columns."""
    for table, name, _field in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, name, cascade=False))
