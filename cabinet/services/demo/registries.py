"""Registries of the named customers, made as a billing system would send them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.exchange.spreadsheet import Cell, csv_bytes
from cabinet.services.demo.people import (
    ACCOUNTS,
    LAST_MONTH,
    DemoAccount,
    DemoMeter,
)

Registers = tuple[int, ...]

_WORDS = {
    ReadingSource.CABINET: "ЛК",
    ReadingSource.PHONE: "телефон",
    ReadingSource.INSPECTOR: "контролёр",
}
_ACCOUNTS = "ЛС;Филиал;ФИО;Адрес;Категория;Проживает;Комнат;Норматив;Площадь;Открыт"
_METERS = (
    "ЛС;Заводской №;Модель;Зон;Разрядность;Ктр;Установлен;Снят;Поверка до;Дата сальдо;"
    "Сальдо Т1;Сальдо Т2;Сальдо Т3;Кон.Т1;Кон.Т2;Кон.Т3"
)
_READINGS = "ЛС;Заводской №;Дата;Т1;Т2;Т3;Источник"
_CHARGES = "ЛС;Период;кВт*ч;Основание;Начислено;Пени;Перерасчёт"
_PAYMENTS = "Дата;Время;Код операции;ЛС;ФИО;Период;Сумма;К зачислению;Комиссия"
#: Money that came later is not in the registries yet.
LAST_PAID_ON = date(2026, 11, 20)
#: Every so often somebody comes and looks.
_INSPECTED = 7
_FIRST_DAY, _DAYS = 20, 5
_CENT = 100
#: So many payments came with a digit of the account wrong.
_MISTYPED, MISTYPED_IN = 2, "kursk"


#: The branch that bills by itself from the last month on, and how its numbers begin.
OWN_BILLING, _ITS_NUMBERS = "tver", "69"


@dataclass(frozen=True, slots=True)
class DemoReading:
    """What a meter of a named customer showed, whole kWh."""

    serial: str
    taken_on: date
    registers: Registers
    source: ReadingSource


@dataclass(frozen=True, slots=True)
class DemoCharge:
    """What a month of a named customer cost."""

    account: DemoAccount
    month: Month
    kwh: int
    basis: str
    charged: Money
    recalculated: Money


def closing_of(account: DemoAccount, meter: DemoMeter) -> Registers:
    """Return what a meter showed on the day it was taken away; nothing if it stands."""
    if meter.removed_on is None:
        return ()
    *_, last = _shown(account, meter)
    return last[1]


def next_registers(account: DemoAccount) -> Registers:
    """Return what the account's meter would show in a usual month after the last."""
    meter = account.meters[-1]
    *_, (_, last) = _shown(account, meter)
    return _turned(meter, last, LAST_MONTH.next, _CENT)


def readings_of(account: DemoAccount) -> Iterator[DemoReading]:
    """Yield the readings of an account in the order they were taken."""
    for meter in account.meters:
        for taken_on, registers in _shown(account, meter):
            month = Month.of(taken_on)
            if taken_on == meter.removed_on or month in account.silent:
                continue
            inspected = month.since(account.first_month) % _INSPECTED == _INSPECTED - 1
            source = ReadingSource.INSPECTOR if inspected else account.source
            yield DemoReading(meter.serial, taken_on, registers, source)


def charges_of_others(registry: bytes) -> bytes:
    """Return the billing system's charges less those that a branch issues by itself."""
    month = f"{LAST_MONTH.number:02}.{LAST_MONTH.year}"
    own = _ITS_NUMBERS.encode()
    return b"".join(
        line
        for line in registry.splitlines(keepends=True)
        if not (line.startswith(own) and line.split(b";")[1:2] == [month.encode()])
    )


def accounts_csv() -> bytes:
    """Return the registry of accounts."""
    return csv_bytes(
        _ACCOUNTS.split(";"),
        (
            [
                one.number,
                one.branch,
                one.holder,
                one.address,
                one.category,
                one.residents,
                one.rooms,
                one.norm,
                one.area,
                one.opened_on,
            ]
            for one in ACCOUNTS
        ),
    )


def meters_csv() -> bytes:
    """Return the registry of meters, replaced ones with what they showed last."""
    return csv_bytes(
        _METERS.split(";"),
        (
            [
                account.number,
                meter.serial,
                meter.model,
                len(meter.start),
                meter.digits,
                1,
                meter.installed_on,
                meter.removed_on,
                meter.verified_until,
                _opened_on(account, meter),
                *_three(meter.start),
                *_three(closing_of(account, meter)),
            ]
            for account in ACCOUNTS
            for meter in account.meters
        ),
    )


def readings_csv() -> bytes:
    """Return the registry of readings."""
    return csv_bytes(
        _READINGS.split(";"),
        (
            [
                account.number,
                reading.serial,
                reading.taken_on,
                *_three(reading.registers),
                _WORDS[reading.source],
            ]
            for account in ACCOUNTS
            for reading in readings_of(account)
        ),
    )


