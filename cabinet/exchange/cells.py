"""Text of a cell into a value: numbers, days, months, account numbers, words.

Every reader takes the text of a cell and returns its value or raises `UnfitCell`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import MONTH_NAMES, Month
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.spreadsheet import is_formula, restore

T = TypeVar("T")
Read = Callable[[str], T]

# Only ASCII digits: str.isdigit and int() take those of every script.
_NUMBER = re.compile(r"([+-]?)([0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[.,]([0-9]+))?")
# What most cells are, read without a detour; the rest goes through `number` and `text`.
_PLAIN_SUM = re.compile(r"(-?[0-9]{1,13})(?:[.,]([0-9]{1,2}))?")
_PLAIN_ENERGY = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,3}))?")
_WORD = r"0-9A-Za-zА-Яа-яЁё№«»()\""
_PLAIN_TEXT = re.compile(rf"[{_WORD}][{_WORD}.,:;/-]*(?: [{_WORD}.,:;/-]+)*")
_WHOLE = re.compile(r"[0-9]{1,9}")
# A clock beside the day says nothing of the day; banks write hyphens for both.
_CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_RUSSIAN_DAY = re.compile(
    rf"([0-9]{{1,2}})([.-])([0-9]{{1,2}})\2([0-9]{{4}})(?: {_CLOCK})?"
)
_ISO_DAY = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:[T ]{_CLOCK})?")
_TIME = re.compile(r"([0-9]{1,2})([:-])([0-9]{2})(?:\2([0-9]{2}))?")
# A spreadsheet drops the nought of 0226 and makes 02.2026 the first day of the month.
_MONTHS = (
    re.compile(r"(?:0?1\.)?(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})"),
    re.compile(r"(?P<month>[0-9]{2})(?P<year>[0-9]{4}|[0-9]{2})"),
    re.compile(r"(?P<month>[0-9])(?P<year>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})(?:-01)?"),
)
_NAMED_MONTH = re.compile(r"([а-я]+) ([0-9]{4})(?: ?г(?:од|\.)?)?")
_SHORTENED = re.compile(r"[0-9][.,][0-9]+[eEеЕ]\+?[0-9]+")
_CODE = re.compile(r"[0-9A-Za-zА-Яа-яЁё][0-9A-Za-zА-Яа-яЁё._/#-]{0,79}")
# Without a point it cannot be what a spreadsheet made of a long number.
_PLAIN_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_/#-]{0,79}")
_POINTS = frozenset(",.")
_NOUGHTS = frozenset(("0,00", "0.00", "0"))
_NOTHING = Money(0)
_LOST = "таблица сократила номер и потеряла цифры: сделайте столбец текстовым"
_ACCOUNT = re.compile(r"[0-9]{4,20}")
# Numbers of GIS ЖКХ, however people write their two letters.
_ELS = re.compile(r"[0-9]{2}[А-Я]{2}[0-9]{6}")
_IZHKU = re.compile(rf"{_ELS.pattern}-[0-9]{{2}}")
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " "))
_UNREADABLE = "\ufffd"
_MOST_DIGITS = 15
_YEARS = range(1900, 2101)


def text(longest: int) -> Read[str]:
    """Read words: NFC, single spaces, nothing invisible, at most so many signs."""

    def read(raw: str) -> str:
        if len(raw) <= longest and (
            (raw.isascii() and raw.isalnum()) or _PLAIN_TEXT.fullmatch(raw)
        ):
            return raw
        found = restore(raw)
        if found == raw:
            _refuse_formula(raw)
        if _UNREADABLE in found:
            raise UnfitCell("в тексте есть знаки, которых нет в кодировке файла")
        kept = "".join(
            sign for sign in found if unicodedata.category(sign) not in {"Cf", "Cs"}
        )
        words = " ".join(unicodedata.normalize("NFC", kept).split())
        if not words.isprintable():
            raise UnfitCell("в тексте есть управляющие знаки")
        if len(words) > longest:
            raise UnfitCell(f"длиннее {longest} знаков")
        return words

    return read


def optional(read: Read[T]) -> Read[T | None]:
    """Read an empty cell as nothing."""

    def read_or_nothing(raw: str) -> T | None:
        return read(raw) if raw and raw.strip() else None

    return read_or_nothing


def word(words: Mapping[str, T]) -> Read[T]:
    """Read one of the known words, whatever the case."""
    known = {key.casefold(): value for key, value in words.items()}
    # The same word is known with «е» for «ё»: nobody needs to be told that.
    spelt = {word.replace("ё", "е"): word for word in reversed([*words])}
    told = ", ".join(f"«{word}»" for word in words if word in spelt.values())

    def read(raw: str) -> T:
        found = words.get(raw)
        if found is None:
            found = known.get(" ".join(raw.split()).casefold())
        if found is None:
            _refuse_formula(raw)
            raise UnfitCell(f"неизвестное слово; бывает: {told}")
        return found

    return read


def account_number(raw: str) -> str:
    """Read an account number: digits, with spaces and hyphens dropped."""
    if _ACCOUNT.fullmatch(raw):
        return raw
    _refuse_formula(raw)
    digits = raw.translate(_SPACES).replace(" ", "").replace("-", "")
    if _SHORTENED.fullmatch(digits):
        raise UnfitCell(_LOST)
    if not _ACCOUNT.fullmatch(digits):
        raise UnfitCell("не номер лицевого счёта: нужны от 4 до 20 цифр")
    return digits


def single_account(raw: str) -> str:
    """Read a single account number (единый лицевой счёт) of GIS ЖКХ: «46АБ123456»."""
    return _of_state_system(raw, _ELS, "не ЕЛС: нужно как 46АБ123456")


def service_number(raw: str) -> str:
    """Read the number of a service in GIS ЖКХ (ИЖКУ): «46АБ123456-01»."""
    return _of_state_system(raw, _IZHKU, "не ИЖКУ: нужно как 46АБ123456-01")


def _of_state_system(raw: str, form: re.Pattern[str], reason: str) -> str:
    found = raw.strip().upper()
    if not form.fullmatch(found):
        _refuse_formula(raw)
        raise UnfitCell(reason)
    return found


def operation_code(raw: str) -> str:
    """Read the code of an operation: letters, digits and a few signs."""
    if _PLAIN_CODE.fullmatch(raw):
        return raw
    code = raw.strip()
    if _SHORTENED.fullmatch(code):
        raise UnfitCell(_LOST)
    if not _CODE.fullmatch(code):
        _refuse_formula(raw)
        raise UnfitCell("не код операции")
    return code


def number(places: int) -> Read[Decimal]:
    """Read a number with at most so many digits after the comma or point."""

    def read(raw: str) -> Decimal:
        match = _NUMBER.fullmatch(raw.translate(_SPACES).strip())
        if match is None:
            # A minus is a sign of a number; everything else runs as a formula.
            _refuse_formula(raw)
            raise UnfitCell("не число")
        sign, whole, fraction = match.groups(default="")
        whole = whole.replace(" ", "")
        if len(whole.lstrip("0")) > _MOST_DIGITS:
            raise UnfitCell("слишком большое число")
        if len(fraction.rstrip("0")) > places:
            raise UnfitCell(
                f"больше {places} знаков после запятой" if places else "не целое число"
            )
        return Decimal(f"{sign}{whole}.{fraction or 0}")

    return read


def whole_number(least: int, most: int) -> Read[int]:
    """Read a whole number between two others."""

    def read(raw: str) -> int:
        found = raw.strip()
        if not _WHOLE.fullmatch(found):
            _refuse_formula(raw)
            raise UnfitCell("не целое число")
        value = int(found)
        if not least <= value <= most:
            raise UnfitCell(f"не от {least} до {most}")
        return value

    return read


_kopecks = number(2)
_thousandths = number(3)
_millionths = number(6)


def kopecks(raw: str) -> int:
    """Read a sum in roubles as its kopecks; it may be negative."""
    if raw[-3:-2] in _POINTS:
        # As most files write it: sooner than by any pattern.
        digits = raw[:-3] + raw[-2:]
        if digits.isascii() and digits.isdigit() and 2 < len(digits) < _MOST_DIGITS:  # noqa: PLR2004 - those of the kopecks
            return int(digits)
    match = _PLAIN_SUM.fullmatch(raw)
    if match is None:
        return int(_kopecks(raw) * 100)
    roubles, rest = match.groups(default="")
    return int(roubles + rest.ljust(2, "0"))


def money(raw: str) -> Money:
    """Read a sum in roubles; it may be negative."""
    # Columns of penalties and recalculations say little else.
    return _NOTHING if raw in _NOUGHTS else Money(kopecks(raw))


def positive_money(raw: str) -> Money:
    """Read a sum in roubles above nought."""
    found = money(raw)
    if found.kopecks <= 0:
        raise UnfitCell("сумма должна быть больше нуля")
    return found


def energy(raw: str) -> Energy:
    """Read kilowatt-hours, not less than nought."""
    if len(raw) < _MOST_DIGITS and raw.isascii() and raw.isdigit():
        return Energy(int(raw) * WH_IN_KWH)
    match = _PLAIN_ENERGY.fullmatch(raw)
    if match is not None:
        whole, rest = match.groups(default="")
        return Energy(int(whole + rest.ljust(3, "0")))
    found = _thousandths(raw)
    if found < 0:
        raise UnfitCell("меньше нуля")
    return Energy(int(found * 1000))


def price(raw: str) -> Price:
    """Read roubles for a kilowatt-hour, above nought."""
    found = _millionths(raw)
    if found <= 0:
        raise UnfitCell("цена должна быть больше нуля")
    return Price(int(found * 1_000_000))


@lru_cache(maxsize=4096)
def day(raw: str) -> date:
    """Read a day as 31.12.2026, 31-12-2026 or 2026-12-31; a clock beside it is let be."""
    found = raw.strip()
    if match := _RUSSIAN_DAY.fullmatch(found):
        number_, month_, year = map(int, match.group(1, 3, 4))
    elif match := _ISO_DAY.fullmatch(found):
        year, month_, number_ = map(int, match.groups())
    else:
        _refuse_formula(raw)
        raise UnfitCell("не дата: нужно дд.мм.гггг")
    try:
        result = date(year, month_, number_)
    except ValueError:
        raise UnfitCell("такого дня нет в календаре") from None
    if year not in _YEARS:
        raise UnfitCell("год не похож на настоящий")
    return result


@lru_cache(maxsize=4096)
def clock_time(raw: str) -> time:
    """Read a time of the day as 12:29:00 or 12:29."""
    match = _TIME.fullmatch(raw.strip())
    if match is None:
        _refuse_formula(raw)
        raise UnfitCell("не время: нужно чч:мм:сс")
    try:
        hours, minutes, seconds = (int(part or 0) for part in match.group(1, 3, 4))
        return time(hours, minutes, seconds)
    except ValueError:
        raise UnfitCell("такого времени не бывает") from None


@lru_cache(maxsize=1024)
def month(raw: str) -> Month:
    """Read a month as 10.2026, 1026, 102026, 2026-10 or «октябрь 2026»."""
    found = raw.strip()
    if match := _NAMED_MONTH.fullmatch(found.casefold()):
        if match[1] not in MONTH_NAMES:
            raise UnfitCell("такого месяца нет")
        found = f"{MONTH_NAMES.index(match[1]) + 1}.{match[2]}"
    for pattern in _MONTHS:
        if match := pattern.fullmatch(found):
            year = int(match["year"])
            year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits of a year
            if 1 <= int(match["month"]) <= 12 and year in _YEARS:  # noqa: PLR2004 - months
                return Month(year, int(match["month"]))
            raise UnfitCell("такого месяца нет")
    _refuse_formula(raw)
    raise UnfitCell("не месяц: нужно ММ.ГГГГ или ММГГ")


def _refuse_formula(raw: str) -> None:
    """Say that the cell is a formula or is empty, where that is the better reason."""
    if not raw.strip():
        raise UnfitCell("пустая ячейка")
    if is_formula(raw) and raw.strip() not in {"-", "+"}:
        raise UnfitCell("формула вместо значения")
