"""The words of an account: what the index keeps of it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from cabinet.domain.searching.spelling import (
    FORMS,
    LEAST_END,
    LEAST_LETTERS,
    REGION,
    STREETS,
    TOWNS,
    UNSAID,
    fold,
    is_of_house,
    phone_key,
    serial_key,
    tokens_of,
    words_in,
)

#: Signs of a piece of a number, and between the beginnings of two.
PIECE, STEP = 4, 2
_PART = re.compile(r"[,;]")


class Kind(StrEnum):
    """What a word of the index is: its first letter."""

    SURNAME = "s"
    NAME = "n"
    PLACE = "a"
    HOUSE = "h"
    PIECE = "g"
    SERIAL = "m"
    SERIAL_PIECE = "t"
    PHONE = "p"


#: Kinds of what a word of a query may be.
NAMING = (Kind.SURNAME, Kind.NAME, Kind.PLACE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What of an account it is found by."""

    number: str
    holder: str
    address: str
    phone: str = ""
    serials: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def words_of(facts: Facts) -> frozenset[str]:
    """Return the words of the account that the index keeps."""
    found = {f"{Kind.PIECE}{piece}" for piece in pieces(facts.number)}
    for place, name in enumerate(_names(facts.holder)):
        kind = Kind.NAME if place else Kind.SURNAME
        found.update(f"{kind}{word}" for word in name)
    towns, streets, numbers = _places(facts.address)
    found.update(f"{Kind.PLACE}{word}" for word in (*towns, *streets))
    found.update(house(word, one) for word in streets or towns for one in numbers)
    phone = phone_key(facts.phone)
    if len(phone) >= LEAST_END:
        found.add(f"{Kind.PHONE}{phone}")
    for serial in map(serial_key, facts.serials):
        found.add(f"{Kind.SERIAL}{serial}")
        found.update(f"{Kind.SERIAL_PIECE}{piece}" for piece in pieces(serial))
    return frozenset(found)


def house(place: str, number: str) -> str:
    """Return the word for a number on a street."""
    return f"{Kind.HOUSE}{place}|{number}"


def pieces(number: str) -> tuple[str, ...]:
    """Return pieces of a number, so that any five signs of it hold one whole.

    Its beginning and its end are pieces as well.
    """
    last = max(len(number) - PIECE, 0)
    starts = [*range(0, last, STEP), last]
    return tuple(dict.fromkeys(number[one : one + PIECE] for one in starts))


def _names(holder: str) -> list[list[str]]:
    """Return the parts of a name; one with a hyphen has several words."""
    found = []
    for part in fold(holder).split():
        words = [one for one in words_in(part) if len(one) >= LEAST_LETTERS]
        kept = [one for one in words if one not in FORMS]
        if kept:
            found.append(kept)
    return found


def _places(address: str) -> tuple[list[str], list[str], list[str]]:
    """Return the words of the town, those of the street, and the numbers."""
    streets: list[str] = []
    towns: list[str] = []
    unknown: list[str] = []
    numbers: list[str] = []
    for part in _PART.split(REGION.sub(" ", fold(address))):
        said, counted = tokens_of(part)
        numbers += filter(is_of_house, counted)
        words = [one for one in said if len(one) >= LEAST_LETTERS and one not in UNSAID]
        if not STREETS.isdisjoint(said):
            streets += words
        elif not TOWNS.isdisjoint(said):
            towns += words
        else:
            unknown += words
    if streets:
        return [*towns, *unknown], streets, numbers
    return towns, unknown, numbers
