"""Which accounts may fit a query: never fewer than fit, the likelier first.

What fits of them, and how well, says `cabinet.domain.searching.rank`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from peewee import SQL, Expression, fn

from cabinet.domain.searching import (
    LEAST_DIGITS,
    LEAST_END,
    LEVELS,
    NAMING,
    PHONE_DIGITS,
    Ask,
    Kind,
    Query,
    Rank,
    has_part,
    house,
    may_call,
    near,
    phone_key,
    serial_key,
    ways,
)
from cabinet.models import Account, AccountAccess, Meter, User
from cabinet.models.base import on_sqlite
from cabinet.services import bulk
from cabinet.services.searching import index
from cabinet.services.searching.index import Branches

#: Of accounts that have the pieces of a number so many are looked at, and so many where
#: it is a part of it with words beside.
MOST_BY_PIECES, MOST_BY_PARTS = 200, 2_000


@dataclass(frozen=True, slots=True)
class Step:
    """What finds the next accounts that may fit.

    With `is_enough` nothing else is looked for if one of them does. With a `level` it is
    looked for only where nothing fits better.
    """

    find: Callable[[], list[int]]
    is_enough: bool = False
    level: Rank | None = None


def candidates(query: Query, branches: Branches, most: int) -> Iterator[Step]:
    """Yield what finds the next accounts, the likelier and cheaper first."""
    if query.ask is Ask.EMAIL:
        yield from _by_email(query.text, branches, most)
    elif query.ask is Ask.WORDS:
        yield from _by_words(query, branches, most)
    else:
        yield from _by_digits(query, branches, most)


def _by_digits(query: Query, branches: Branches, most: int) -> Iterator[Step]:
    digits = query.digits
    is_number = query.ask is Ask.DIGITS
    if is_number:
        yield Step(partial(_ids, branches, 1, Account.number == digits), is_enough=True)
    serial = [f"{Kind.SERIAL}{digits}"]
    yield Step(partial(index.holding, [serial], branches, most), is_enough=True)
    phone = f"{Kind.PHONE}{phone_key(digits)}"
    calls = is_number and may_call(digits)
    if calls and len(digits) >= PHONE_DIGITS:
        yield Step(partial(index.holding, [[phone]], branches, most), is_enough=True)
    if is_number:
        yield Step(partial(_ids, branches, most, *_begins(digits)))
        yield Step(partial(_ids, branches, most, *_ends(digits)))
    if calls:
        yield Step(partial(index.beginning, phone, branches, most))
    if len(digits) >= LEAST_END:
        for kind in (Kind.SERIAL_PIECE, Kind.PIECE):
            for way in ways(digits):
                yield Step(partial(_by_pieces, digits, kind, way, branches))


def _by_pieces(
    digits: str, kind: Kind, way: tuple[str, ...], branches: Branches
) -> list[int]:
    """Find by the pieces of a number; only those that have the whole part of it."""
    groups = [[f"{kind}{piece}"] for piece in dict.fromkeys(way)]
    ids = index.holding(groups, branches, MOST_BY_PIECES)
    if kind is Kind.SERIAL_PIECE:
        serials = Meter.select(Meter.account, Meter.serial).where(
            bulk.among(Meter.account, ids)
        )
        return [
            account_id
            for account_id, serial in serials.order_by(Meter.account).tuples()
            if has_part(serial_key(serial), digits)
        ]
    query = Account.select(Account.id).where(
        bulk.among(Account.id, ids), Account.number.contains(digits)
    )
    return [account_id for (account_id,) in query.order_by(Account.id).tuples()]


def _by_email(start: str, branches: Branches, most: int) -> Iterator[Step]:
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


def _seen_by(branches: Branches, most: int, *conditions: Expression) -> list[int]:
    """Return the accounts that such a person may see now."""
    query = (
        AccountAccess.select(AccountAccess.account)
        .join(User, on=AccountAccess.user)
        .switch(AccountAccess)
        .join(Account, on=AccountAccess.account)
        .where(
            *conditions,
            AccountAccess.ended_at.is_null(),
            *_in_branches(branches),
        )
        .order_by(User.email, AccountAccess.account)
        .limit(most)
    )
    return [account_id for (account_id,) in query.tuples()]


def _by_words(query: Query, branches: Branches, most: int) -> Iterator[Step]:
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
            yield Step(at_level, level=level)


def _at_level(query: Query, level: Rank, branches: Branches, most: int) -> list[int]:
    """Find those that have a word for each of the query's, an initial, a number."""
    begun = _begun(query, level)
    meant = [_meant(word, level, begun) for word in query.words]
    named = [
        {one for one in begun if one.startswith(f"{Kind.NAME}{initial}")}
        for initial in query.initials
    ]
    there = index.existing({one for group in meant for one in group}, branches)
    groups = [group & there for group in meant] + named
    if not all(groups):
        return []
    places = {
        one[1:] for group in groups for one in group if one.startswith(Kind.PLACE)
    }
    coded = {code: _coded(code, branches) for code in (*query.numbers, *query.codes)}
    housed = [
        {house(place, number) for place in places} | coded[number]
        for number in query.numbers
    ]
    groups += [*housed, *(coded[code] for code in query.codes)]
    if not all(groups):
        return []
    if query.codes:
        found = index.holding(groups, branches, MOST_BY_PARTS)
        return _having(query.codes, found)[:MOST_BY_PIECES]
    is_rough = any(coded.values())
    return index.holding(groups, branches, MOST_BY_PIECES if is_rough else most)


