"""Where the header of a table is, and which of its words mean which field."""

from collections.abc import Iterable, Sequence
from typing import Any

from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.profiles import Column, Profile, fold

#: Words people write above a column beside those a profile knows it by. They only guess:
#: whoever brings the file in sees the guess before anything is taken.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "account": (
        "Л/с",
        "Л/счёт",
        "Лиц. счёт",
        "Лицевой",
        "№ ЛС",
        "№ лицевого счёта",
        "Номер лицевого счёта",
        "Номер счёта",
        "Абонентский номер",
        "Номер абонента",
        "Код абонента",
        "account",
    ),
    "holder": (
        "Ф.И.О.",
        "ФИО абонента",
        "ФИО плательщика",
        "Плательщик",
        "Владелец",
        "Собственник",
        "Потребитель",
        "Абонент",
        "Клиент",
    ),
    "address": ("Адрес абонента", "Адрес объекта", "Адрес помещения", "Адрес доставки"),
    "branch": ("Участок", "Район", "РЭС", "Подразделение", "Регион"),
    "category": ("Категория потребителя", "Группа потребителей", "Тип тарифа"),
    "residents": (
        "Кол-во проживающих",
        "Количество проживающих",
        "Проживающих",
        "Число жильцов",
        "Прописано",
        "Зарегистрировано",
    ),
    "rooms": ("Кол-во комнат", "Количество комнат", "Число комнат"),
    "norm": ("Норма", "Норматив потребления", "Норматив, кВт*ч"),
    "area": ("Общая площадь", "Площадь, м2", "Площадь, кв.м"),
    "opened_on": ("Дата открытия", "Дата договора", "Открыт с"),
    "serial": (
        "№ счётчика",
        "№ ПУ",
        "Номер ПУ",
        "Заводской номер",
        "Зав. №",
        "Зав. номер",
        "Заводской номер ПУ",
        "Прибор учёта",
        "Счётчик",
        "№ прибора",
    ),
    "old_serial": ("Номер снятого", "№ снятого ПУ", "Старый ПУ", "Снятый ПУ"),
    "model": ("Марка", "Модель счётчика", "Тип счётчика", "Тип ПУ", "Марка ПУ"),
    "zones": ("Зонность", "Кол-во зон", "Тарифность", "Количество тарифов"),
    "digits": ("Значность", "Кол-во знаков", "Число разрядов", "Разрядов"),
    "ratio": ("Коэффициент", "Коэф. трансформации", "Коэффициент трансформации", "Кт"),
    "installed_on": ("Дата установки", "Установлен с"),
    "removed_on": ("Дата снятия", "Снят с"),
    "replaced_on": ("Дата", "Дата установки", "Дата снятия"),
    "verified_until": ("Дата поверки", "Следующая поверка", "Срок поверки", "МПИ до"),
    "opening_on": ("Дата начальных", "Дата начальных показаний"),
    "taken_on": ("Дата снятия показаний", "Дата передачи", "Дата съёма"),
    "t1": (
        "Показание",
        "Показания",
        "День",
        "Пик",
        "Показания Т1",
        "Текущие показания",
        "Показание день",
    ),
    "t2": ("Ночь", "Показания Т2", "Показание ночь"),
    "t3": ("Полупик", "Показания Т3"),
    "source": ("Источник показаний", "Способ передачи", "Вид показаний"),
    "month": (
        "Период",
        "Месяц",
        "Расчётный период",
        "Расчётный месяц",
        "За период",
        "Период оплаты",
    ),
    "energy": ("Объём, кВт*ч", "Расход", "Расход, кВт*ч", "Потребление", "кВтч"),
    "basis": ("Способ расчёта", "Вид начисления", "Основание начисления"),
    "charged": ("Сумма начисления", "Начислено, руб", "Начисления", "К начислению"),
    "penalty": ("Пеня", "Сумма пени", "Пени, руб"),
    "recalculated": ("Перерасчёты", "Корректировка", "Перерасчёт, руб"),
    "paid_on": ("Дата оплаты", "Дата операции", "Дата приёма", "Дата зачисления"),
    "paid_at": ("Время платежа", "Время оплаты", "Время операции"),
    "code": (
        "Номер операции",
        "ID операции",
        "УНО",
        "Номер платежа",
        "Номер документа",
        "ID платежа",
        "Уникальный номер операции",
        "Код платежа",
    ),
    "amount": (
        "Сумма платежа",
        "Сумма оплаты",
        "Оплачено",
        "Сумма, руб",
        "Принято",
        "Сумма операции",
    ),
    "transfer": ("Сумма перевода", "Перечислено", "К перечислению", "Сумма к переводу"),
    "commission": ("Сумма комиссии", "Комиссия банка", "Удержано"),
    "title": ("Наименование льготы", "Вид льготы"),
    "percent": ("% льготы", "Размер льготы", "Процент льготы", "Скидка, %"),
    "people": ("Количество льготников", "Льготников", "Кол-во человек"),
    "starts": ("С", "Дата начала", "Начало", "Дата с"),
    "last_day": ("По", "Дата окончания", "Окончание", "Дата по"),
    "counted_in": ("Учтено в периоде", "Период учёта", "Квитанция за"),
    "since": ("Дата смены", "Дата вступления", "Дата договора"),
}

#: A header is looked for in so many rows that are not empty.
ROWS_LOOKED_AT = 20
_LEAST_KNOWN = 2


def words_of(column: Column) -> frozenset[str]:
    """Return every word a column is guessed by."""
    return frozenset(map(fold, (*column.names, *SYNONYMS.get(column.field, ()))))


_KNOWN = frozenset(
    word
    for profile in PROFILES
    for column in profile.columns
    for word in words_of(column)
)


def find_header(rows: Iterable[tuple[int, Sequence[str]]]) -> int:
    """Return the line of the row with the most known headers, 0 if no row has two."""
    best, line = _LEAST_KNOWN - 1, 0
    for number, row in rows:
        known = len({word for word in map(fold, row) if word} & _KNOWN)
        if known > best:
            best, line = known, number
    return line


def is_data(row: Sequence[str]) -> bool:
    """Tell a row of values from a header: a header names nothing by a number or a day."""
    return any(map(_is_value, row))


def guess(
    header: Sequence[str], profiles: Sequence[Profile[Any]] = PROFILES
) -> tuple[str | None, dict[str, str]]:
    """Return the kind of a file with such a header, and which column is which field.

    A kind is told only when all columns it needs are found.
    """
    best: tuple[int, Profile[Any], dict[str, str]] | None = None
    for profile in profiles:
        columns = columns_of(profile, header)
        needed = {column.field for column in profile.columns if column.needed}
        if needed <= columns.keys() and (best is None or len(columns) > best[0]):
            best = len(columns), profile, columns
    return (None, {}) if best is None else (best[1].kind, best[2])


def columns_of(profile: Profile[Any], header: Sequence[str]) -> dict[str, str]:
    """Return which header is which field of a profile; each header is used once.

    The words a profile knows a column by go before those that people write as well.
    """
    left = {fold(name): name for name in reversed(header) if fold(name)}
    found: dict[str, str] = {}
    for is_sure in (True, False):
        for column in profile.columns:
            if column.field in found:
                continue
            words = column.names if is_sure else SYNONYMS.get(column.field, ())
            word = next((word for word in map(fold, words) if word in left), None)
            if word is not None:
                found[column.field] = left.pop(word)
    return found


def _is_value(cell: str) -> bool:
    text = cell.strip()
    for read in (cells.number(6), cells.day, cells.clock_time):
        try:
            read(text)
        except UnfitCell:
            continue
        return True
    return False
