"""What an account pays: today, before the last change, after the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus
from cabinet.domain.money import Price
from cabinet.domain.period import Span, local_day
from cabinet.domain.tariff import (
    ZONES,
    Category,
    Plan,
    RangeLimit,
    Rate,
    Zone,
    limits_on,
    rate_on,
)
from cabinet.models import Meter, OtherRule
from cabinet.models.base import reading
from cabinet.services import prices
from cabinet.services.access import get_access

HOURS = "zone_hours"
HOURS_IN_DAY = 24
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ZonePrices:
    """A zone: its hours as «07-23», and a price for each range, None where unknown."""

    zone: Zone
    number: int
    hours: str
    prices: tuple[Price | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceTable:
    """Prices from the first day to the day before `ends`.

    `limits` are the upper limits of the ranges but the last.
    """

    starts: date
    ends: date | None
    limits: tuple[Energy, ...]
    zones: tuple[ZonePrices, ...]

    @property
    def last_day(self) -> date | None:
        """Return the last day of the prices."""
        return None if self.ends is None else self.ends - ONE_DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class TariffSheet:
    """All that an account pays, made from rate rows.

    `current` is None when no price is known for today.
    """

    region: str
    category: Category
    plan: Plan
    current: PriceTable | None
    previous: PriceTable | None
    next: PriceTable | None
    sources: tuple[str, ...]


def tariff_sheet(user_id: int, account_id: int, *, now: datetime) -> TariffSheet:
    """Return the prices of the account; raises AccountNotFoundError."""
    with reading():
        card = get_access(user_id, account_id, now=now)
        key = prices.key_of(account_id, _plan(account_id))
        rows = prices.sources_of(key)
        limits = prices.ordinary_limits(key.region)
        hours = _hours()
    today = local_day(now, card.zone)
    book = _Book(key.plan, [rate for rate, _ in rows], limits, hours)
    current = book.table_on(today)
    return TariffSheet(
        region=key.region,
        category=key.category,
        plan=key.plan,
        current=current,
        previous=book.table_on(current.starts - ONE_DAY) if current else None,
        next=book.table_after(today),
        sources=_publishers(rows, current.starts if current else today),
    )


def _plan(account_id: int) -> Plan:
    """Return the plan of the newest meter; an account without one pays one price."""
    zones = (
        Meter.select(Meter.zones)
        .where(Meter.account == account_id)
        .order_by((Meter.status == MeterStatus.REMOVED), Meter.id.desc())
        .limit(1)
        .scalar()
    )
    return Plan.of_zones(zones or 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hours:
    """The hours of a zone, named as «plan: zone», from a day on."""

    key: str
    value: str
    starts: date
    ends: date | None


def _hours() -> list[_Hours]:
    """Return the hours of all zones, of all days."""
    query = OtherRule.select(
        OtherRule.key, OtherRule.value, OtherRule.starts, OtherRule.ends
    ).where(OtherRule.rule == HOURS)
    return [
        _Hours(key=key, value=value, starts=starts, ends=ends)
        for key, value, starts, ends in query.tuples()
    ]


def _publishers(rows: Sequence[tuple[Rate, str]], day: date) -> tuple[str, ...]:
    """Return where the prices of the day are from: the acts, else the publishers."""
    in_force = [
        (rate.document, source)
        for rate, source in rows
        if Span(rate.starts, rate.ends).contains(day)
    ]
    documents = {document for document, _ in in_force if document}
    publishers = {
        urlsplit(address).hostname or address
        for document, source in in_force
        if not document
        for address in source.split(" | ")
        if address
    }
    return (*sorted(documents), *sorted(publishers))


def _rest_of_day(spans: str) -> str:
    """Return the hours that «07-10 17-21» leaves, as spans round the clock."""
    taken: set[int] = set()
    for span in spans.split():
        first, last = (int(hour) for hour in span.split("-"))
        taken.update(range(first, last))
    free = [hour for hour in range(HOURS_IN_DAY) if hour not in taken]
    starts = [hour for hour in free if (hour - 1) % HOURS_IN_DAY in taken]
    found = []
    for start in starts:
        end = start
        while end % HOURS_IN_DAY not in taken:
            end += 1
        found.append(f"{start:02}-{end % HOURS_IN_DAY:02}")
    return " ".join(found)


class _Book:
    """All rates of one tariff, opened on a day."""

    def __init__(
        self,
        plan: Plan,
        rates: list[Rate],
        limits: list[RangeLimit],
        hours: list[_Hours],
    ) -> None:
        self.plan = plan
        self.rates = rates
        self.limits = limits
        self.hours = hours
        ends = {rate.ends for rate in rates if rate.ends is not None}
        self.changes = sorted({rate.starts for rate in rates} | ends)

    def table_on(self, day: date) -> PriceTable | None:
        """Return the prices in force on the day, None when there are none."""
        limits = tuple(one.limit for one in limits_on(self.limits, day))
        ranges = range(1, len(limits) + 2)
        hours = {
            one.key: one.value
            for one in self.hours
            if Span(one.starts, one.ends).contains(day)
        }
        zones = tuple(
            ZonePrices(
                zone=zone,
                number=number,
                hours=self._hours_of(zone, hours),
                prices=tuple(
                    rate.price if rate else None
                    for rate in (rate_on(self.rates, zone, one, day) for one in ranges)
                ),
            )
            for number, zone in enumerate(ZONES[self.plan], start=1)
        )
        if not any(any(zone.prices) for zone in zones):
            return None
        return PriceTable(
            starts=max(change for change in self.changes if change <= day),
            ends=min((change for change in self.changes if change > day), default=None),
            limits=limits,
            zones=zones,
        )

    def _hours_of(self, zone: Zone, hours: dict[str, str]) -> str:
        """Return the hours of the zone; the night is what the others leave."""
        named = hours.get(f"{self.plan}: {zone}", "")
        if named or zone is not Zone.NIGHT:
            return named
        others = (hours.get(f"{self.plan}: {one}", "") for one in ZONES[self.plan])
        return _rest_of_day(" ".join(others))

    def table_after(self, day: date) -> PriceTable | None:
        """Return the prices after the next change, None when none is known."""
        later = [change for change in self.changes if change > day]
        return self.table_on(later[0]) if later else None
