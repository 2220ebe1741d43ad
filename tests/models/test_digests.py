"""A digest of rows: the same for both databases, any order, another for any change."""

import uuid
from datetime import date, datetime

import pytest

from cabinet.models.digests import OF_POSTGRES, OF_SQLITE, Digesting

#: By type, a cell as SQLite gives it, the same as Postgres does, and another one.
CELLS = {
    "bigint": (2**62, 2**62, 2**62 - 1),
    "boolean": (1, True, False),
    "bytea": (b"\0\xff", b"\0\xff", b"\0\xfe"),
    "character varying": ("Ёж", "Ёж", "Еж"),
    "date": ("2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
    "integer": (-1, -1, 1),
    "jsonb": (
        '{"b":1.50,"a":1e3}',
        '{"a": 1000, "b": 1.50}',
        '{"a": 1000, "b": "1.5"}',
    ),
    "text": ("", "", " "),
    "timestamp without time zone": (
        "2026-11-22 09:00:00",
        datetime.fromisoformat("2026-11-22T09:00"),
        datetime.fromisoformat("2026-11-22T09:00:00.000001"),
    ),
    "uuid": ("0" * 31 + "7", uuid.UUID(int=7), uuid.UUID(int=8)),
}


def digest(tellers, *rows):
    digesting = Digesting(tellers)
    for row in rows:
        digesting.add(row)
    return digesting.digest()


@pytest.mark.parametrize("kind", OF_POSTGRES)
def test_a_cell_is_the_same_on_both_sides_and_another_where_it_changed(kind):
    theirs, ours, other = CELLS[kind]
    assert set(OF_SQLITE) == set(OF_POSTGRES) == set(CELLS)
    assert digest([OF_SQLITE[kind]], [theirs]) == digest([OF_POSTGRES[kind]], [ours])
    assert digest([OF_POSTGRES[kind]], [other]) != digest([OF_POSTGRES[kind]], [ours])
    assert digest([OF_POSTGRES[kind]], [None]) != digest([OF_POSTGRES[kind]], [ours])


def test_order_is_nothing_and_number_is_something():
    text = [OF_SQLITE["text"]] * 2
    rows = [("a", "bc"), ("d", None), ("e", "")]
    assert digest(text, *rows) == digest(text, *reversed(rows))
    assert digest(text, *rows) != digest(text, *rows, rows[0])
    assert digest(text, *rows[:2]) != digest(text, *rows)
    # What stands in one cell is not what stands in the next.
    assert digest(text, ("a", "bc")) != digest(text, ("ab", "c"))
    assert digest(text, ("a", None)) != digest(text, (None, "a"))


def test_a_bare_number_of_json_is_what_sqlite_makes_of_it():
    assert digest([OF_SQLITE["jsonb"]], [5]) == digest([OF_POSTGRES["jsonb"]], ["5"])
    assert digest([OF_SQLITE["jsonb"]], ["5.0"]) == digest(
        [OF_POSTGRES["jsonb"]], ["5"]
    )
    assert digest([OF_SQLITE["jsonb"]], ["[1,2]"]) != digest(
        [OF_POSTGRES["jsonb"]], ["[2, 1]"]
    )
