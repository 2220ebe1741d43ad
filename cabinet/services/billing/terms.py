"""The dated rows that the bills of a branch and a month rest on, and which are missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from cabinet.domain.billing import Terms
from cabinet.domain.charge import RatePrices
from cabinet.domain.dated import find_on
from cabinet.domain.due import DueRuleMissing
from cabinet.domain.energy import Energy
from cabinet.domain.penalty import DailyShare, DatedRate, Pause, PenaltyRules
from cabinet.domain.period import Month, Span
from cabinet.domain.pricing import FIRST_RANGE
from cabinet.domain.tariff import Category, Plan, RangeLimit, limits_on, price_day
from cabinet.models import Account, Branch, KeyRate, Meter, OtherRule, VatRate
from cabinet.models import Benefit as BenefitRow
from cabinet.services import prices
from cabinet.services.dated_rules import DueDays
from cabinet.services.prices import TariffKey

CAP, SHARE, DAYS, SEASON, SOCIAL_NORM = (
    "penalty_rate_cap",
    "penalty_share",
    "penalty_days",
    "heating_season",
    "social_norm",
)
#: What a row of the cap says of days that have none.
NO_CAP = "none"
#: What a row of the days of penalties says: each costs, or an act has excluded it.
_COUNTED, _EXCLUDED = "counted", "excluded"
#: Whom a rule is for where a region has none of its own.
HOUSEHOLD = "household"


@dataclass(frozen=True, slots=True)
class Missing:
    """A dated row without which a month cannot be billed: its table and what is sought."""

    what: str
    key: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Terms by category, the rate of VAT, and everything that is not there."""

    month: Month
    by_category: dict[Category, Terms]
    vat_rate: int | None
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What some accounts need rows for beside those that everybody does."""

    is_heated: bool
    has_benefits: bool
    tariffs: tuple[tuple[Category, Plan], ...]


def load(
    branch: Branch, month: Month, *, billed_since: Month, uses: Uses | None = None
) -> Rules:
    """Read the rows for a branch and a month, inside the open transaction.

    Days before `billed_since`, the first month of our own billing, cost no penalty:
    another system has charged for them. Without `uses` the rows are those that the
    whole branch needs, which looks through its accounts.
    """
    uses = uses or _uses_of(branch, month)
    return _Loader(branch, month, billed_since, uses).rules()


def _uses_of(branch: Branch, month: Month) -> Uses:
    heated = Account.select(Account.id).where(
        Account.branch == branch, Account.is_heated
    )
    benefits = (
        BenefitRow.select(BenefitRow.id)
        .join(Account)
        .where(
            Account.branch == branch,
            BenefitRow.starts <= month.starts,
            BenefitRow.ends.is_null() | (BenefitRow.ends > month.starts),
        )
    )
    return Uses(
        is_heated=bool(heated.limit(1).exists()),
        has_benefits=bool(benefits.limit(1).exists()),
        tariffs=tuple(_tariffs_of(branch, month)),
    )


def _tariffs_of(branch: Branch, month: Month) -> Iterator[tuple[Category, Plan]]:
    """Yield the categories and plans that the branch's accounts have meters of."""
    query = (
        Meter.select(Account.category, Meter.zones)
        .join(Account)
        .where(
            Account.branch == branch,
            Account.category != Category.ORGANISATION,
            Meter.removed_on.is_null() | (Meter.removed_on >= month.starts),
        )
        .distinct()
        .order_by(Account.category, Meter.zones)
        .tuples()
    )
    for category, zones in query:
        yield category, Plan.of_zones(zones)


