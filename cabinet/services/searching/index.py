"""Asking the index: which accounts have these words.

The statements are written out: they are the same on both databases, and the order of
their parts is what makes them fast.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from cabinet.models.base import database, on_sqlite

#: More words than so many are not told apart when the rarest group is looked for.
ENOUGH = 3_000
#: Words that begin alike, of each kind.
ALIKE = 40

Groups = Sequence[Collection[str]]


def plan_for_values() -> None:
    """Let Postgres plan each statement for its values: a surname may be rare or not."""
    if not on_sqlite():
        database.execute_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def holding(groups: Groups, branches: Sequence[int], most: int) -> list[int]:
    """Return accounts that have a word of each group, in the order of branch and id."""
    first, *others = sorted(groups, key=lambda group: size(group, branches))
    found: list[int] = []
    for branch in branches:
        condition, values = _of(first, "a")
        texts = [condition, "a.branch_id = ?"]
        values = [*values, branch]
        for place, group in enumerate(others):
            name = f"b{place}"
            condition, more = _of(group, name)
            texts.append(
                f"EXISTS (SELECT 1 FROM search_word {name} WHERE {condition}"  # noqa: S608 - our own words
                f" AND {name}.branch_id = a.branch_id"
                f" AND {name}.account_id = a.account_id)"
            )
            values += more
        rows = _ask(
            "SELECT DISTINCT a.account_id FROM search_word a"  # noqa: S608 - our own words
            f" WHERE {' AND '.join(texts)} ORDER BY a.account_id LIMIT ?",
            *values,
            most - len(found),
        )
        found += [account_id for (account_id,) in rows]
        if len(found) >= most:
            break
    return found


def beginning(start: str, branches: Sequence[int], most: int) -> list[int]:
    """Return accounts that have a word that begins so, in the order of the words."""
    condition, values = _in("branch_id", branches)
    rows = _ask(
        "SELECT account_id FROM search_word"  # noqa: S608 - our own words
        f" WHERE word >= ? AND word < ? AND {condition}"
        " ORDER BY word, branch_id, account_id LIMIT ?",
        start,
        after(start),
        *values,
        most,
    )
    return list(dict.fromkeys(account_id for (account_id,) in rows))


def words_beginning(start: str) -> list[str]:
    """Return the first words that begin so, whoever has them."""
    following = (
        "SELECT word FROM search_word WHERE word {} AND word < ? ORDER BY word LIMIT 1"
    )
    rows = _ask(
        f"WITH RECURSIVE found (word) AS (SELECT * FROM ({following.format('>= ?')}) f"  # noqa: S608 - our own words
        f" UNION ALL SELECT ({following.format('> found.word')})"
        " FROM found WHERE found.word IS NOT NULL)"
        " SELECT word FROM found WHERE word IS NOT NULL LIMIT ?",
        start,
        after(start),
        after(start),
        ALIKE,
    )
    return [word for (word,) in rows]


def existing(words: Collection[str], branches: Sequence[int]) -> list[str]:
    """Return those of the words that some account of the branches has."""
    condition, values = _in("s.branch_id", branches)
    asked = "json_each(?)" if on_sqlite() else "unnest(?::text[])"
    name = "value" if on_sqlite() else "asked"
    rows = _ask(
        f"SELECT {name} FROM {asked} {'' if on_sqlite() else name}"  # noqa: S608 - our own words
        f" WHERE EXISTS (SELECT 1 FROM search_word s WHERE s.word = {name}"
        f" AND {condition})",
        _list(words),
        *values,
    )
    return [word for (word,) in rows]


def size(group: Collection[str], branches: Sequence[int]) -> int:
    """Return how many accounts have a word of the group, `ENOUGH` at most."""
    condition, values = _of(group, "a")
    within, more = _in("a.branch_id", branches)
    ((size,),) = _ask(
        "SELECT count(*) FROM (SELECT 1 FROM search_word a"  # noqa: S608 - our own words
        f" WHERE {condition} AND {within} LIMIT ?) counted",
        *values,
        *more,
        ENOUGH,
    )
    return int(size)


def after(start: str) -> str:
    """Return the least text that is after all that begin so."""
    return start[:-1] + chr(ord(start[-1]) + 1)


def _of(group: Collection[str], name: str) -> tuple[str, list[Any]]:
    return _in(f"{name}.word", group)


def _in(column: str, values: Collection[Any]) -> tuple[str, list[Any]]:
    """Return the condition that a column is one of the values, and what it is asked with."""
    if len(values) == 1:
        return f"{column} = ?", list(values)
    if on_sqlite():
        listed = "(SELECT value FROM json_each(?))"
        return f"{column} IN {listed}", [_list(values)]
    return f"{column} = ANY(?)", [_list(values)]


def _list(values: Collection[Any]) -> Any:
    return json.dumps(list(values)) if on_sqlite() else list(values)


def _ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    text = sql if on_sqlite() else sql.replace("?", "%s")
    rows: list[tuple[Any, ...]] = database.execute_sql(text, values).fetchall()
    return rows
