"""Making the words of accounts that are new or changed, a part in a transaction.

Triggers say whose words are to be made: nothing that writes can forget it. Killed at any
moment it goes on where it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cabinet.domain.searching import words_of
from cabinet.models import Account, SearchDue, SearchWord
from cabinet.models.base import database, lock, on_sqlite, reading, writing
from cabinet.services import bulk
from cabinet.services.searching.facts import known

#: Accounts whose words are made in one transaction.
AT_ONCE = 1_000
_COLUMNS = '("word", "branch_id", "account_id")'


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """How many accounts there are, and how many wait for their words."""

    accounts: int
    due: int


def kept() -> Kept:
    """Return how far the words are."""
    with reading():
        return Kept(accounts=Account.select().count(), due=SearchDue.select().count())


def start_anew() -> int:
    """Let the words of all accounts be made anew, and return of how many."""
    with writing():
        every = Account.select(Account.id)
        SearchDue.insert_from(
            every, [SearchDue.account_id]
        ).on_conflict_ignore().execute()
        return SearchDue.select().count()


def make_words(*, at_once: int = AT_ONCE) -> int:
    """Make the words of the next accounts that wait; return how many accounts."""
    with writing():
        ids = _taken(at_once)
        if ids:
            _forget(ids)
            _write(ids)
    return len(ids)


def make_due(
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    report: Callable[[int], None] = lambda _done: None,
) -> int:
    """Make the words of all accounts that wait; return how many accounts."""
    made = 0
    # Nobody who writes waits while there is nothing to do.
    while not is_stopping() and SearchDue.select().exists():
        done = make_words()
        if not done:
            # Somebody else makes them.
            break
        made += done
        report(made)
    return made


def _taken(count: int) -> list[int]:
    """Take accounts off the list; who changes one of them now waits, and lists it again."""
    query = SearchDue.select(SearchDue.account_id).order_by(SearchDue.account_id)
    found = lock(query.limit(count), is_skipping=True)
    ids = [account_id for (account_id,) in found.tuples()]
    if ids:
        SearchDue.delete().where(bulk.among(SearchDue.account_id, ids)).execute()
    return ids


def _forget(ids: list[int]) -> None:
    SearchWord.delete().where(bulk.among(SearchWord.account_id, ids)).execute()


def _write(ids: list[int]) -> None:
    # In the order of the index: a page of it is written once, not a hundred times.
    rows = sorted(_words(ids))
    if on_sqlite():
        statement = f"INSERT INTO search_word {_COLUMNS} VALUES (?, ?, ?)"  # noqa: S608 - our own words
        database.connection().executemany(statement, rows)
        return
    statement = f"COPY search_word {_COLUMNS} FROM STDIN"
    with database.connection().cursor() as cursor, cursor.copy(statement) as copy:
        # No word holds a sign that COPY would read as its own.
        copy.write("".join(f"{word}\t{branch}\t{one}\n" for word, branch, one in rows))


def _words(ids: list[int]) -> Iterator[tuple[str, int, int]]:
    for one in known(ids):
        for word in words_of(one.facts):
            yield word, one.branch_id, one.account_id