class _Loader:
    """Reads the rows and remembers which are missing."""

    def __init__(
        self, branch: Branch, month: Month, billed_since: Month, uses: Uses
    ) -> None:
        self.branch = branch
        self.uses = uses
        self.month = month
        self.billed_since = billed_since
        self.missing: list[Missing] = []

    def rules(self) -> Rules:
        month, region = self.month, self.branch.region
        due_on = self._due_on()
        vat = find_on(VatRate.select(), price_day(month))
        if vat is None:
            self._lacks("vat")
        pauses = self._pauses()
        penalties = self._penalties(pauses)
        limits = self._limits(prices.ORDINARY)
        heating = limits
        if self.uses.is_heated and self._is_season():
            heating = self._limits(prices.HEATING)
        social_norm = self._social_norm()
        rates = prices.rates_in({region})
        terms: dict[Category, Terms] = {}
        for category in Category:
            if category is Category.ORGANISATION:
                continue
            by_plan = {
                plan: rates.get(TariffKey(region, category, plan), []) for plan in Plan
            }
            terms[category] = Terms(
                month=month,
                due_on=due_on,
                prices=RatePrices(by_plan, month),
                limits=limits,
                heating_limits=heating,
                penalties=penalties,
                social_norm=social_norm,
                pauses=pauses,
            )
        for category, plan in self.uses.tariffs:
            for zone, number in terms[category].prices[plan].missing([FIRST_RANGE]):
                self._lacks("price", f"{region}, {category}, {plan}, {zone}, {number}")
        return Rules(
            month=month,
            by_category=terms,
            vat_rate=None if vat is None else vat.rate,
            missing=tuple(self.missing),
        )

    def _lacks(self, what: str, key: str = "", day: date | None = None) -> None:
        self.missing.append(Missing(what, key, day or price_day(self.month)))

    def _due_on(self) -> date:
        try:
            return DueDays.load(branch=self.branch.code).due_on(self.month)
        except DueRuleMissing:
            self._lacks("due_day", HOUSEHOLD, self.month.starts)
            return self.month.ends

    def _limits(self, kind: str) -> list[RangeLimit]:
        """Return the limits of the region, else those of all households."""
        told = prices.limits_of(kind, self.branch.region)
        found = limits_on(told, price_day(self.month))
        if not found:
            self._lacks("range_limit", f"{self.branch.region}, {kind}")
        return list(found)

    def _pauses(self) -> tuple[Pause, ...]:
        """Return the days that acts excluded, for all households or those of the region.

        The rows of all households tell of each day whether it costs: a day that none
        tells of is nobody's to charge for.
        """
        told = _rows(DAYS, HOUSEHOLD)
        last = self.month.ends - timedelta(days=1)
        if find_on(told, last) is None:
            self._lacks(DAYS, HOUSEHOLD, last)
        found = []
        for row in [*told, *_rows(DAYS, self.branch.region)]:
            if row.value not in {_COUNTED, _EXCLUDED}:
                raise RuleUnfitError(row)
            if row.value == _EXCLUDED:
                found.append(Pause(starts=row.starts, ends=row.ends, source=row.source))
        return tuple(sorted(found, key=lambda one: one.starts))

    def _penalties(self, pauses: tuple[Pause, ...]) -> PenaltyRules:
        """Return the rules of penalties; the key rate is needed on the month's last day."""
        rates = tuple(
            DatedRate(rate=row.rate, starts=row.starts, ends=row.ends)
            for row in KeyRate.select().order_by(KeyRate.starts)
        )
        last = self.month.ends - timedelta(days=1)
        if find_on(rates, last) is None:
            self._lacks("key_rate", day=last)
        told = _rows(CAP, HOUSEHOLD)
        if find_on(told, last) is None:
            # Nobody is charged the whole rate because a row has run out.
            self._lacks(CAP, HOUSEHOLD, last)
        caps = tuple(
            DatedRate(rate=_percent(row), starts=row.starts, ends=row.ends)
            for row in told
            if row.value != NO_CAP
        )
        shares = tuple(
            DailyShare(
                from_day=_first_day(row),
                part=_part(row),
                starts=row.starts,
                ends=row.ends,
            )
            for row in _rows(SHARE)
        )
        if find_on(shares, last) is None:
            self._lacks("penalty_share", day=last)
        before = Span(date.min, self.billed_since.starts)
        excluded = (before, *(Span(one.starts, one.ends) for one in pauses))
        return PenaltyRules(
            key_rates=rates, caps=caps, shares=shares, excluded=excluded
        )

    def _is_season(self) -> bool:
        """Tell whether the month is one of the heating season's: «10-04» is both ends in."""
        row = self._regional(SEASON)
        if row is None:
            self._lacks(SEASON, self.branch.region)
            return False
        first, last = (int(part) for part in row.value.split("-"))
        number = self.month.number
        if first <= last:
            return first <= number <= last
        return number >= first or number <= last

    def _social_norm(self) -> Energy | None:
        """Return the social norm a person; only a branch with benefits needs one."""
        if not self.uses.has_benefits:
            return None
        row = self._regional(SOCIAL_NORM)
        if row is None:
            self._lacks(SOCIAL_NORM, self.branch.region)
            return None
        return Energy.from_kwh(row.value)

    def _regional(self, rule: str) -> OtherRule | None:
        """Return the row of the region, else that of all households."""
        for key in (self.branch.region, HOUSEHOLD):
            row = find_on(_rows(rule, key), self.month.starts)
            if row is not None:
                return row
        return None


class RuleUnfitError(ValueError):
    """A dated rule says something that is not of its form; carries where it stands."""

    def __init__(self, row: OtherRule) -> None:
        super().__init__(f"{row.rule} {row.key} from {row.starts}: {row.value!r}")


def _rows(rule: str, key: str | None = None) -> list[OtherRule]:
    query = OtherRule.select().where(OtherRule.rule == rule)
    if key is not None:
        query = query.where(OtherRule.key == key)
    return list(query.order_by(OtherRule.starts, OtherRule.id))


def _percent(row: OtherRule) -> int:
    """Read «9.5» as hundredths of a percent."""
    try:
        hundredths = Decimal(row.value.replace(",", ".")) * 100
    except InvalidOperation:
        raise RuleUnfitError(row) from None
    if hundredths != int(hundredths) or hundredths < 0:
        raise RuleUnfitError(row)
    return int(hundredths)


def _first_day(row: OtherRule) -> int:
    """Read the first number of «day 31-90» or «day 91+»."""
    digits = row.key.removeprefix("day ").split("-")[0].rstrip("+")
    if not digits.isdecimal():
        raise RuleUnfitError(row)
    return int(digits)


def _part(row: OtherRule) -> Fraction:
    """Read «1/300»."""
    try:
        return Fraction(row.value)
    except (ValueError, ZeroDivisionError):
        raise RuleUnfitError(row) from None
