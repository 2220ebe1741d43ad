"""Tables of Postgres while a whole database is poured into them.

Indexes, references and triggers are taken away before and made again after, from the
words of the server's own catalogue: so that rows may come in any order, no trigger
writes rows of its own, and each reference is proved over all rows at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from peewee import Database

from cabinet.models.base import database

#: What the runner of migrations keeps for itself.
HISTORY = "schema_migration"

_REFERENCES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
ORDER BY 1, 2
"""
#: The words of a condition change when they are read and written again, not its sense.
_INDEXES = """
SELECT index.indexrelid::regclass::text, indrelid, indisunique, indkey::text,
       indclass::text, indcollation::text, indoption::text, indpred IS NULL,
       indexprs IS NULL, pg_get_indexdef(index.indexrelid)
FROM pg_index index JOIN pg_class ON pg_class.oid = index.indexrelid
WHERE pg_class.relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid
                  AND contype <> 'f')
ORDER BY 1
"""
_TRIGGERS = """
SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger
WHERE NOT tgisinternal ORDER BY 1, 2
"""
_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position
"""
_NUMBERED = """
SELECT relname, attname, pg_get_serial_sequence(pg_class.oid::regclass::text, attname)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
  AND attnum > 0 AND NOT attisdropped
ORDER BY 1
"""

#: Names and types of the columns of each table.
Columns = dict[str, list[tuple[str, str]]]


class UnlikeError(Exception):
    """Something of a table's surroundings is not again what it was."""


def columns() -> Columns:
    """Return the columns of every table of the open Postgres but the history's."""
    found: Columns = {}
    for table, column, kind in _asked(_COLUMNS):
        if table != HISTORY:
            found.setdefault(table, []).append((column, kind))
    return found


@contextmanager
def bare() -> Iterator[None]:
    """Take away what stands around the rows, and put it back; in one transaction.

    Raises UnlikeError where it is not what it was; whatever the server refuses, a row
    without what it refers to or one that is there twice, is its own error.
    """
    references, indexes, triggers = (
        _asked(_REFERENCES),
        _asked(_INDEXES),
        _asked(_TRIGGERS),
    )
    db: Database = database.obj
    for table, name, _ in references:
        db.execute_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, *_ in indexes:
        db.execute_sql(f"DROP INDEX {name}")
    for table in sorted({table for table, *_ in triggers}):
        db.execute_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for *_, words in indexes:
        db.execute_sql(words)
    for table, name, words in references:
        db.execute_sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {words}')
    for table in sorted({table for table, *_ in triggers}):
        db.execute_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    is_like = (
        _asked(_REFERENCES) == references
        and [row[:-1] for row in _asked(_INDEXES)] == [row[:-1] for row in indexes]
        and _asked(_TRIGGERS) == triggers
    )
    if not is_like:
        raise UnlikeError


def number_on() -> None:
    """Let every table that numbers its rows go on after the last one."""
    for table, column, sequence in _asked(_NUMBERED):
        if sequence and table != HISTORY:
            database.execute_sql(
                f'SELECT setval(%s, coalesce(max("{column}"), 1), max("{column}") IS NOT NULL)'  # noqa: S608 - names of our own tables
                f' FROM "{table}"',
                (sequence,),
            )


def _asked(query: str) -> list[tuple[Any, ...]]:
    return list(database.execute_sql(query).fetchall())
