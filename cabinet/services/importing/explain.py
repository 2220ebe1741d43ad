"""How an imported charge comes about: our own computation, if it gives the same sum."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from cabinet.domain.charge import MonthCharge, RatePrices, charge_of
from cabinet.domain.energy import Energy
from cabinet.domain.period import Month
from cabinet.domain.tariff import (
    Category,
    Plan,
    RangeLimit,
    Rate,
    RateMissing,
    limits_on,
    price_day,
)
from cabinet.domain.volume import MeterLife, NormMissing, ZonesDiffer
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.models import Account, Branch, Meter
from cabinet.services import bulk, prices
from cabinet.services.bills.snapshot import Snapshot, pack, snapshot_of
from cabinet.services.importing.lately import Asked, Lately
from cabinet.services.importing.plain import NOTHING, PlainAccount, Priced, Told
from cabinet.services.importing.plain import Prices as PlainPrices
from cabinet.services.importing.quiet import QuietAccount
from cabinet.services.importing.walking import Walk
from cabinet.services.metered import meter_lives
from cabinet.services.prices import TariffKey


class Payer(NamedTuple):
    """What the computation asks of an account."""

    region: str
    category: Category
    residents: int
    norm: Energy | None


class Prices:
    """The prices and limits of ranges, read once for many accounts."""

    def __init__(
        self,
        rates: dict[TariffKey, list[Rate]] | None = None,
        limits: dict[str, list[RangeLimit]] | None = None,
    ) -> None:
        self._rates = rates or {}
        self._limits = limits or {}
        #: By region, category and month, what was made of the rates and the limits.
        self._made: dict[tuple[str, Category, int], Priced] = {}
        self._plain: dict[tuple[str, Category], PlainPrices] = {}

    def read(self, regions: set[str]) -> None:
        """Read the rates and limits of the regions that are not known yet."""
        new = regions - self._limits.keys()
        if new:
            self._rates |= prices.rates_in(new)
            self._limits |= {one: prices.ordinary_limits(one) for one in new}

    def priced(self, region: str, category: Category, month: Month) -> Priced:
        """Return the prices of a month and the limits of its ranges."""
        key = region, category, month.code
        if key not in self._made:
            rates = {
                plan: self._rates.get(TariffKey(region, category, plan), [])
                for plan in Plan
            }
            limits = limits_on(self._limits.get(region, ()), price_day(month))
            self._made[key] = RatePrices(rates, month), limits
        return self._made[key]

    def plain(self, region: str, category: Category) -> PlainPrices:
        """Return what prices plain months."""
        key = region, category
        if key not in self._plain:
            priced = partial(self.priced, region, category)
            self._plain[key] = PlainPrices(priced)
        return self._plain[key]


class Explainer:
    """Computes the months of some accounts from their readings and the prices."""

    def __init__(
        self,
        accounts: dict[int, Payer],
        meters: dict[int, list[MeterLife]],
        lately: Lately,
        known: Prices,
    ) -> None:
        self.accounts = accounts
        self.meters = meters
        self.lately = lately
        self.known = known
        self._plain: dict[int, PlainAccount] = {}
        self._walks: dict[int, Walk] = {}

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
        query = (
            Account.select(
                Account.id,
                Branch.region,
                Account.category,
                Account.residents,
                Account.norm,
            )
            .join(Branch)
            .where(bulk.among(Account.id, account_ids))
            .tuples()
        )
        accounts = {account_id: Payer(*rest) for account_id, *rest in query}
        # Whether another billing system looks at verification is for it to say.
        meters = {
            account_id: [replace(meter, verified_until=None) for meter in lives]
            for account_id, lives in meter_lives(
                bulk.among(Meter.account, account_ids)
            ).items()
        }
        lately = Lately.load(account_ids, meters, asked or {})
        known = known or Prices()
        known.read({one.region for one in accounts.values()})
        return cls(accounts, meters, lately, known)

    def plain(self, account_id: int) -> PlainAccount | None:
        """Return what tells the plain months of an account, None without a meter."""
        if account_id not in self.meters:
            return None
        if account_id not in self._plain:
            payer = self.accounts[account_id]
            self._plain[account_id] = QuietAccount(
                self.meters[account_id],
                self.lately.readings.get(account_id, ()),
                self.known.plain(payer.region, payer.category),
            )
        return self._plain[account_id]

    def explain(self, account_id: int, row: ChargeRow) -> Told:
        """Return what is kept of a charge and whether our computation gives its sums.

        Where it does not, the sums stand as the billing system sent them and no formula
        is told: a wrong explanation is worse than none.
        """
        charge = self.charge(account_id, row.month)
        if charge is None:
            return NOTHING, False
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
        return bulk.encode(pack(snapshot)), is_charged and is_settled

    def charge(self, account_id: int, month: Month) -> MonthCharge | None:
        """Return the month's charge, None where readings or prices do not give one."""
        if account_id not in self.meters:
            return None
        if account_id not in self._walks:
            self._walks[account_id] = self._begun(account_id)
        payer = self.accounts[account_id]
        try:
            volume = self._walks[account_id].volume(month)
            if volume is None:
                return None
            return charge_of(
                volume, *self.known.priced(payer.region, payer.category, month)
            )
        except (NormMissing, RateMissing, ZonesDiffer):
            return None

    def _begun(self, account_id: int) -> Walk:
        payer = self.accounts[account_id]
        return Walk(
            tuple(self.meters[account_id]),
            self.lately.readings.get(account_id, ()),
            self.plain(account_id),
            residents=payer.residents,
            norm=payer.norm,
            begin=self.lately.begins.get(account_id),
        )
