"""Asking the index: which accounts have these words.

The statements are written out: they are the same on both databases, and the order of
their parts is what makes them fast. Branches are those to look in; None is all of them.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from cabinet.models.base import database, on_sqlite

#: Accounts that have a word are counted so far: which of two is rarer is told below it.
ENOUGH = 5_000
#: Accounts are asked for their other words one by one while these are so many questions,
#: some 5 µs each. Reading all who have the words takes 0.1 µs for each of them.
QUESTIONS = 4_000
#: Accounts that have a word of a group are counted so far: reading them all costs little.
COUNTED = 10_000
#: A group of more words costs no more: the words of the account are read instead.
WORDS_READ = 4
#: Words that begin alike, of each beginning.
ALIKE = 40

#: Asked for each account in turn: without it Postgres may begin with the common word.
_IN_TURN = " LIMIT 1 OFFSET 0"

Groups = Sequence[Collection[str]]
Branches = Sequence[int] | None


def plan_for_values() -> None:
    """Let Postgres plan each statement for its values: a surname may be rare or not.

    And go from account to account of the rarest group, as SQLite does: the first rows are
    wanted, and reading a common word to its end takes a hundred times as long.
    """
    if not on_sqlite():
        database.execute_sql(
            "SELECT set_config('plan_cache_mode', 'force_custom_plan', true),"
            " set_config('enable_hashjoin', 'off', true),"
            " set_config('enable_mergejoin', 'off', true),"
            # What is read at once is kept in memory.
            " set_config('work_mem', '32MB', true)"
        )


def holding(groups: Groups, branches: Branches, most: int) -> list[int]:
    """Return accounts that have a word of each group, in the order of branch and id.

    Where one group is rare its accounts are asked for the others; where some are, those
    who are in all of these. Of common ones some accounts are asked; if too few have all,
    each group is read to its end, once.
    """
    if len(groups) == 1:
        return _one_by_one(list(groups), branches, most)
    known = sizes(groups, branches, COUNTED + 1)
    # Of one word the accounts stand in order: the first are found without the rest.
    places = sorted(range(len(groups)), key=lambda one: (known[one], len(groups[one])))
    ordered = [groups[one] for one in places]
    asked = QUESTIONS // sum(min(len(one), WORDS_READ) for one in ordered[1:])
    if min(known) <= asked:
        return _one_by_one(ordered, branches, most)
    few = sum(size <= COUNTED for size in known)
    if 1 < few < len(groups):
        return _at_once(ordered[:few], branches, most, having=ordered[few:])
    asked //= 4
    found: list[int] = []
    if most < asked:
        found = _one_by_one(ordered, branches, most, among=asked)
    return found if len(found) >= most else _at_once(ordered, branches, most)


def _one_by_one(
    groups: Groups, branches: Branches, most: int, *, among: int | None = None
) -> list[int]:
    """Ask each account of the first group for the others, or the first so many of them."""
    first, *others = groups
    found: list[int] = []
    apart = [None] if branches is None else branches
    for branch in apart:
        condition, values = _in("word", first)
        if branch is not None:
            condition += " AND branch_id = ?"
            values.append(branch)
        asked = f"SELECT branch_id, account_id FROM search_word WHERE {condition}"  # noqa: S608 - our own words
        if among is not None:
            asked += " ORDER BY branch_id, account_id LIMIT ?"
            values.append(among // len(apart) + 1)
        having, more = _having(others)
        rows = _ask(
            f"SELECT DISTINCT a.branch_id, a.account_id FROM ({asked}) a{having}"  # noqa: S608 - our own words
            " ORDER BY a.branch_id, a.account_id LIMIT ?",
            *values,
            *more,
            most - len(found),
        )
        found += [account_id for _, account_id in rows]
        if len(found) >= most:
            break
    return found


def _having(groups: Groups) -> tuple[str, list[Any]]:
    """Return the condition that accounts `a` have a word of each group, asked in turn."""
    texts, values = [], []
    for place, group in enumerate(groups):
        name = f"b{place}"
        condition, more = _in(f"{name}.word", group)
        texts.append(
            f"EXISTS (SELECT 1 FROM search_word {name} WHERE {condition}"  # noqa: S608 - our own words
            f" AND {name}.branch_id = a.branch_id"
            f" AND {name}.account_id = a.account_id{_IN_TURN})"
        )
        values += more
    return f" WHERE {' AND '.join(texts)}" if texts else "", values


def _at_once(
    groups: Groups, branches: Branches, most: int, *, having: Groups = ()
) -> list[int]:
    """Read every group to its end and return who is in all of them.

    Who is may be asked for others, so common that reading them would take longer.
    """
    texts, values = [], []
    within, of_branches = _within("", branches)
    for group in groups:
        condition, more = _in("word", group)
        texts.append(
            f"SELECT branch_id, account_id FROM search_word WHERE {condition}{within}"  # noqa: S608 - our own words
        )
        values += [*more, *of_branches]
    asked, more = _having(having)
    rows = _ask(
        f"SELECT a.branch_id, a.account_id FROM ({' INTERSECT '.join(texts)}) a{asked}"  # noqa: S608 - our own words
        " ORDER BY a.branch_id, a.account_id LIMIT ?",
        *values,
        *more,
        most,
    )
    return [account_id for _, account_id in rows]


def beginning(start: str, branches: Branches, most: int) -> list[int]:
    """Return accounts that have a word that begins so, in the order of the words."""
    condition, values = _within("", branches)
    rows = _ask(
        "SELECT account_id FROM search_word"  # noqa: S608 - our own words
        f" WHERE word >= ? AND word < ?{condition}"
        " ORDER BY word, branch_id, account_id LIMIT ?",
        start,
        after(start),
        *values,
        most,
    )
    return list(dict.fromkeys(account_id for (account_id,) in rows))


def words_beginning(starts: Collection[str]) -> list[str]:
    """Return for each beginning the first words that begin so, whoever has them."""
    following = (
        "SELECT word FROM search_word WHERE word {} AND word < ? ORDER BY word LIMIT 1"
    )
    # From each word to the next one, whatever number of accounts has it.
    steps = (
        f"WITH RECURSIVE found (word) AS (SELECT * FROM ({following.format('>= ?')}) f"  # noqa: S608 - our own words
        f" UNION ALL SELECT ({following.format('> found.word')})"
        " FROM found WHERE found.word IS NOT NULL)"
        " SELECT word FROM found WHERE word IS NOT NULL LIMIT ?"
    )
    values: list[Any] = []
    for start in starts:
        values += [start, after(start), after(start), ALIKE]
    rows = _ask(
        " UNION ALL ".join([f"SELECT * FROM ({steps}) steps"] * len(starts)),  # noqa: S608 - our own words
        *values,
    )
    return [word for (word,) in rows]


def existing(words: Iterable[str], branches: Branches) -> set[str]:
    """Return those of the words that some account of the branches has."""
    condition, values = _within("s.", branches)
    asked = (
        "SELECT value FROM json_each(?)"
        if on_sqlite()
        else "SELECT value FROM unnest(?::text[]) value"
    )
    rows = _ask(
        f"{asked} WHERE EXISTS (SELECT 1 FROM search_word s WHERE s.word = value"  # noqa: S608 - our own words
        f"{condition})",
        _list(sorted(words)),
        *values,
    )
    return {word for (word,) in rows}


def sizes(groups: Groups, branches: Branches, most: int = ENOUGH) -> list[int]:
    """Return how many accounts have a word of each group, counted so far at most."""
    within, branch_values = _within("a.", branches)
    texts, values = [], []
    for place, group in enumerate(groups):
        condition, more = _in("a.word", group)
        texts.append(
            f"SELECT {place} AS place, count(*) FROM (SELECT 1 FROM search_word a"  # noqa: S608 - our own words
            f" WHERE {condition}{within} LIMIT ?) counted"
        )
        values += [*more, *branch_values, most]
    rows = _ask(f"{' UNION ALL '.join(texts)} ORDER BY place", *values)
    return [int(size) for _, size in rows]


def after(start: str) -> str:
    """Return the least text that is after all that begin so."""
    return start[:-1] + chr(ord(start[-1]) + 1)


def _within(prefix: str, branches: Branches) -> tuple[str, list[Any]]:
    """Return what is added to a condition so that only the branches are looked in."""
    if branches is None:
        return "", []
    condition, values = _in(f"{prefix}branch_id", branches)
    return f" AND {condition}", values


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
