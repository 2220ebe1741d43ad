"""Prices and limits of ranges as the domain takes them, read from their rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cabinet.domain.period import Month
from cabinet.domain.tariff import Category, Plan, RangeLimit, Rate
from cabinet.models import Account, Branch, Range, Tariff
from cabinet.models import Rate as RateRow
from cabinet.models.hot import Hot

#: Limits of a household, and of one heated by electricity in the heating season.
ORDINARY = "range_limit"
HEATING = "range_limit_heating_season_electric"


@dataclass(frozen=True, order=True, slots=True)
class TariffKey:
    """What is priced: a region, a category of customers, a zone plan."""

    region: str
    category: Category
    plan: Plan


def key_of(account_id: int, plan: Plan) -> TariffKey:
    """Return what an account pays by, inside the open transaction."""
    region, category = (
        Account.select(Branch.region, Account.category)
        .join(Branch)
        .where(Account.id == account_id)
        .tuples()
        .get()
    )
    return TariffKey(region, category, plan)


def rates_of(key: TariffKey) -> list[Rate]:
    """Return every rate of the tariff, inside the open transaction."""
    return [_rate(row[:-1]) for row in _RATES(key.region, key.category, key.plan)]


def rates_during(key: TariffKey, month: Month) -> list[Rate]:
    """Return the rates of the tariff that hold on some day of the month.

    Inside the open transaction.
    """
    rows = _DURING(key.region, key.category, key.plan, month.ends, month.starts)
    return [_rate(row) for row in rows]


def sources_of(key: TariffKey) -> list[tuple[Rate, str]]:
    """Return every rate of the tariff with where its figure was published."""
    rows = _RATES(key.region, key.category, key.plan)
    return [(_rate(row[:-1]), row[-1]) for row in rows]


def rates_in(regions: Iterable[str]) -> dict[TariffKey, list[Rate]]:
    """Return every rate of the regions by tariff, inside the open transaction."""
    found: dict[TariffKey, list[Rate]] = {}
    query = (
        RateRow.select(Tariff.region, Tariff.category, Tariff.plan, *_OF_RATE)
        .join(Tariff)
        .where(Tariff.region.in_(sorted(regions)))
        .tuples()
    )
    for region, category, plan, *rate in query:
        key = TariffKey(region, category, plan)
        found.setdefault(key, []).append(_rate(rate))
    return found


def ordinary_limits(region: str) -> list[RangeLimit]:
    """Return the limits of ranges of an ordinary household in a region."""
    return limits_of(ORDINARY, region)


def limits_of(kind: str, region: str) -> list[RangeLimit]:
    """Return the limits of a kind of household, inside the open transaction.

    A region with rows of its own has those alone, else everybody's hold there.
    """
    rows = _LIMITS(kind, region)
    has_own = any(row[0] for row in rows)
    return [
        RangeLimit(number=number, limit=limit, starts=starts, ends=ends)
        for place, number, limit, starts, ends in rows
        if bool(place) is has_own
    ]


_OF_RATE = (
    RateRow.zone,
    RateRow.range_number,
    RateRow.price,
    RateRow.starts,
    RateRow.ends,
    RateRow.document,
)
_RATES = Hot(
    lambda region, category, plan: (
        RateRow.select(*_OF_RATE, RateRow.source)
        .join(Tariff)
        .where(
            Tariff.region == region,
            Tariff.category == category,
            Tariff.plan == plan,
        )
        .tuples()
    ),
    Tariff.region,
    Tariff.category,
    Tariff.plan,
)
_DURING = Hot(
    lambda region, category, plan, before, after: (
        RateRow.select(*_OF_RATE)
        .join(Tariff)
        .where(
            Tariff.region == region,
            Tariff.category == category,
            Tariff.plan == plan,
            RateRow.starts < before,
            RateRow.ends.is_null() | (RateRow.ends > after),
        )
        .tuples()
    ),
    Tariff.region,
    Tariff.category,
    Tariff.plan,
    RateRow.starts,
    RateRow.ends,
)
_LIMITS = Hot(
    lambda kind, region: (
        Range.select(Range.region, Range.number, Range.limit, Range.starts, Range.ends)
        .where(Range.kind == kind, Range.region.in_([region, ""]))
        .order_by(Range.number, Range.starts)
        .tuples()
    ),
    Range.kind,
    Range.region,
)


def _rate(row: Sequence[Any]) -> Rate:
    zone, range_number, price, starts, ends, document = row
    return Rate(
        zone=zone,
        range_number=range_number,
        price=price,
        starts=starts,
        ends=ends,
        document=document,
    )
