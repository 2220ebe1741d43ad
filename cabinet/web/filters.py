"""How figures, dates and names of months look on a page: the only place that formats."""

import re
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from flask import Flask, has_request_context
from flask_login import current_user

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.people import EndReason
from cabinet.domain.period import MONTH_NAMES, Month, local_day
from cabinet.domain.registration import Refusal
from cabinet.services.registration import receipt_code_of
from cabinet.web import identity
from cabinet.web import moment as request_moment
from cabinet.web.words import END_REASONS, REFUSALS

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
NBSP = "\u00a0"
MINUS = "\u2212"

MONTHS_OF_DAYS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
TEENS = range(11, 15)
FEW = range(2, 5)


def money(amount: Money) -> str:
    """Return «1 234,56» without the rouble sign."""
    return _decimal(amount.roubles, least_places=2)


def about(amount: Money) -> str:
    """Return «1 240»: tens of roubles, for a sum that nobody can know to a kopeck."""
    return _decimal(amount.roubles.quantize(Decimal("1E1")), least_places=0)


def change(amount: Money) -> str:
    """Return «+12,40» or «−5,00»; nothing stands before zero."""
    return ("+" if amount > Money(0) else "") + money(amount)


def kwh(energy: Energy) -> str:
    """Return «4 634» without the unit; parts of a kilowatt-hour only if there are."""
    return _decimal(energy.kwh, least_places=0)


def round_kwh(energy: Energy, thousands: bool = False) -> str:  # noqa: FBT001, FBT002 - a filter
    """Return kilowatt-hours, «1234», or thousands of them, «12,3», in few signs."""
    if not thousands:
        return str(round(energy.kwh))
    value = energy.kwh / 1000
    return _decimal(round(value, 0 if value >= 100 else 1), least_places=0)  # noqa: PLR2004 - three digits are enough


def price(rate: Price) -> str:
    """Return «5,87», with as many places as the price has, two at least."""
    return _decimal(rate.roubles, least_places=2)


def price_change(new: Price, old: Price) -> str:
    """Return «+0,27» or «−0,05»."""
    change = new.roubles - old.roubles
    return ("+" if change > 0 else "") + _decimal(change, least_places=2)


def number(whole: int) -> str:
    """Return a whole number in groups of three."""
    return _decimal(Decimal(whole), least_places=0)


def day(moment: date) -> str:
    """Return «25 октября»."""
    return f"{moment.day}{NBSP}{MONTHS_OF_DAYS[moment.month - 1]}"


def day_of_year(moment: date) -> str:
    """Return «25 октября 2026 года»."""
    return f"{day(moment)} {moment.year}{NBSP}года"


def short_date(moment: date) -> str:
    """Return «25.10.2026»."""
    return f"{moment:%d.%m.%Y}"


def moment(instant: datetime, zone: tzinfo) -> str:
    """Return «22 ноября 16:49» as clocks show it there."""
    return f"{day(local_day(instant, zone))} {clock(instant, zone)}"


def moment_of_year(instant: datetime, zone: tzinfo) -> str:
    """Return «22 ноября 2026 года, 16:49» as clocks show it there."""
    return f"{day_of_year(local_day(instant, zone))}, {clock(instant, zone)}"


def clock(instant: datetime, zone: tzinfo) -> str:
    """Return «16:49» as clocks show it there."""
    return f"{instant.astimezone(zone):%H:%M}"


def month(period: Month) -> str:
    """Return «октябрь 2026»."""
    return f"{month_name(period)}{NBSP}{period.year}"


def month_name(period: Month) -> str:
    """Return «октябрь»."""
    return MONTH_NAMES[period.number - 1]


def month_short(period: Month) -> str:
    """Return «окт 2026»."""
    return f"{month_name(period)[:3]}{NBSP}{period.year}"


def receipt_title(period: Month) -> str:
    """Return «Квитанция за октябрь 2026»."""
    return f"Квитанция за {month_name(period)} {period.year}"


def account_number(number: str) -> str:
    """Return «4600 1234 5678»: groups of four, which are easy to read out."""
    return NBSP.join(number[start : start + 4] for start in range(0, len(number), 4))


