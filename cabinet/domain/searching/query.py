"""What is typed into the search, taken apart."""

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum

from cabinet.domain.searching.account import PIECE, STEP
from cabinet.domain.searching.spelling import (
    FORMS,
    LEAST_DIGITS,
    LEAST_END,
    LEAST_LETTERS,
    LEAST_PART,
    MOST_TYPED,
    PHONE_DIGITS,
    REGION,
    UNSAID,
    digits_of,
    fold,
    is_of_house,
    other_layout,
    serial_key,
    tokens_of,
)

LEAST_EMAIL = 3
_DIGITS = re.compile(r"[0-9\s()+.№#/-]+")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]*")
_EMAIL_NAME = re.compile(r"(?=[^a-z]*[a-z])[a-z0-9._-]+")
_MARKED = re.compile(r"[^\W\d_]{1,3}(?:[\s/-]*[0-9]){5,}")
#: What may be said before a number that is none of an address.
_CALLED = re.compile(
    r"(?:л/с|лс|лицевой счет|счет|счетчик|сч|пу|тел|телефон)\b[\s.:№]*(?=[0-9+(])"
)


class Ask(StrEnum):
    """What a query asks by."""

    NOTHING = "nothing"
    DIGITS = "digits"
    SERIAL = "serial"
    EMAIL = "email"
    WORDS = "words"


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What was typed, taken apart.

    `numbers` are those of an address; `codes` are parts of an account's number or of a
    serial. A number of an address that is long may be such a part as well.
    `is_other_layout` tells that the keyboard was taken to be in the other language.
    """

    ask: Ask
    text: str
    digits: str = ""
    words: tuple[str, ...] = ()
    initials: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    is_other_layout: bool = False


def read(typed: str) -> tuple[Query, ...]:
    """Return what the typed text may ask, the likelier first; never an empty tuple.

    The other layout of the keyboard is the second thought.
    """
    text = " ".join(unicodedata.normalize("NFC", typed).split())[:MOST_TYPED]
    asked = _read(text, is_other=False)
    if asked.ask in {Ask.NOTHING, Ask.DIGITS}:
        return (asked,)
    found = []
    for one in (asked, _read(other_layout(text), is_other=True)):
        # Hardly a name is in Latin letters: in the other layout it was not meant.
        is_meant = (
            one is asked or one.ask is not Ask.WORDS or not one.words[0].isascii()
        )
        if is_meant and one.ask is not Ask.NOTHING:
            found.append(one)
        if one.ask is Ask.WORDS and _is_marked(one.text):
            found.append(replace(one, ask=Ask.SERIAL, digits=serial_key(one.text)))
        if one.ask is Ask.WORDS and _is_name_of_email(one.text):
            found.append(replace(one, ask=Ask.EMAIL))
    return tuple(found)


def may_call(digits: str) -> bool:
    """Tell whether a telephone may end so, or be so with the country's digit."""
    if len(digits) == PHONE_DIGITS + 1:
        return digits[0] in "78"
    return LEAST_END <= len(digits) <= PHONE_DIGITS


def ways(part: str) -> tuple[tuple[str, ...], ...]:
    """Return for each place where a part may begin the pieces that must all be there."""
    if len(part) < LEAST_PART:
        return ((part,),)
    return tuple(
        tuple(
            part[start : start + PIECE]
            for start in range(first, len(part) - PIECE + 1, STEP)
        )
        for first in range(STEP)
    )


def _read(text: str, *, is_other: bool) -> Query:
    folded = fold(text)
    called = _CALLED.sub("", folded, count=1)
    asked = Query(ask=Ask.NOTHING, text=folded, is_other_layout=is_other)
    if _EMAIL.fullmatch(folded):
        return replace(asked, ask=Ask.EMAIL)
    if _DIGITS.fullmatch(called):
        digits = digits_of(called)
        is_enough = len(digits) >= LEAST_DIGITS
        return replace(asked, ask=Ask.DIGITS, digits=digits) if is_enough else asked
    key = serial_key(called)
    if " " not in called and len(digits_of(key)) >= LEAST_END:
        return replace(asked, ask=Ask.SERIAL, digits=key)
    said, numbers = tokens_of(REGION.sub(" ", folded))
    naming = [one for one in said if one not in UNSAID | FORMS] or said
    words = tuple(one for one in naming if len(one) >= LEAST_LETTERS)
    short = [one for one in said[1:] if len(one) < LEAST_LETTERS]
    return replace(
        asked,
        ask=Ask.WORDS if words else Ask.NOTHING,
        words=words,
        initials=() if numbers else tuple(short),
        numbers=tuple(one for one in numbers if is_of_house(one)),
        codes=tuple(one for one in numbers if not is_of_house(one)),
    )


def _is_marked(text: str) -> bool:
    """Tell whether it may be a serial number with letters before it, and spaces."""
    return _MARKED.fullmatch(text) is not None


def _is_name_of_email(text: str) -> bool:
    return len(text) >= LEAST_EMAIL and _EMAIL_NAME.fullmatch(text) is not None
