"""Charges from a billing system: bills and what they add to the balances."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.due import DueRuleMissing
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.models import Account, Bill, Branch, LedgerEntry, Reading
from cabinet.models.base import database
from cabinet.services import bulk
from cabinet.services.dated_rules import DueDays
from cabinet.services.importing.explain import Explainer, Prices
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.lately import Asked
from cabinet.services.importing.payments import add_to_balances
from cabinet.services.importing.report import Outcome
from cabinet.services.metered import KeptReading

#: Accounts whose meters, readings and prices are held in memory at once.
_ACCOUNTS_AT_ONCE = 200

#: The fields of a bill and of a ledger row, in the order in which they are given.
_BILL = (
    "id",
    "account",
    "month",
    "number",
    "issued_on",
    "due_on",
    "volume",
    "basis",
    "charged",
    "penalty",
    "recalculated",
    "lines",
    "published_at",
    "batch",
)
_ENTRY = (
    "kind",
    "amount",
    "account",
    "month",
    "effective_at",
    "posted_at",
    "cause",
    "channel",
    "document",
    "bill",
    "batch",
)
_CHANNEL = "registry"
_CHARGE = str(EntryKind.CHARGE)
_RECALCULATION = str(EntryKind.RECALCULATION)
_PENALTY = str(EntryKind.PENALTY)
_COUNTED = str(ReadingState.COUNTED)
_ESTIMATE = str(ReadingSource.ESTIMATE)
_ACTUAL = str(ChargeBasis.ACTUAL)
_CODE = itemgetter(0)

#: What a bill says: volume, basis, what is charged, penalty, what is recalculated.
_Content = tuple[int, str, int, int, int]
_New = tuple[int, ChargeRow, _Content, "_Dates"]


def take_charges(rows: list[ChargeRow], intake: Intake) -> None:
    """Add the bills that are new, each with how its sum comes about.

    A branch that bills by itself takes none. A bill never changes: another sum for the same month is a fault, corrections come as
    recalculations of later months. Charges of unknown accounts go into quarantine.
    """
    places = _places([row.account for row in rows], intake)
    by_account: dict[int, list[ChargeRow]] = defaultdict(list)
    homes: dict[int, _Place] = {}
    for row in rows:
        place = places.get(row.account)
        if place is None:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
            continue
        if place.bills_itself:
            intake.refuse(row, "account", "филиал выставляет квитанции сам")
            continue
        by_account[place.account_id].append(row)
        homes[place.account_id] = place
    calendar, prices = intake.once(_Calendar), intake.once(Prices)
    for account_ids in bulk.chunks(by_account, _ACCOUNTS_AT_ONCE):
        asked = {one: Asked.of(by_account[one]) for one in account_ids}
        explainer = Explainer.load(account_ids, prices, asked)
        bills = _Bills(homes, intake, explainer, calendar)
        bills.add({one: by_account[one] for one in account_ids})


class _Dates(NamedTuple):
    """What the bills of a branch and a month are dated with, as the driver takes it."""

    month: str
    issued_on: object
    due_on: object
    published_at: object
    effective_at: object


class _Calendar:
    """The days of a month, worked out once for all its bills."""

    def __init__(self) -> None:
        self._due_days: dict[str, DueDays] = {}
        self._days: dict[str, dict[int, _Dates]] = defaultdict(dict)

    def known(self, place: "_Place") -> dict[int, _Dates]:
        """Return the dates of a branch that are worked out, by the code of the month."""
        return self._days[place.branch]

    def dates(self, place: "_Place", month: Month, now: datetime) -> _Dates:
        """Work out the dates of a month at a branch; raises DueRuleMissing."""
        if place.branch not in self._due_days:
            self._due_days[place.branch] = DueDays.load(branch=place.branch)
        # By the clocks of the branch.
        _, ends = month.instants(place.zone)
        found = self._days[place.branch][month.code] = _Dates(
            month=str(month),
            # Both the rule before March 2026 (by the 1st) and after (by the 5th) allow it.
            issued_on=bulk.plain(Bill.issued_on, month.ends),
            due_on=bulk.plain(Bill.due_on, self._due_days[place.branch].due_on(month)),
            published_at=bulk.plain(Bill.published_at, min(ends, now)),
            # The last second of the month: a charge stands in the month it is for.
            effective_at=bulk.plain(
                LedgerEntry.effective_at, ends - timedelta(seconds=1)
            ),
        )
        return found


class _Bills:
    """The bills of some accounts on their way into the database."""

    def __init__(
        self,
        homes: "dict[int, _Place]",
        intake: Intake,
        explainer: Explainer,
        calendar: _Calendar,
    ) -> None:
        self.homes = homes
        self.intake = intake
        self.explainer = explainer
        self.calendar = calendar
        self.posted_at = bulk.plain(LedgerEntry.posted_at, intake.now)
        self.bills: list[tuple[object, ...]] = []
        self.entries: list[tuple[object, ...]] = []
        self.owed: dict[int, int] = defaultdict(int)
        self.counted = _Counted()

    def add(self, by_account: dict[int, list[ChargeRow]]) -> None:
        """Add every charge of the accounts, write it down and move the balances."""
        kept = _kept(by_account)
        new = {
            account_id: found
            for account_id, rows in by_account.items()
            if (found := self._new(account_id, rows, kept))
        }
        ids = iter(bulk.reserve(Bill, sum(map(len, new.values()))))
        for account_id, found in new.items():
            self._take(account_id, found, ids)
        bulk.put(Bill, _BILL, self.bills)
        bulk.put(LedgerEntry, _ENTRY, self.entries)
        add_to_balances({one: Money(sum_) for one, sum_ in self.owed.items()})
        self.counted.mark(self.intake)

    def _new(
        self,
        account_id: int,
        rows: list[ChargeRow],
        kept: dict[tuple[int, int], _Content],
    ) -> "list[_New]":
        """Return the charges that are neither there nor refused, in order of months."""
        place = self.homes[account_id]
        days = self.calendar.known(place)
        found = []
        for row in rows:
            code = row.month.code
            content = _content(row)
            if kept and (account_id, code) in kept:
                self._there(row, is_same=kept[account_id, code] == content)
                continue
            dates = days.get(code)
            if dates is None:
                try:
                    dates = self.calendar.dates(place, row.month, self.intake.now)
                except DueRuleMissing:
                    reason = "нет правила о сроке оплаты за этот месяц"
                    self.intake.refuse(row, "month", reason)
                    continue
            found.append((code, row, content, dates))
        found.sort(key=_CODE)
        return found

    def _there(self, row: ChargeRow, *, is_same: bool) -> None:
        if is_same:
            self.intake.count(Outcome.SAME)
            return
        self.intake.refuse(
            row,
            "charged",
            "за месяц уже есть квитанция с другими данными:"
            " исправление передайте перерасчётом",
        )

    def _take(self, account_id: int, new: "list[_New]", ids: Iterator[int]) -> None:
        """Make the bills and the ledger rows of an account."""
        batch_id, posted_at = self.intake.batch_id, self.posted_at
        plain = self.explainer.plain(account_id)
        unexplained = owed = 0
        for code, row, content, dates in new:
            told = None if plain is None else plain.told(row, code)
            lines, is_explained = told or self.explainer.explain(account_id, row)
            unexplained += not is_explained
            number = f"{row.account}-{code}"
            bill_id = next(ids)
            _, _, charged, penalty, recalculated = content
            self.bills.append(
                (
                    bill_id,
                    account_id,
                    code,
                    number,
                    dates.issued_on,
                    dates.due_on,
                    *content,
                    lines,
                    dates.published_at,
                    batch_id,
                )
            )
            owed += charged + penalty + recalculated
            cause = f"import:{batch_id}:{row.account}:{dates.month}"
            rest = (
                account_id,
                code,
                dates.effective_at,
                posted_at,
                cause,
                _CHANNEL,
                number,
                bill_id,
                batch_id,
            )
            self.entries.append((_CHARGE, charged, *rest))
            if recalculated:
                self.entries.append((_RECALCULATION, recalculated, *rest))
            if penalty:
                self.entries.append((_PENALTY, penalty, *rest))
        self.owed[account_id] += owed
        self.intake.count(Outcome.NEW, len(new))
        if unexplained:
            self.intake.counts["unexplained"] += unexplained
        bases = {code: content[1] for code, _, content, _ in new}
        self.counted.note(self.explainer.lately.readings.get(account_id, ()), bases)


class _Counted:
    """Readings that new bills were made by: actual ones, or estimates where none was."""

    def __init__(self) -> None:
        #: By what stood there and the month, the ids: a change is kept once for many.
        self._found: dict[tuple[str, int | None, int], list[int]] = defaultdict(list)

    def note(self, readings: Iterable[KeptReading], bases: dict[int, str]) -> None:
        """Take the readings of an account that its bills count, by the bills' months."""
        for _, reading_id, _, period, counted_in, state, _, source, *_ in readings:
            basis = bases.get(period)
            if basis is None or state == _COUNTED:
                continue
            if (source == _ESTIMATE) != (basis == _ACTUAL):
                self._found[state, counted_in, period].append(reading_id)

    def mark(self, intake: Intake) -> None:
        """Mark them as counted, and remember what they were."""
        ids = [one for some in self._found.values() for one in some]
        if not ids:
            return
        for (state, counted_in, period), some in self._found.items():
            before = {"state": state, "counted_in": counted_in}
            after = {"state": _COUNTED, "counted_in": period}
            intake.changes.append((Reading.__name__, some, before, after))
        Reading.update(state=ReadingState.COUNTED, counted_in=Reading.period).where(
            bulk.among(Reading.id, ids)
        ).execute()


