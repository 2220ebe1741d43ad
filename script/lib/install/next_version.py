"""A table of the version that script/try-install upgrades to."""


def up(migrator, db):
    db.execute_sql("CREATE TABLE next_version (id INTEGER PRIMARY KEY)")


def down(migrator, db):
    db.execute_sql("DROP TABLE next_version")
