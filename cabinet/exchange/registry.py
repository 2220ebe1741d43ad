"""Registries of a billing system and of banks: their rows and the columns they use."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category
from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.profiles import Column, Profile
from cabinet.exchange.registry_rows import (
    AccountRow,
    ChargeRow,
    MeterRow,
    PaymentRow,
    ReadingRow,
    Registers,
)

CATEGORIES = {
    "город, газовая плита": Category.CITY_GAS,
    "город, электроплита": Category.CITY_ELECTRIC,
    "село": Category.RURAL,
    "организация": Category.ORGANISATION,
}
SOURCES = {
    "ЛК": ReadingSource.CABINET,
    "касса": ReadingSource.CASH_DESK,
    "телефон": ReadingSource.PHONE,
    "бумага": ReadingSource.PAPER,
    "контролёр": ReadingSource.INSPECTOR,
    "контролер": ReadingSource.INSPECTOR,
    "акт": ReadingSource.ACT,
    "расчёт": ReadingSource.ESTIMATE,
    "расчет": ReadingSource.ESTIMATE,
}
BASES = {
    "показания": ChargeBasis.ACTUAL,
    "среднее": ChargeBasis.AVERAGE,
    "норматив": ChargeBasis.NORM,
}

_MOST_ZONES = 3
_MIDNIGHT = time()
_NOTHING = Money(0)

_ACCOUNT = Column("account", ("ЛС", "Лицевой счёт", "Номер ЛС"), cells.account_number)
_SERIAL = Column(
    "serial", ("Заводской №", "Номер счётчика", "Серийный номер"), cells.text(40)
)


def _account_or_none(raw: str) -> str:
    return cells.account_number(raw) if raw.strip() else ""


def _area(raw: str) -> int:
    """Read square metres as tenths."""
    found = cells.number(1)(raw)
    if found < 0:
        raise UnfitCell("меньше нуля")
    return int(found * 10)


def registers_of(values: dict[str, Any], fields: Mapping[str, str]) -> Registers:
    """Take T1 to T3 out of the values; a zone may not stand after an empty one."""
    return _registers([values.pop(name) for name in fields], fields)


def _registers(found: list[Energy | None], fields: Mapping[str, str]) -> Registers:
    if found.count(None) == len(found):
        return ()
    while found and found[-1] is None:
        found.pop()
    for name, value in zip(fields, found, strict=False):
        if value is None:
            raise UnfitCell("пустая ячейка", field=name)
    return tuple(value for value in found if value is not None)


_OPENING = {
    "opening_t1": "Сальдо Т1",
    "opening_t2": "Сальдо Т2",
    "opening_t3": "Сальдо Т3",
}
_CLOSING = {"closing_t1": "Кон.Т1", "closing_t2": "Кон.Т2", "closing_t3": "Кон.Т3"}
_READING = {"t1": "Т1", "t2": "Т2", "t3": "Т3"}


def register_columns(fields: Mapping[str, str]) -> tuple[Column, ...]:
    """Return a column for each zone; only the first one is needed."""
    return tuple(
        Column(name, (header,), cells.optional(cells.energy), needed=name.endswith("1"))
        for name, header in fields.items()
    )


def _meter(  # noqa: PLR0917 - as the columns stand
    line: int,
    raw: tuple[str, ...],
    account: str,
    serial: str,
    model: str | None,
    zones: int,
    digits: int,
    ratio: int,
    installed_on: date | None,
    removed_on: date | None,
    verified_until: date | None,
    opening_on: date,
    *registers: Energy | None,
) -> MeterRow:
    opening = _registers([*registers[:_MOST_ZONES]], _OPENING)
    closing = _registers([*registers[_MOST_ZONES:]], _CLOSING)
    if len(opening) != zones:
        raise UnfitCell(
            f"зон {zones}, а показаний {len(opening)}",
            field=f"opening_t{min(zones, len(opening)) + 1}",
        )
    if (removed_on is None) != (not closing):
        raise UnfitCell(
            "у снятого счётчика нужны и дата, и конечные показания", field="removed_on"
        )
    if closing and len(closing) != zones:
        raise UnfitCell(
            f"зон {zones}, а показаний {len(closing)}",
            field=f"closing_t{min(zones, len(closing)) + 1}",
        )
    check_digits(opening, digits, _OPENING)
    check_digits(closing, digits, _CLOSING)
    return MeterRow(
        line,
        raw,
        account,
        serial,
        model,
        zones,
        digits,
        ratio,
        installed_on,
        removed_on,
        verified_until,
        opening_on,
        opening,
        closing,
    )


def _reading(  # noqa: PLR0917 - as the columns stand
    line: int,
    raw: tuple[str, ...],
    account: str,
    serial: str,
    taken_on: date,
    t1: Energy | None,
    t2: Energy | None,
    t3: Energy | None,
    source: ReadingSource,
) -> ReadingRow:
    if t1 is not None and t2 is None and t3 is None:
        return ReadingRow(line, raw, account, serial, taken_on, (t1,), source)
    registers = _registers([t1, t2, t3], _READING)
    if not registers:
        raise UnfitCell("пустая ячейка", field="t1")
    return ReadingRow(line, raw, account, serial, taken_on, registers, source)


def _payment(  # noqa: PLR0917 - as the columns stand
    line: int,
    raw: tuple[str, ...],
    paid_on: date,
    paid_at: time | None,
    code: str,
    account: str,
    holder: str | None,
    month: Month | None,
    amount: Money,
    _transfer: Money | None,
    _commission: Money | None,
) -> PaymentRow:
    moment = _MIDNIGHT if paid_at is None else paid_at
    return PaymentRow(
        line, raw, paid_on, moment, code, account, holder or "", month, amount
    )


def _charge(  # noqa: PLR0917 - as the columns stand
    line: int,
    raw: tuple[str, ...],
    account: str,
    month: Month,
    energy: Energy,
    basis: ChargeBasis,
    charged: Money,
    penalty: Money | None,
    recalculated: Money | None,
) -> ChargeRow:
    if charged.kopecks < 0:
        raise UnfitCell("начислено меньше нуля", field="charged")
    return ChargeRow(
        line,
        raw,
        account,
        month,
        energy,
        basis,
        charged,
        _NOTHING if penalty is None else penalty,
        _NOTHING if recalculated is None else recalculated,
    )


def check_digits(registers: Registers, digits: int, fields: Iterable[str]) -> None:
    """Refuse a register with more digits than the meter has."""
    most = 10**digits * WH_IN_KWH
    for name, register in zip(fields, registers, strict=False):
        if register.wh >= most:
            raise UnfitCell(f"больше цифр, чем у счётчика ({digits})", field=name)


ACCOUNTS = Profile(
    kind="accounts",
    make=AccountRow,
    is_in_order=True,
    columns=(
        _ACCOUNT,
        Column("branch", ("Филиал", "Отделение"), cells.text(120)),
        Column("holder", ("ФИО", "Абонент", "Наименование"), cells.text(240)),
        Column("address", ("Адрес",), cells.text(400)),
        Column("category", ("Категория",), cells.word(CATEGORIES)),
        Column("residents", ("Проживает",), cells.whole_number(0, 99)),
        Column(
            "rooms",
            ("Комнат",),
            cells.optional(cells.whole_number(0, 99)),
            needed=False,
        ),
        Column("norm", ("Норматив",), cells.optional(cells.energy), needed=False),
        Column("area", ("Площадь",), cells.optional(_area), needed=False),
        Column("opened_on", ("Открыт",), cells.optional(cells.day), needed=False),
        Column("els", ("ЕЛС",), cells.optional(cells.single_account), needed=False),
        Column("izhku", ("ИЖКУ",), cells.optional(cells.service_number), needed=False),
        Column(
            "route",
            ("Маршрут", "Почтовый маршрут"),
            cells.optional(cells.text(40)),
            needed=False,
        ),
    ),
)

METERS = Profile(
    kind="meters",
    make=_meter,
    is_in_order=True,
    columns=(
        _ACCOUNT,
        _SERIAL,
        Column(
            "model", ("Модель", "Тип"), cells.optional(cells.text(80)), needed=False
        ),
        Column("zones", ("Зон",), cells.whole_number(1, 3)),
        Column("digits", ("Разрядность",), cells.whole_number(3, 9)),
        Column("ratio", ("Ктр",), cells.whole_number(1, 99_999)),
        Column(
            "installed_on", ("Установлен",), cells.optional(cells.day), needed=False
        ),
        Column("removed_on", ("Снят",), cells.optional(cells.day)),
        Column(
            "verified_until", ("Поверка до",), cells.optional(cells.day), needed=False
        ),
        Column("opening_on", ("Дата сальдо",), cells.day),
        *register_columns(_OPENING),
        *register_columns(_CLOSING),
    ),
)

READINGS = Profile(
    kind="readings",
    make=_reading,
    is_in_order=True,
    columns=(
        _ACCOUNT,
        _SERIAL,
        Column("taken_on", ("Дата", "Дата показаний"), cells.day),
        *register_columns(_READING),
        Column("source", ("Источник",), cells.word(SOURCES)),
    ),
)

CHARGES = Profile(
    kind="charges",
    make=_charge,
    is_in_order=True,
    columns=(
        _ACCOUNT,
        Column("month", ("Период", "Месяц"), cells.month),
        Column("energy", ("кВт*ч", "Объём"), cells.energy),
        Column("basis", ("Основание",), cells.word(BASES)),
        Column("charged", ("Начислено",), cells.money),
        Column("penalty", ("Пени",), cells.optional(cells.money), needed=False),
        Column(
            "recalculated",
            ("Перерасчёт",),
            cells.optional(cells.money),
            needed=False,
        ),
    ),
)

PAYMENTS = Profile(
    kind="payments",
    make=_payment,
    is_in_order=True,
    sums=("amount", "transfer", "commission"),
    columns=(
        Column("paid_on", ("Дата", "Дата платежа"), cells.day),
        Column("paid_at", ("Время",), cells.optional(cells.clock_time), needed=False),
        Column("code", ("Код операции",), cells.operation_code),
        # Money that names no account waits for a person to tell whose it is.
        replace(_ACCOUNT, read=_account_or_none),
        Column("holder", ("ФИО",), cells.optional(cells.text(240)), needed=False),
        Column("month", ("Период",), cells.optional(cells.month), needed=False),
        Column("amount", ("Сумма",), cells.positive_money),
        Column(
            "transfer", ("К зачислению",), cells.optional(cells.money), needed=False
        ),
        Column("commission", ("Комиссия",), cells.optional(cells.money), needed=False),
    ),
)

#: In the order in which they depend on each other.
REGISTRIES: tuple[Profile[Any], ...] = (ACCOUNTS, METERS, READINGS, CHARGES, PAYMENTS)
