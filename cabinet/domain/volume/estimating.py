"""What stands for a month, or a part of it, that no reading counts in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.period import Month
from cabinet.domain.tariff import Plan
from cabinet.domain.volume.values import (
    LEAST_OF_AVERAGE,
    MOST_PERIODS_BY_AVERAGE,
    NORM_SHARES,
    Household,
    Known,
    NormMissing,
    Registers,
    Silence,
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Energy by zone, whether the average or the norm gave it, and of which months."""

    by_zone: Registers
    basis: ChargeBasis
    mean_of: tuple[Month, ...] = ()


def estimate(
    household: Household,
    known: Sequence[Known],
    month: Month,
    *,
    zones: int,
    silence: Silence,
    silent: int,
    days: tuple[date, date] | None = None,
) -> Estimate:
    """Return what stands for the month, or for its `days` from one to before another.

    The average of at least three months, for three months in a row at most unless the
    meter is out of order; then the norm. Raises NormMissing.
    """
    count, whole = _count(household, month, days or (month.starts, month.ends))
    may_last = silence is Silence.UNVERIFIED or silent <= MOST_PERIODS_BY_AVERAGE
    if may_last and len(known) >= LEAST_OF_AVERAGE:
        by_zone = tuple(
            _whole_kwh(each * count / whole) for each in _means(known, zones)
        )
        months = tuple(one.month for one in known)
        return Estimate(by_zone, ChargeBasis.AVERAGE, months)
    if household.norm is None:
        raise NormMissing(month)
    total = household.norm * household.residents
    if count != whole:
        total = _whole_kwh(total.kwh * count / whole)
    return Estimate(shared(total, zones), ChargeBasis.NORM)


def mean(known: Sequence[Known], zones: int) -> Registers | None:
    """Return the average of a month by zone, None of too few months."""
    if len(known) < LEAST_OF_AVERAGE:
        return None
    return tuple(_whole_kwh(each) for each in _means(known, zones))


def shared(total: Energy, zones: int) -> Registers:
    """Share energy between zones as the norm is; the remainder goes to the first."""
    _, *shares = NORM_SHARES[Plan.of_zones(zones)]
    rest = [_whole_kwh(total.kwh * share / 100) for share in shares]
    return (total - Energy.total(rest), *rest)


def shaped(by_zone: Registers, zones: int) -> Registers:
    """Return the energy in so many zones; of another plan it is shared anew."""
    if len(by_zone) == zones:
        return by_zone
    return shared(Energy.total(by_zone), zones)


def part(by_zone: Registers, days: int, month: Month) -> Registers:
    """Return so many days' part of a month's energy, each zone in whole kilowatt-hours."""
    whole = (month.ends - month.starts).days
    return tuple(_whole_kwh(one.kwh * days / whole) for one in by_zone)


def added(parts: Iterable[Registers]) -> Registers:
    """Add energy up zone by zone."""
    return tuple(Energy.total(column) for column in zip(*parts, strict=True))


def _means(known: Sequence[Known], zones: int) -> list[Decimal]:
    total = added(shaped(one.by_zone, zones) for one in known)
    return [each.kwh / len(known) for each in total]


def _count(
    household: Household, month: Month, days: tuple[date, date]
) -> tuple[int, int]:
    """Return how many of the days the account was open, and how many the month has."""
    first, last = days
    if household.opened_on is not None:
        first = max(first, household.opened_on)
    if household.closed_on is not None:
        last = min(last, household.closed_on)
    return max((last - first).days, 0), (month.ends - month.starts).days


def _whole_kwh(kwh: Decimal) -> Energy:
    return Energy.from_kwh(kwh.quantize(Decimal(1), ROUND_HALF_EVEN))
