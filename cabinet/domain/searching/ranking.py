"""How well an account fits what was asked."""

from collections.abc import Iterable, Iterator
from enum import IntEnum

from cabinet.domain.searching.account import NAMING, Facts, Kind, house, words_of
from cabinet.domain.searching.query import Ask, Query, may_call
from cabinet.domain.searching.spelling import (
    LEAST_END,
    LEAST_PART,
    PHONE_DIGITS,
    has_part,
    near,
    phone_key,
    serial_key,
)


class Rank(IntEnum):
    """How well an account fits what was asked; less is better."""

    NUMBER = 0
    SERIAL = 1
    PHONE = 2
    EMAIL = 3
    BEGINS = 10
    ENDS = 11
    PHONE_ENDS = 12
    SERIAL_PART = 13
    PART = 14
    EMAIL_BEGINS = 15
    SURNAME = 20
    WORDS = 21
    PREFIX = 22
    TYPO = 23

    @property
    def is_whole(self) -> bool:
        """Tell whether it is what was asked for, and not something that begins so."""
        return self <= Rank.EMAIL


#: Of words: as they are, their beginnings as well, typing errors as well.
LEVELS = (Rank.WORDS, Rank.PREFIX, Rank.TYPO)


def rank(query: Query, facts: Facts) -> Rank | None:
    """Return how well the account fits the query, None where it does not."""
    if query.ask is Ask.WORDS:
        return _rank_words(query, facts)
    if query.ask is Ask.EMAIL:
        if query.text in facts.emails:
            return Rank.EMAIL
        begins = any(one.startswith(query.text) for one in facts.emails)
        return Rank.EMAIL_BEGINS if begins else None
    return next(_digit_ranks(query, facts), None)


def _digit_ranks(query: Query, facts: Facts) -> Iterator[Rank]:
    """Yield the ways in which an account has what was asked, the best first."""
    digits, number = query.digits, facts.number
    serials = [serial_key(one) for one in facts.serials]
    phone = phone_key(facts.phone)
    is_of_digits = query.ask is Ask.DIGITS
    is_end = len(digits) >= LEAST_END
    calls = is_of_digits and may_call(digits) and phone.startswith(phone_key(digits))
    ranks = {
        Rank.NUMBER: number == digits,
        Rank.SERIAL: digits in serials,
        Rank.PHONE: calls and len(digits) >= PHONE_DIGITS,
        Rank.BEGINS: number.startswith(digits),
        Rank.ENDS: number.endswith(digits),
        Rank.PHONE_ENDS: calls,
        Rank.SERIAL_PART: is_end and any(has_part(one, digits) for one in serials),
        Rank.PART: len(digits) >= LEAST_PART and digits in number,
    }
    return (rank for rank, holds in ranks.items() if holds)


def _rank_words(query: Query, facts: Facts) -> Rank | None:
    words = words_of(facts)
    sure = [_has(code, facts) for code in query.codes]
    sure += [
        any(word.startswith(f"{Kind.NAME}{one}") for word in words)
        for one in query.initials
    ]
    for level in LEVELS if all(sure) else ():
        taken = [_taken(one, words, level) for one in query.words]
        said = [one for each in taken for one in each]
        places = {one[1:] for one in said if one.startswith(Kind.PLACE)}
        housed = [
            any(house(place, number) in words for place in places)
            or (len(number) >= LEAST_END and _has(number, facts))
            for number in query.numbers
        ]
        if all([*taken, *housed]):
            is_surname = any(one.startswith(Kind.SURNAME) for one in said)
            return Rank.SURNAME if is_surname and level is Rank.WORDS else level
    return None


def _has(code: str, facts: Facts) -> bool:
    """Tell whether the number of the account, or of a meter of it, has the part."""
    numbers = (facts.number, *map(serial_key, facts.serials))
    return any(has_part(one, code) for one in numbers)


def _taken(asked: str, words: Iterable[str], level: Rank) -> list[str]:
    """Return the words of an account that a word of a query may mean at the level."""
    alike = near(asked) if level is Rank.TYPO else frozenset()
    return [
        word
        for word in words
        if word[0] in NAMING
        and (
            word[1:] == asked
            or (level is not Rank.WORDS and word[1:].startswith(asked))
            or word[1:] in alike
        )
    ]
