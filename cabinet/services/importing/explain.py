"""How an imported charge comes about: our own computation, if it gives the same sum."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from cabinet.domain.charge import MonthCharge, RatePrices, charge_of
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month, months
from cabinet.domain.tariff import (
    Category,
    Plan,
    RangeLimit,
    Rate,
    RateMissing,
    limits_on,
    price_day,
)
from cabinet.domain.volume import (
    Actual,
    Carried,
    Household,
    Mark,
    MonthVolume,
    NormMissing,
    ZonesDiffer,
    month_volume,
    volumes,
)
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.models import Account, Branch, Meter
from cabinet.services import bulk, prices
from cabinet.services.bills.snapshot import Snapshot, snapshot_of
from cabinet.services.importing.lately import Asked, Lately
from cabinet.services.metered import meter_lives
from cabinet.services.prices import TariffKey

Rates = dict[TariffKey, list[Rate]]
#: The prices of a month and the limits of its ranges.
Priced = tuple[RatePrices, tuple[RangeLimit, ...]]


class Prices:
    """The prices and limits of ranges, read once for many accounts."""

    def __init__(self) -> None:
        self._limits: dict[str, list[RangeLimit]] = {}
        self._rates: dict[frozenset[str], Rates] = {}
        #: By region, category and month, what was made of the rates and the limits.
        self.made: dict[tuple[str, Category, int], Priced] = {}

    def rates_in(self, regions: Iterable[str]) -> Rates:
        """Return every rate of the regions."""
        key = frozenset(regions)
        if key not in self._rates:
            self._rates[key] = prices.rates_in(key)
        return self._rates[key]

    def limits_in(self, regions: Iterable[str]) -> dict[str, list[RangeLimit]]:
        """Return the limits of ranges of each of the regions."""
        for region in regions:
            if region not in self._limits:
                self._limits[region] = prices.ordinary_limits(region)
        return self._limits


class Explainer:
    """Computes the months of some accounts from their readings and the prices."""

    def __init__(
        self,
        households: dict[int, Household],
        tariffs: dict[int, tuple[str, Category]],
        rates: Rates,
        limits: dict[str, list[RangeLimit]],
        made: dict[tuple[str, Category, int], Priced] | None = None,
        *,
        lately: Lately | None = None,
    ) -> None:
        self.households = households
        self.tariffs = tariffs
        self.rates = rates
        self.limits = limits
        self.lately = lately or Lately([], {})
        begins = self.lately.begins
        self.walks: dict[int, Iterator[MonthVolume]] = {
            account_id: _walk_on(household, begins[account_id])
            if account_id in begins
            else _walk(household)
            for account_id, household in households.items()
        }
        self.prices = {} if made is None else made
        #: By account and the code of a month: a number is found sooner than a month.
        self.volumes: dict[int, dict[int, MonthVolume]] = defaultdict(dict)

    @classmethod
    def load(
        cls,
        account_ids: list[int],
        known: Prices | None = None,
        asked: Mapping[int, Asked] | None = None,
    ) -> "Explainer":
        """Read what the computation needs, inside the open transaction.

        With what is `asked` for, earlier months are not told.
        """
        accounts = {
            account_id: (region, category, residents, norm)
            for account_id, region, category, residents, norm in Account.select(
                Account.id,
                Branch.region,
                Account.category,
                Account.residents,
                Account.norm,
            )
            .join(Branch)
            .where(bulk.among(Account.id, account_ids))
            .tuples()
        }
        # Whether another billing system looks at verification is for it to say.
        meters = {
            account_id: [replace(meter, verified_until=None) for meter in lives]
            for account_id, lives in meter_lives(
                bulk.among(Meter.account, account_ids)
            ).items()
        }
        readings: dict[int, list[Actual]] = defaultdict(list)
        lately = Lately.load(account_ids, meters, asked or {})
        for row in lately.rows:
            if row.source is not ReadingSource.ESTIMATE:
                readings[row.account_id].append(row.counting_in(row.period))
        households = {
            account_id: Household(
                plan=Plan.of_zones(len(meters[account_id][0].opening)),
                residents=residents,
                norm=norm,
                meters=tuple(meters[account_id]),
                readings=tuple(readings[account_id]),
            )
            for account_id, (_, _, residents, norm) in accounts.items()
            if account_id in meters
        }
        tariffs = {key: (value[0], value[1]) for key, value in accounts.items()}
        known = known or Prices()
        regions = {region for region, _ in tariffs.values()}
        return cls(
            households,
            tariffs,
            known.rates_in(regions),
            known.limits_in(regions),
            known.made,
            lately=lately,
        )

    def explain(self, account_id: int, row: ChargeRow) -> tuple[Snapshot, bool]:
        """Return the snapshot of a charge and whether our computation gives its sums.

        Where it does not, the sums stand as the billing system sent them and no formula
        is told: a wrong explanation is worse than none.
        """
        charge = self.charge(account_id, row.month)
        if charge is None:
            return Snapshot(), False
        volume = charge.volume
        is_charged = (volume.total, volume.basis, charge.charged) == (
            row.energy,
            row.basis,
            row.charged,
        )
        is_settled = charge.recalculated == row.recalculated
        snapshot = snapshot_of(charge) if is_charged else Snapshot()
        if not is_settled:
            snapshot = replace(snapshot, recalculation=None)
        return snapshot, is_charged and is_settled

    def charge(self, account_id: int, month: Month) -> MonthCharge | None:
        """Return the month's charge, None where readings or prices do not give one."""
        household = self.households.get(account_id)
        if household is None:
            return None
        known, code = self.volumes[account_id], month.code
        try:
            while code not in known:
                volume = next(self.walks[account_id])
                known[volume.month.code] = volume
                if volume.month.code > code:
                    return None
            return charge_of(known[code], *self._priced(account_id, month))
        except (NormMissing, RateMissing, ZonesDiffer, StopIteration):
            return None

    def _priced(self, account_id: int, month: Month) -> Priced:
        region, category = self.tariffs[account_id]
        key = region, category, month.code
        priced = self.prices.get(key)
        if priced is None:
            rates = {
                plan: self.rates.get(TariffKey(region, category, plan), [])
                for plan in Plan
            }
            limits = limits_on(self.limits[region], price_day(month))
            priced = self.prices[key] = (RatePrices(rates, month), limits)
        return priced


def _walk(household: Household) -> Iterator[MonthVolume]:
    """Walk month by month from the first meter's first day; it never ends."""
    first = Month.of(household.meters[0].opening_on + timedelta(days=1))
    return volumes(household, months(first, first.plus(12 * 100)))


def _walk_on(household: Household, begin: Actual) -> Iterator[MonthVolume]:
    """Walk month by month after one whose reading is known; it never ends either."""
    carried = Carried(at=Mark(begin.serial, begin.registers, begin.taken_on))
    for month in months(begin.period.next, begin.period.plus(12 * 100)):
        volume, carried = month_volume(household, carried, month)
        yield volume