def is_counted(source: ReadingSource, basis: ChargeBasis) -> bool:
    """Tell whether a bill on the basis was made by a reading from the source."""
    is_estimate = source is ReadingSource.ESTIMATE
    return is_estimate != (basis is ChargeBasis.ACTUAL)


def _content(row: ChargeRow) -> _Content:
    """Return what a bill says, in the order of its columns."""
    return (
        row.energy.wh,
        str(row.basis),
        row.charged.kopecks,
        row.penalty.kopecks,
        row.recalculated.kopecks,
    )


def _kept(by_account: dict[int, list[ChargeRow]]) -> dict[tuple[int, int], _Content]:
    """Return what the bills of the accounts say that are there, by account and month."""
    months = {row.month for rows in by_account.values() for row in rows}
    query = Bill.select(
        Bill.account,
        Bill.month,
        Bill.volume,
        Bill.basis,
        Bill.charged,
        Bill.penalty,
        Bill.recalculated,
    ).where(bulk.among(Bill.account, by_account), Bill.month.in_(list(months)))
    # Plain numbers: a sum made of each would only be compared.
    found = database.execute(query).fetchall()
    return {(account_id, code): tuple(content) for account_id, code, *content in found}


@dataclass(frozen=True, slots=True)
class _Place:
    account_id: int
    zone: ZoneInfo
    bills_itself: bool
    branch: str


def _places(numbers: list[str], intake: Intake) -> dict[str, _Place]:
    query = (
        Account.select(
            Account.number,
            Account.id,
            Branch.time_zone,
            Branch.own_billing,
            Branch.code,
        )
        .join(Branch)
        .where(bulk.among(Account.number, numbers), Account.branch.in_(intake.branches))
        .tuples()
    )
    return {
        number: _Place(account_id, ZoneInfo(zone), bills_itself, code)
        for number, account_id, zone, bills_itself, code in query
    }
