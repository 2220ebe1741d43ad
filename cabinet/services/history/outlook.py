"""What the month that has no reading yet will come to, and about what it will cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cabinet.domain.energy import Energy
from cabinet.domain.forecast import Footing, forecast
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.domain.pricing import FIRST_RANGE, price_lines
from cabinet.domain.tariff import Plan, RateMissing, Zone
from cabinet.services import prices
from cabinet.services.history.units import ByZone, Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """The forecast of a month (прогноз).

    `amount` is None where prices of the month are not known; `is_dearer` tells that a
    part of the energy goes beyond the first range.
    """

    month: Month
    energy: Energy
    footing: Footing
    amount: Money | None
    is_dearer: bool


def outlook(
    account_id: int, units: Iterable[Unit], zones: tuple[Zone, ...], today: date
) -> Outlook | None:
    """Return the forecast of the first month from today's on that has no reading.

    None where too little is known. Inside the open transaction.
    """
    known = _by_month(units)
    month = max([Month.of(today), *(at.next for at in known)])
    found = forecast(known, zones, month)
    if found is None:
        return None
    key = prices.key_of(account_id, Plan.of_zones(len(zones)))
    rates, limits = prices.rates_of(key), prices.ordinary_limits(key.region)
    try:
        lines = price_lines(key.plan, found.by_zone, rates, limits, month)
    except RateMissing:
        lines = None
    return Outlook(
        month=month,
        energy=found.total,
        footing=found.footing,
        amount=None if lines is None else Money.total(line.amount for line in lines),
        is_dearer=any(line.range_number > FIRST_RANGE for line in lines or ()),
    )


def _by_month(units: Iterable[Unit]) -> dict[Month, ByZone]:
    """Return the energy by month; that of several months is shared out equally."""
    known: dict[Month, ByZone] = {}
    for unit in units:
        if unit.by_zone is not None:
            share = {
                zone: Energy(energy.wh // unit.months)
                for zone, energy in unit.by_zone.items()
            }
            known.update(dict.fromkeys(months(unit.first, unit.last), share))
    return known