def charges_csv(charges: list[DemoCharge]) -> bytes:
    """Return the registry of charges."""
    return csv_bytes(
        _CHARGES.split(";"),
        (
            [
                charge.account.number,
                f"{charge.month.number:02}.{charge.month.year}",
                charge.kwh,
                charge.basis,
                charge.charged.roubles,
                Money(0).roubles,
                charge.recalculated.roubles,
            ]
            for charge in charges
        ),
    )


def payments_csv(charges: list[DemoCharge]) -> bytes:
    """Return the bank's registry: each bill paid in the next month, some not at all."""
    rows: list[list[Cell]] = []
    for charge in charges:
        account = charge.account
        is_unpaid = account.unpaid_from and charge.month >= account.unpaid_from
        paid_on = charge.month.ends + timedelta(
            days=3 + _chance(account.number, charge.month) % 10
        )
        amount = charge.charged + charge.recalculated
        if charge.month == LAST_MONTH:
            amount += Money(account.paid_ahead * _CENT)
        if is_unpaid or paid_on > LAST_PAID_ON or amount <= Money(0):
            continue
        code = f"99{account.number[-3:]}{charge.month.code}"
        month = f"{charge.month.number:02}{charge.month.year % _CENT:02}"
        minute = _chance(account.number, charge.month) % 60
        sums = [amount.roubles, amount.roubles, Money(0).roubles]
        rows.append(
            [
                paid_on,
                f"1{minute % 8}:{minute:02}:00",
                code,
                account.number,
                account.holder,
                month,
                *sums,
            ]
        )
    return csv_bytes(_PAYMENTS.split(";"), rows)


def payments_of_unknown_csv() -> bytes:
    """Return a registry of payments whose accounts were typed with a digit wrong."""
    rows: list[list[Cell]] = []
    for number, account in enumerate(ACCOUNTS[:_MISTYPED]):
        wrong = f"{account.number[:-3]}9{account.number[-2:]}"
        sums = [Money(_CENT * (350 + 115 * number)).roubles] * 2
        month = f"{LAST_MONTH.number:02}{LAST_MONTH.year % _CENT:02}"
        code = f"98{account.number[-3:]}{LAST_MONTH.code}"
        rows.append(
            [
                LAST_PAID_ON,
                f"1{number}:20:00",
                code,
                wrong,
                account.holder,
                month,
                *sums,
                Money(0).roubles,
            ]
        )
    return csv_bytes(_PAYMENTS.split(";"), rows)


def _shown(account: DemoAccount, meter: DemoMeter) -> Iterator[tuple[date, Registers]]:
    """Yield what the meter showed in each month, its last day included.

    A replaced meter and its successor share the month of the replacement by days.
    """
    registers = meter.start
    first = max(account.first_month, Month.of(_opened_on(account, meter)).next)
    if meter.installed_on > account.opened_on:
        first = Month.of(meter.installed_on)
    last = LAST_MONTH if meter.removed_on is None else Month.of(meter.removed_on)
    for month in months(first, last):
        share, taken_on = _CENT, _taken_on(account, month)
        if meter.removed_on is not None and month == last:
            share, taken_on = 70, meter.removed_on
        elif meter.installed_on > account.opened_on and month == first:
            share = 30
        registers = _turned(meter, registers, month, share)
        yield taken_on, registers


def _turned(
    meter: DemoMeter, registers: Registers, month: Month, share: int
) -> Registers:
    """Return the registers after a share of the month, in hundredths."""
    return tuple(
        (register + _used(meter, zone, month) * share // _CENT) % 10**meter.digits
        for zone, register in enumerate(registers)
    )


def _used(meter: DemoMeter, zone: int, month: Month) -> int:
    """Return the kWh of a zone in a month: season and a steady little chance."""
    season = meter.seasons[month.number - 1]
    chance = 93 + _chance(f"{meter.serial}{zone}", month) % 15
    return meter.usual[zone] * season * chance // _CENT**2


def _taken_on(account: DemoAccount, month: Month) -> date:
    day = _FIRST_DAY + _chance(account.number, month) % _DAYS
    return month.starts.replace(day=day)


def _opened_on(account: DemoAccount, meter: DemoMeter) -> date:
    """Return the day the registers are told for: before the first month we show."""
    before = account.first_month.starts - timedelta(days=1)
    return max(before, meter.installed_on)


def _chance(word: str, month: Month) -> int:
    """Return a number that is the same in every demonstration."""
    return hashlib.blake2s(f"{word} {month}".encode(), digest_size=2).digest()[0]


def _three(registers: Registers) -> list[Cell]:
    cells: list[Cell] = [*registers]
    return [*cells, None, None, None][:3]
