"""Tables without their indexes and references, for as long as they are filled.

What a row refers to is then proved for all rows at once, and an index is made of sorted
keys: a town of millions comes in in minutes. On SQLite nothing is taken away.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from peewee import Model

from cabinet.models.base import database, on_sqlite

#: Of our tables: a reference, or an index that no constraint has. The keys stay.
FOREIGN = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])
ORDER BY 1, 2
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY (%s::regclass[])
AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1
"""


@contextmanager
def unindexed(models: Sequence[type[Model]]) -> Iterator[None]:
    """Take the indexes and references of the tables away, and make them again."""
    if on_sqlite():
        yield
        return
    names = [f'"{model._meta.table_name}"' for model in models]  # noqa: SLF001 - peewee's own way to a table
    foreign, indexes = _there(names)
    for table, name, _ in foreign:
        database.execute_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        database.execute_sql(f"DROP INDEX {name}")
    yield
    began = time.perf_counter()
    # Keys of tens of millions of rows are sorted, by this session alone.
    database.execute_sql("SET maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        database.execute_sql(definition)
    for table, name, definition in foreign:
        database.execute_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    again = _there(names)
    # Of a condition the server writes the casts in another way when it reads its own.
    if again[0] != foreign or dict(again[1]).keys() != dict(indexes).keys():
        raise SystemExit("indexes or references are not what they were")
    print(f"indexes and references made in {time.perf_counter() - began:.0f} s")


def _there(names: list[str]) -> tuple[list[Any], list[Any]]:
    """Return the references and the indexes of the tables."""
    foreign = database.execute_sql(FOREIGN, (names,)).fetchall()
    return foreign, database.execute_sql(INDEXES, (names,)).fetchall()