def address(text: str) -> str:
    """Return an address whose «д. 14» stays together."""
    return re.sub(r"\b(\w{1,4}\.) ", rf"\1{NBSP}", text)


def without_region(text: str) -> str:
    """Return an address from its town on: everybody here knows the region."""
    region, comma, rest = text.partition(", ")
    is_region = re.search(r"область$|край$|округ$|^Республика", region)
    return address(rest if comma and is_region else text)


def plural(number: int, one: str, few: str, many: str) -> str:
    """Return the form of a word that stands after the number: 1 день, 3 дня, 5 дней."""
    number = abs(number)
    if number % 100 in TEENS:
        return many
    if number % 10 == 1:
        return one
    return few if number % 10 in FEW else many


def duration(span: timedelta) -> str:
    """Return «5 минут» or «2 часа», rounded up."""
    minutes = max(1, -(-int(span.total_seconds()) // 60))
    if minutes < 60:  # noqa: PLR2004 - minutes in an hour
        word = plural(minutes, "минуту", "минуты", "минут")
        return f"{minutes}{NBSP}{word}"
    hours = -(-minutes // 60)
    return f"{hours}{NBSP}{plural(hours, 'час', 'часа', 'часов')}"


def until(instant: datetime) -> str:
    """Return how long it is from this request to the instant: «5 минут»."""
    return duration(instant - request_moment.now())


def tel(phone: str) -> str:
    """Return a phone number as an address: `+78001234567`."""
    digits = re.sub(r"\D", "", phone)
    return "+7" + digits[1:] if digits.startswith("8") else "+" + digits


def file_size(size: int) -> str:
    """Return bytes as a person counts them: «12 КБ», «1,2 МБ»."""
    if size < MEGABYTE:
        return f"{max(1, round(size / KILOBYTE))}{NBSP}КБ"
    return f"{_decimal(Decimal(round(size / MEGABYTE, 1)).quantize(Decimal('0.1')), least_places=0)}{NBSP}МБ"


def registration_code(number: str, month: Month) -> str:
    """Return the code with which who holds a receipt registers: «1234 5678».

    Whom an owner let in is shown none: an empty word.
    """
    card = getattr(current_user, "account", None) if has_request_context() else None
    if card is not None and not card.is_owner:
        return ""
    return account_number(receipt_code_of(number, month, pepper=identity.pepper()))


def refusal(reason: str) -> str:
    """Return why a request to register was refused: «Лицевой счёт закрыт»."""
    return REFUSALS[Refusal(reason)]


def end_reason(reason: str) -> str:
    """Return why a specialist ended an access: «Счёт открыли по ошибке»."""
    return END_REASONS[EndReason(reason)]


def cell(text: str) -> str:
    """Return a cell of somebody's file as a page may hold it: signs that show nothing as points."""
    return "".join(each if each.isprintable() or each == NBSP else "·" for each in text)


def register(app: Flask) -> None:
    """Give the templates every filter."""
    app.jinja_env.filters.update(
        money=money,
        about=about,
        change=change,
        kwh=kwh,
        round_kwh=round_kwh,
        price=price,
        price_change=price_change,
        number=number,
        day=day,
        local_day=local_day,
        day_of_year=day_of_year,
        date=short_date,
        moment=moment,
        moment_of_year=moment_of_year,
        clock=clock,
        month=month,
        month_name=month_name,
        month_short=month_short,
        account_number=account_number,
        address=address,
        without_region=without_region,
        plural=plural,
        duration=duration,
        until=until,
        tel=tel,
        cell=cell,
        file_size=file_size,
        refusal=refusal,
        end_reason=end_reason,
        registration_code=registration_code,
    )


def _decimal(value: Decimal, *, least_places: int) -> str:
    """Return a decimal as Russians write it, without zeros that say nothing."""
    whole, _, places = f"{abs(value):f}".partition(".")
    places = places.rstrip("0").ljust(least_places, "0")
    groups = f"{int(whole):,}".replace(",", NBSP)
    sign = MINUS if value < 0 else ""
    return f"{sign}{groups},{places}" if places else f"{sign}{groups}"
