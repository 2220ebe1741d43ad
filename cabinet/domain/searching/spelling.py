"""What is forgiven in spelling: letters, keyboards, typing errors, abbreviations."""

import re
import unicodedata
from functools import lru_cache

#: Fewer digits, and fewer letters, are anybody's.
LEAST_DIGITS = 3
LEAST_LETTERS = 2
#: Of a serial or a telephone so many begin or end it.
LEAST_END = 4
#: So many or more are looked for anywhere in a number.
LEAST_PART = 5
#: Shorter words have no typing errors: every other word would be one. Nor have those in
#: Latin letters, which are hardly ever names here.
LEAST_MISTYPED = 4
MOST_TYPED = 100
#: A word is known by so many of its letters.
MOST_LETTERS = 40
PHONE_DIGITS = 10
#: A number of an address has no more digits.
HOUSE_DIGITS = 4

LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`/"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё."
_TO_RUSSIAN = str.maketrans(_KEYS + '{}:"<>~?', _RUSSIAN + "хъжэбюё,")
_TO_LATIN = str.maketrans(_RUSSIAN, _KEYS)
#: Letters that look alike: a serial number and a house are written in either alphabet.
_LIKE_LATIN, _LATIN = "авекмнорстух", "abekmhopctyx"
_AS_LATIN = str.maketrans(_LIKE_LATIN, _LATIN)
_AS_RUSSIAN = str.maketrans(_LATIN, _LIKE_LATIN)

_TOKEN = re.compile(r"\d+[^\W\d_](?![^\W_])|\d+|[^\W\d_]+")
_ORDINAL = re.compile(r"(\d)-?(?:й|я|ая|ый|ий|ой|го|ое)\b")
REGION = re.compile(
    r"[^\W\d_]+(?:-[^\W\d_]+)?\s+(?:область|обл|край|район|р-н)\b\.?"
    r"|\b(?:республика|респ)\b\.?\s*[^\W\d_]*"
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TOWNS = _set("г гор город п пос поселок пгт рп с село д дер деревня ст станица х хутор")
STREETS = _set(
    "ул улица пр просп проспект пер переулок б бул бульвар ш шоссе наб набережная пл"
    " площадь проезд туп тупик мкр микрорайон аллея линия снт тер квартал"
)
#: What is said in an address and tells nothing of it.
UNSAID = (
    TOWNS
    | STREETS
    | _set(
        "дом кв квартира к корп корпус стр строение лит литера пом помещение оф офис ком"
        " комната подъезд эт т н р в влад владение уч участок им имени россия рф"
    )
)
#: Forms of organisations, which are no part of their names.
FORMS = _set("ооо оао зао пао ао ип тсж тсн гк муп гуп нко")
#: These letters after a number are of a house; any other says what the number is.
_OF_HOUSE = frozenset("абвгежзилм")


def fold(text: str) -> str:
    """Return the text in small letters, ё as е, spelt one way."""
    return unicodedata.normalize("NFC", text).casefold().replace("ё", "е")


def other_layout(text: str) -> str:
    """Return what the same keys give in the other language's layout."""
    small = unicodedata.normalize("NFC", text).casefold()
    is_latin = any("a" <= letter <= "z" for letter in small)
    return small.translate(_TO_RUSSIAN if is_latin else _TO_LATIN)


def serial_key(text: str) -> str:
    """Return a serial number as it is compared."""
    return "".join(one for one in fold(text) if one.isalnum()).translate(_AS_LATIN)


def phone_key(text: str) -> str:
    """Return the digits of a telephone, the last first, without the country's."""
    return digits_of(text)[-PHONE_DIGITS:][::-1]


def digits_of(text: str) -> str:
    """Return the digits 0 to 9 of the text."""
    return "".join(one for one in text if one in "0123456789")


@lru_cache(maxsize=64)
def near(word: str) -> frozenset[str]:
    """Return what is one typing error away: a letter more, less, other, or two swapped."""
    if len(word) < LEAST_MISTYPED or word.isascii():
        return frozenset()
    cut = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in cut if tail}
    found |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cut if tail[1:]}
    found |= {head + one + tail[1:] for head, tail in cut if tail for one in LETTERS}
    found |= {head + one + tail for head, tail in cut for one in LETTERS}
    return frozenset(found - {word})


def words_in(folded: str) -> list[str]:
    """Return what is between spaces and signs, numbers apart from letters."""
    return [one[:MOST_LETTERS] for one in _TOKEN.findall(folded)]


def tokens_of(folded: str) -> tuple[list[str], list[str]]:
    """Return words and numbers; a letter of a house is with its number."""
    words: list[str] = []
    numbers: list[str] = []
    is_after_number = False
    tokens = words_in(_ORDINAL.sub(r"\1 ", folded))
    for place, token in enumerate(tokens):
        if token[0].isdigit():
            numbers.append(_number(token))
        elif is_after_number and _belongs(token, tokens[place + 1 : place + 2]):
            numbers[-1] += token.translate(_AS_RUSSIAN)
        else:
            words.append(token)
        is_after_number = token.isdigit()
    return words, numbers


def _number(token: str) -> str:
    """Return a number as it is compared; zeros before a long one are a part of it."""
    is_short = len(token) < LEAST_END
    return ((token.lstrip("0") or "0") if is_short else token).translate(_AS_RUSSIAN)


def has_part(number: str, part: str) -> bool:
    """Tell whether a number has the part: one that is short begins or ends it."""
    if len(part) < LEAST_PART:
        return number.startswith(part) or number.endswith(part)
    return part in number


def is_of_house(number: str) -> bool:
    """Tell whether a number may be one of an address."""
    return number == "0" or (
        number[0] != "0" and len(digits_of(number)) <= HOUSE_DIGITS
    )


def _belongs(token: str, following: list[str]) -> bool:
    """Tell whether a letter belongs to the number before it: «5 а», not «5 г Курск»."""
    letter = token.translate(_AS_RUSSIAN)
    is_town = letter == "г" and bool(following) and following[0].isalpha()
    return letter in _OF_HOUSE and not is_town