def _having(codes: Sequence[str], ids: list[int]) -> list[int]:
    """Return those of the accounts that have the codes in their number or in a meter's.

    The index knows pieces of them alone.
    """
    numbers = Account.select(Account.id, Account.number).where(
        bulk.among(Account.id, ids)
    )
    texts = {one: [number] for one, number in numbers.tuples()}
    serials = Meter.select(Meter.account, Meter.serial).where(
        bulk.among(Meter.account, ids)
    )
    for one, serial in serials.tuples():
        texts[one].append(serial_key(serial))
    return [
        one
        for one in ids
        if all(any(has_part(text, code) for text in texts[one]) for code in codes)
    ]


def _begun(query: Query, level: Rank) -> set[str]:
    """Return the words of the index that begin as the query's, or with its initials."""
    starts = [f"{Kind.NAME}{initial}" for initial in query.initials]
    if level is not Rank.WORDS:
        starts += [f"{kind}{word}" for kind in NAMING for word in query.words]
    return set(index.words_beginning(starts)) if starts else set()


def _meant(word: str, level: Rank, begun: set[str]) -> set[str]:
    """Return what a word of the query may mean at the level, there or not."""
    found = {f"{kind}{word}" for kind in NAMING}
    if level is not Rank.WORDS:
        found |= {one for one in begun if one[1:].startswith(word)}
    if level is Rank.TYPO:
        found |= {f"{kind}{one}" for kind in NAMING for one in near(word)}
    return found


def _coded(code: str, branches: Branches) -> set[str]:
    """Return what a part of a number has, wherever it may begin: the rarest of its pieces."""
    if len(code) < LEAST_END:
        return set()
    pieces = [
        [f"{kind}{piece}" for piece in way]
        for kind in (Kind.PIECE, Kind.SERIAL_PIECE)
        for way in ways(code)
    ]
    every = sorted({word for way in pieces for word in way})
    size = dict(
        zip(every, index.sizes([[one] for one in every], branches), strict=True)
    )
    return {min(way, key=lambda word: (size[word], word)) for way in pieces}


def _ids(branches: Branches, most: int, *conditions: Expression) -> list[int]:
    query = Account.select(Account.id).where(*conditions, *_in_branches(branches))
    query = query.order_by(Account.number).limit(most)
    return [account_id for (account_id,) in query.tuples()]


def _in_branches(branches: Branches) -> list[Expression]:
    """Match the branches; not by their index, as SQLite would: a branch has many accounts."""
    return [] if branches is None else [(Account.branch + 0).in_(list(branches))]


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
