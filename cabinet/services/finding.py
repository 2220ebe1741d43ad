"""Finding accounts by whatever a caller says: number, surname, words of the address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from peewee import Expression, ModelSelect

from cabinet.models import Account, Branch
from cabinet.services.staff import Member, branches_of

#: Fewer letters or digits are anybody's.
LEAST = 3
#: So many that may fit are read to choose from.
LOOKED_AT = 200
MOST_WORDS = 6

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """An account that fits."""

    account_id: int
    number: str
    holder: str
    address: str
    branch: str
    closed_on: date | None


def find_accounts(member: Member, typed: str, limit: int) -> tuple[Hit, ...]:
    """Return at most so many accounts of the member's branches, inside a transaction.

    Digits are a part of the number, however they are spaced; words begin words of the
    holder's name or of the address, all of them somewhere, and ё is е. Nothing is noted:
    whoever shows what was found notes it.
    """
    digits = re.sub(r"[\s\-–—]", "", typed)
    if digits.isascii() and digits.isdigit():
        return _by_number(member, digits, limit) if len(digits) >= LEAST else ()
    words = [_plain(word) for word in _WORD.findall(typed)][:MOST_WORDS]
    if sum(map(len, words)) < LEAST:
        return ()
    query = _accounts(member)
    for word in words:
        query = query.where(_may_hold(word))
    rows = (row for row in query.limit(LOOKED_AT) if _fits(row, words))
    # A surname says more than a street of the same name.
    ranked = sorted(rows, key=lambda row: (not _is_named(row, words), row.number))
    return tuple(map(_hit, ranked[:limit]))


def _by_number(member: Member, digits: str, limit: int) -> tuple[Hit, ...]:
    """Return the very number, else those that begin so, then those that hold it."""
    found: dict[int, Account] = {}
    for condition in _parts_of_number(digits):
        more = _accounts(member).where(condition, Account.id.not_in([*found]))
        found |= {row.id: row for row in more.limit(limit - len(found))}
        if len(found) >= limit or any(row.number == digits for row in found.values()):
            break
    return tuple(map(_hit, found.values()))


def _parts_of_number(digits: str) -> Iterator[Expression]:
    yield Account.number == digits
    yield Account.number.startswith(digits)
    yield Account.number.contains(digits)


def _accounts(member: Member) -> ModelSelect:
    return (
        Account.select(Account, Branch)
        .join(Branch)
        .where(Account.branch.in_(branches_of(member)))
        .order_by(Account.number)
    )


def _may_hold(word: str) -> Expression:
    """Match what may hold the word; databases do not agree about case and ё."""
    found: Expression | None = None
    for shape in {word, word.capitalize(), word.upper()}:
        pattern = f"%{shape.replace('е', '_').replace('Е', '_')}%"
        for column in (Account.holder, Account.address):
            match = column**pattern
            found = match if found is None else found | match
    assert found is not None  # noqa: S101 - there are always shapes
    return found


def _fits(row: Account, words: list[str]) -> bool:
    there = _words_of(f"{row.holder} {row.address}")
    return all(any(each.startswith(word) for each in there) for word in words)


def _is_named(row: Account, words: list[str]) -> bool:
    first = _words_of(row.holder)[:1]
    return bool(first) and first[0].startswith(words[0])


def _words_of(text: str) -> list[str]:
    return [_plain(word) for word in _WORD.findall(text)]


def _plain(word: str) -> str:
    return word.casefold().replace("ё", "е")


def _hit(row: Account) -> Hit:
    return Hit(
        account_id=row.id,
        number=row.number,
        holder=row.holder,
        address=row.address,
        branch=row.branch.name,
        closed_on=row.closed_on,
    )
