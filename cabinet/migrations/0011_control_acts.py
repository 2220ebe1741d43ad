"""Acts of control checks stand beside the reading of their month, each once on a meter."""

CURRENT = "state IN ('submitted', 'needs_review', 'accepted', 'counted')"
READING = f"{CURRENT} AND source <> 'estimate'"


def up(migrator, db):
    """Leave acts out of the one reading a month has, and let each be there once."""
    _put(migrator, db, f"{READING} AND act = ''")
    db.execute_sql(
        'CREATE UNIQUE INDEX "reading_act" ON "reading" ("meter_id", "act")'
        f" WHERE act <> '' AND {CURRENT}"
    )


def down(migrator, db):
    """Go back; refused by the database where a month has an act and a reading."""
    migrator.migrate(migrator.drop_index("reading", "reading_act"))
    _put(migrator, db, READING)


def _put(migrator, db, where):
    migrator.migrate(migrator.drop_index("reading", "reading_current"))
    db.execute_sql(
        'CREATE UNIQUE INDEX "reading_current" ON "reading" ("meter_id", "period")'
        f" WHERE {where}"
    )
