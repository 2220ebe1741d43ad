"""The words that accounts are found by, and the accounts whose words are to be made.

Triggers keep both: whatever changes what an account is found by, and however, takes its
words away at once and lets them be made anew. Of what is there everything is to be made.
"""

from peewee import SqliteDatabase

TABLES = ("search_word", "search_due")

#: The accounts whose words are made anew; one that is there already is written again, so
#: that who makes the words cannot have read it before the change and let it go after.
DUE = """
INSERT INTO search_due (account_id) VALUES ({row}) ON CONFLICT (account_id)
DO UPDATE SET account_id = excluded.account_id"""
FORGET = "DELETE FROM search_word WHERE account_id = {row}"
DONE = "DELETE FROM search_due WHERE account_id = {row}"

ACCOUNT = ("number", "branch_id", "holder", "address", "phone")
METER = ("serial", "account_id")
#: Name, table, act, columns of a change, statements.
TRIGGERS = (
    ("search_account_new", "account", "INSERT", (), (DUE.format(row="NEW.id"),)),
    (
        "search_account_changed",
        "account",
        "UPDATE",
        ACCOUNT,
        (DUE.format(row="NEW.id"), FORGET.format(row="NEW.id")),
    ),
    (
        "search_account_gone",
        "account",
        "DELETE",
        (),
        (DONE.format(row="OLD.id"), FORGET.format(row="OLD.id")),
    ),
    ("search_meter_new", "meter", "INSERT", (), (DUE.format(row="NEW.account_id"),)),
    (
        "search_meter_changed",
        "meter",
        "UPDATE",
        METER,
        (
            DUE.format(row="OLD.account_id"),
            DUE.format(row="NEW.account_id"),
            FORGET.format(row="OLD.account_id"),
        ),
    ),
    (
        "search_meter_gone",
        "meter",
        "DELETE",
        (),
        (DUE.format(row="OLD.account_id"), FORGET.format(row="OLD.account_id")),
    ),
)


def up(migrator, db):
    """Create the tables and the triggers; every account is to have its words."""
    on_sqlite = isinstance(db, SqliteDatabase)
    # Words are compared by their letters' codes alone, as SQLite does.
    kind, rest = (
        ("VARCHAR(100)", " WITHOUT ROWID")
        if on_sqlite
        else ('VARCHAR(100) COLLATE "C"', "")
    )
    db.execute_sql(
        f"CREATE TABLE search_word (word {kind} NOT NULL, branch_id INTEGER NOT NULL,"
        " account_id INTEGER NOT NULL, PRIMARY KEY (word, branch_id, account_id))"
        + rest
    )
    db.execute_sql("CREATE INDEX search_word_account_id ON search_word (account_id)")
    db.execute_sql("CREATE TABLE search_due (account_id INTEGER NOT NULL PRIMARY KEY)")
    # An address begins as typed whatever the order of letters the server keeps.
    email = "email" if on_sqlite else "email text_pattern_ops"
    db.execute_sql(f'CREATE INDEX user_email_begin ON "user" ({email})')
    for name, table, act, columns, statements in TRIGGERS:
        make = _sqlite if on_sqlite else _postgres
        for statement in make(name, table, act, columns, statements):
            db.execute_sql(statement)
    db.execute_sql("INSERT INTO search_due SELECT id FROM account")


def down(migrator, db):
    """Drop them."""
    on_sqlite = isinstance(db, SqliteDatabase)
    for name, table, *_ in TRIGGERS:
        db.execute_sql(f"DROP TRIGGER {name}" + ("" if on_sqlite else f" ON {table}"))
        if not on_sqlite:
            db.execute_sql(f"DROP FUNCTION {name}()")
    db.execute_sql("DROP INDEX user_email_begin")
    for table in TABLES:
        db.execute_sql(f"DROP TABLE {table}")


def _when(columns, differs):
    found = " OR ".join(f"OLD.{one} {differs} NEW.{one}" for one in columns)
    return f" WHEN ({found})" if found else ""


def _on(act, columns):
    return f"{act} OF {', '.join(columns)}" if columns else act


def _sqlite(name, table, act, columns, statements):
    yield (
        f"CREATE TRIGGER {name} AFTER {_on(act, columns)} ON {table}"
        f" FOR EACH ROW{_when(columns, 'IS NOT')} BEGIN {'; '.join(statements)}; END"
    )


def _postgres(name, table, act, columns, statements):
    body = "; ".join(statements)
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {body}; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {_on(act, columns)} ON {table}"
        f" FOR EACH ROW{_when(columns, 'IS DISTINCT FROM')} EXECUTE FUNCTION {name}()"
    )
