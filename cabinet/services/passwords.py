"""What a new password must be, and easy phrases to choose from.

Length alone is asked for, no mixture of characters: rules of composition make passwords
that are forgotten and guessed all the same. What is guessed first is refused: common
passwords, the company's words, what is known about their owner.
"""

import math
import secrets
import string
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.resources import files

from cabinet.domain.people import Role
from cabinet.services.credentials import MAX_LENGTH

MIN_CUSTOMER = 8
MIN_STAFF = 12
PHRASE_WORDS = 4

#: A short ending makes a common password no better: «password2026!».
_LONGEST_ENDING = 4
_FEWEST_CHARACTERS = 4
#: A shorter name is a part of too many words.
_SHORTEST_OWN = 4

_ENDINGS = string.digits + string.punctuation + " "
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
_KEYS = str.maketrans(_RUSSIAN, "qwertyuiop[]asdfghjkl;'zxcvbnm,.`")
_ROWS = (
    "1234567890",
    "0987654321",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    string.ascii_lowercase,
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
)


class PasswordFault(StrEnum):
    """Why a new password is refused."""

    TOO_SHORT = "too short"
    TOO_SHORT_FOR_STAFF = "too short for staff"
    TOO_LONG = "too long"
    COMMON = "common"
    COMPANY = "company"
    OWN = "own"


class PasswordRefusedError(ValueError):
    """The new password is one of those that are guessed first."""

    def __init__(self, fault: PasswordFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def check(password: str, role: Role, *, own: Iterable[str] = ()) -> None:
    """Raise PasswordRefusedError unless the password will do.

    `own` is what is known about its owner: the e-mail, the numbers of the accounts.
    """
    fault = find_fault(password, role, own=own)
    if fault is not None:
        raise PasswordRefusedError(fault)


def find_fault(
    password: str, role: Role, *, own: Iterable[str] = ()
) -> PasswordFault | None:
    """Return what is wrong with the password, None if it will do."""
    password = unicodedata.normalize("NFC", password)
    if len(password) > MAX_LENGTH:
        return PasswordFault.TOO_LONG
    if role.is_staff and len(password) < MIN_STAFF:
        return PasswordFault.TOO_SHORT_FOR_STAFF
    if len(password) < MIN_CUSTOMER:
        return PasswordFault.TOO_SHORT
    return _guessed(password.casefold(), own)


def suggest_phrase() -> str:
    """Return four short Russian words with hyphens, chosen at random.

    The list has more than 1300 words, so a phrase is one of 1300⁴: 41 bits. The hash
    of a password takes 20 ms to try, so somebody with a copy of the database and a
    thousand processors tries half of them in a year; at the sign-in form, with a
    hundred tries a day, not at all.
    """
    return "-".join(secrets.choice(_words()) for _ in range(PHRASE_WORDS))


def phrase_bits() -> float:
    """Return how much chance there is in a suggested phrase."""
    return PHRASE_WORDS * math.log2(len(_words()))


def _guessed(text: str, own: Iterable[str]) -> PasswordFault | None:
    # What is typed with the keyboard left in Russian is the same word to a guesser.
    for typed in (text, text.translate(_KEYS)):
        if _is_common(typed):
            return PasswordFault.COMMON
        if _letters(typed) in _company():
            return PasswordFault.COMPANY
    return PasswordFault.OWN if any(_is_own(text, known) for known in own) else None


def _is_common(text: str) -> bool:
    base = text.rstrip(_ENDINGS)
    is_ended = len(text) - len(base) <= _LONGEST_ENDING
    common = _common()
    if text in common or (is_ended and base in common):
        return True
    if len(set(text)) < _FEWEST_CHARACTERS:
        return True
    return any(text in row * 3 for row in _ROWS)


def _is_own(text: str, known: str) -> bool:
    known = unicodedata.normalize("NFC", known).casefold().strip()
    # Of an e-mail the name before the sign is as easily guessed as the whole.
    for word in {known, known.partition("@")[0]}:
        if len(word) >= _SHORTEST_OWN and word in text:
            left = text.replace(word, "", 1).strip(_ENDINGS)
            if len(left) < _SHORTEST_OWN:
                return True
    return False


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


@cache
def _common() -> frozenset[str]:
    """Return the list of passwords of zxcvbn and the Russian ones it lacks."""
    # Its package builds tables of its own: not before the first new password.
    known = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS["passwords"]
    return frozenset(known) | frozenset(_listed("common_passwords.txt"))


@cache
def _company() -> frozenset[str]:
    """Return the words that anybody thinks of at this very site."""
    return frozenset(_listed("company_words.txt"))


@cache
def _words() -> tuple[str, ...]:
    return _listed("phrase_words.txt")


def _listed(name: str) -> tuple[str, ...]:
    path = files("cabinet") / "data" / name
    return tuple(path.read_text(encoding="utf-8").split())
