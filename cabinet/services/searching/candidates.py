"""Which accounts may fit a query: never fewer than fit, the likelier first.

What fits of them, and how well, says `cabinet.domain.searching.rank`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from peewee import SQL, Expression, fn

from cabinet.domain.searching import (
    LEAST_DIGITS,
    LEAST_PART,
    LEVELS,
    NAMING,
    Ask,
    Kind,
    Query,
    Rank,
    house,
    may_call,
    near,
    phone_key,
    ways,
)
from cabinet.models import Account, AccountAccess, User
from cabinet.models.base import on_sqlite
from cabinet.services.searching import index

#: Of accounts that have the pieces of a number so many are looked at.
MOST_BY_PIECES = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What finds the next accounts that may fit.

    With `is_enough` nothing else is looked for if one of them does. What is `for_want` is
    looked for only where nothing fits so far.
    """

    find: Callable[[], list[int]]
    is_enough: bool = False
    for_want: bool = False


def candidates(query: Query, branches: Sequence[int], most: int) -> Iterator[Step]:
    """Yield what finds the next accounts, the likelier and cheaper first."""
    if query.ask is Ask.EMAIL:
        yield from _by_email(query.text, branches, most)
    elif query.ask is Ask.WORDS:
        yield from _by_words(query, branches, most)
    else:
        yield from _by_digits(query, branches, most)


def _by_digits(query: Query, branches: Sequence[int], most: int) -> Iterator[Step]:
    digits = query.digits
    is_number = query.ask is Ask.DIGITS
    if is_number:
        yield Step(partial(_ids, branches, 1, Account.number == digits), is_enough=True)
    serial = [f"{Kind.SERIAL}{digits}"]
    yield Step(partial(index.holding, [serial], branches, most), is_enough=True)
    if is_number:
        yield Step(partial(_ids, branches, most, *_begins(digits)))
        yield Step(partial(_ids, branches, most, *_ends(digits)))
    if is_number and may_call(digits):
        phone = f"{Kind.PHONE}{phone_key(digits)}"
        yield Step(partial(index.beginning, phone, branches, most))
    if len(digits) >= LEAST_PART:
        for kind in (Kind.SERIAL_PIECE, Kind.PIECE):
            for way in ways(digits):
                groups = [[f"{kind}{piece}"] for piece in dict.fromkeys(way)]
                yield Step(partial(index.holding, groups, branches, MOST_BY_PIECES))


def _by_email(start: str, branches: Sequence[int], most: int) -> Iterator[Step]:
    """Find by the address of who may see the account now; the whole address first."""
    until = index.after(start)
    span = (
        [User.email >= start, User.email < until]
        if on_sqlite()
        else [
            Expression(User.email, "~>=~", start),
            Expression(User.email, "~<~", until),
        ]
    )
    for conditions in ([User.email == start], span):
        yield Step(partial(_seen_by, branches, most, *conditions))


def _seen_by(branches: Sequence[int], most: int, *conditions: Expression) -> list[int]:
    """Return the accounts that such a person may see now."""
    query = (
        AccountAccess.select(AccountAccess.account)
        .join(User, on=AccountAccess.user)
        .switch(AccountAccess)
        .join(Account, on=AccountAccess.account)
        .where(
            *conditions,
            AccountAccess.ended_at.is_null(),
            Account.branch.in_(list(branches)),
        )
        .order_by(User.email, AccountAccess.account)
        .limit(most)
    )
    return [account_id for (account_id,) in query.tuples()]


def _by_words(query: Query, branches: Sequence[int], most: int) -> Iterator[Step]:
    is_alone = len(query.words) == 1 and not (
        query.initials or query.numbers or query.codes
    )
    (word, *_) = query.words
    if is_alone:
        surname = [f"{Kind.SURNAME}{word}"]
        yield Step(partial(index.holding, [surname], branches, most))
    for level in LEVELS:
        if is_alone and level is Rank.PREFIX:
            for kind in NAMING:
                # Those that are the word itself were found before, and come again.
                begin = partial(index.beginning, f"{kind}{word}", branches, most * 2)
                yield Step(begin)
        else:
            at_level = partial(_at_level, query, level, branches, most)
            yield Step(at_level, for_want=level is Rank.TYPO)


def _at_level(
    query: Query, level: Rank, branches: Sequence[int], most: int
) -> list[int]:
    groups = [_meant(word, level, branches) for word in query.words]
    places = {
        word[1:] for group in groups for word in group if word.startswith(Kind.PLACE)
    }
    groups += [_named(initial) for initial in query.initials]
    coded = {code: _coded(code, branches) for code in (*query.numbers, *query.codes)}
    groups += [
        {house(place, number) for place in places} | coded[number]
        for number in query.numbers
    ]
    groups += [coded[code] for code in query.codes]
    groups = [set(index.existing(group, branches)) for group in groups]
    if not all(groups):
        return []
    is_rough = any(coded.values())
    return index.holding(groups, branches, MOST_BY_PIECES if is_rough else most)


def _meant(word: str, level: Rank, branches: Sequence[int]) -> set[str]:
    """Return the words of the index that a word of the query may mean at the level."""
    found = {f"{kind}{word}" for kind in NAMING}
    if level is not Rank.WORDS:
        found.update(
            one for kind in NAMING for one in index.words_beginning(f"{kind}{word}")
        )
    if level is Rank.TYPO:
        alike = [f"{kind}{one}" for kind in NAMING for one in sorted(near(word))]
        found.update(index.existing(alike, branches))
    return found


def _named(initial: str) -> set[str]:
    return set(index.words_beginning(f"{Kind.NAME}{initial}"))


def _coded(code: str, branches: Sequence[int]) -> set[str]:
    """Return what a part of a number has, wherever it may begin: the rarest of its pieces."""
    if len(code) < LEAST_PART:
        return set()
    return {
        min(
            (f"{kind}{piece}" for piece in way),
            key=lambda word: (index.size([word], branches), word),
        )
        for kind in (Kind.PIECE, Kind.SERIAL_PIECE)
        for way in ways(code)
    }


def _ids(branches: Sequence[int], most: int, *conditions: Expression) -> list[int]:
    # Not by the index of branches, as SQLite would: a branch has many accounts.
    branch = Account.branch + 0
    query = (
        Account.select(Account.id)
        .where(*conditions, branch.in_(list(branches)))
        .order_by(Account.number)
        .limit(most)
    )
    return [account_id for (account_id,) in query.tuples()]


def _begins(digits: str) -> list[Expression]:
    """Match numbers that begin so, as a span that the index of numbers serves."""
    conditions = [Account.number >= digits, Account.number.startswith(digits)]
    following = str(int(digits) + 1).zfill(len(digits))
    if len(following) == len(digits):
        conditions.append(Account.number < following)
    return conditions


def _ends(digits: str) -> list[Expression]:
    """Match numbers that end so; the index of their last three digits finds them.

    The count is written out: an index of an expression serves no bound value in it.
    """
    take = fn.SUBSTR if on_sqlite() else fn.RIGHT
    count = SQL(str(-LEAST_DIGITS if on_sqlite() else LEAST_DIGITS))
    last = take(Account.number, count) == digits[-LEAST_DIGITS:]
    return [last, Account.number.endswith(digits)]
