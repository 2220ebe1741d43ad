"""About how much a reading will cost, before any bill."""

from dataclasses import replace

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.pricing import price_lines
from cabinet.domain.readings import Registers
from cabinet.domain.tariff import RangeLimit, Rate, RateMissing
from cabinet.models import Bill
from cabinet.models.hot import Hot
from cabinet.services import prices
from cabinet.services.prices import TariffKey
from cabinet.services.readings.facts import Facts
from cabinet.services.readings.shown import Estimate


class Estimator:
    """Prices the readings of one meter; reads rates and limits once, when asked."""

    def __init__(self, facts: Facts, before: Registers | None) -> None:
        self._facts = facts
        self._before = before
        self._rows: tuple[list[Rate], list[RangeLimit], Money] | None = None

    def estimate(self, used: Registers | None) -> Estimate | None:
        """Return the estimate, None without consumption or without rates."""
        facts = self._facts
        if used is None or facts.is_last_hidden:
            return None
        if self._rows is None:
            self._rows = (_rates(facts), _limits(facts), _charged_between(facts))
        rates, limits, charged = self._rows
        before = self._before or tuple(each * 0 for each in used)
        volumes = tuple(a + b for a, b in zip(used, before, strict=True))
        try:
            lines = price_lines(facts.plan, volumes, rates, limits, facts.slot.month)
        except RateMissing:
            return None
        return Estimate(lines=lines, charged_before=charged)


def _rates(facts: Facts) -> list[Rate]:
    meter = facts.meter
    key = TariffKey(meter.region, meter.category, facts.plan)
    return prices.rates_during(key, facts.slot.month)


def _limits(facts: Facts) -> list[RangeLimit]:
    """Return the limits; of several months a reading takes several times as much."""
    return [
        replace(each, limit=each.limit * facts.months)
        for each in prices.ordinary_limits(facts.meter.region)
    ]


def _charged_between(facts: Facts) -> Money:
    """Return what was billed for the months between the last reading and this one."""
    first, last = facts.base.month.next, facts.slot.month.previous
    if first > last:
        return Money(0)
    return Money.total(_sums(facts.card.account_id, first, last))


def _sums(account_id: int, first: Month, last: Month) -> list[Money]:
    rows = _CHARGED(account_id, first, last)
    return [charged + recalculated for charged, recalculated in rows]


_CHARGED = Hot(
    lambda account_id, first, last: (
        Bill.select(Bill.charged, Bill.recalculated)
        .where(Bill.account == account_id, Bill.month >= first, Bill.month <= last)
        .tuples()
    ),
    Bill.account,
    Bill.month,
    Bill.month,
)
