"""Prices and limits of ranges as the domain takes them, read from their rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from cabinet.domain.tariff import Category, Plan, RangeLimit, Rate
from cabinet.models import Account, Branch, Tariff
from cabinet.models import Range as RangeRow
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
    return [_rate(row) for row in _RATES(key.region, key.category, key.plan)]


def sources_of(key: TariffKey) -> list[tuple[Rate, str]]:
    """Return every rate of the tariff with where its figure was published."""
    rows = _RATES(key.region, key.category, key.plan)
    return [(_rate(row), row.source) for row in rows]


def rates_in(regions: Iterable[str]) -> dict[TariffKey, list[Rate]]:
    """Return every rate of the regions by tariff, inside the open transaction."""
    found: dict[TariffKey, list[Rate]] = {}
    query = (
        RateRow.select(RateRow, Tariff)
        .join(Tariff)
        .where(Tariff.region.in_(sorted(regions)))
    )
    for row in query:
        key = TariffKey(row.tariff.region, row.tariff.category, row.tariff.plan)
        found.setdefault(key, []).append(_rate(row))
    return found


def ordinary_limits(region: str) -> list[RangeLimit]:
    """Return the limits of ranges of an ordinary household in a region."""
    return limits_of(ORDINARY, region)


def limits_of(kind: str, region: str) -> list[RangeLimit]:
    """Return the limits of a kind of household, inside the open transaction.

    A region with rows of its own has those alone, else everybody's hold there.
    """
    rows = _LIMITS(kind, region) or _LIMITS(kind, "")
    return [
        RangeLimit(number=row.number, limit=row.limit, starts=row.starts, ends=row.ends)
        for row in rows
    ]


_RATES = Hot(
    lambda region, category, plan: (
        RateRow.select()
        .join(Tariff)
        .where(
            Tariff.region == region,
            Tariff.category == category,
            Tariff.plan == plan,
        )
    ),
    Tariff.region,
    Tariff.category,
    Tariff.plan,
)
_LIMITS = Hot(
    lambda kind, region: RangeRow.select().where(
        RangeRow.kind == kind, RangeRow.region == region
    ),
    RangeRow.kind,
    RangeRow.region,
)


def _rate(row: RateRow) -> Rate:
    return Rate(
        zone=row.zone,
        range_number=row.range_number,
        price=row.price,
        starts=row.starts,
        ends=row.ends,
        document=row.document,
    )
