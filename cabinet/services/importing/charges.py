"""Charges from a billing system: bills and what they add to the balances."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
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
from cabinet.services.bills.snapshot import pack
from cabinet.services.dated_rules import DueDays
from cabinet.services.importing.changes import Change, Plain, change
from cabinet.services.importing.explain import Explainer, Prices
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.lately import Asked
from cabinet.services.importing.payments import add_to_balances
from cabinet.services.importing.report import Outcome
from cabinet.services.metered import ReadingRow

#: Accounts whose meters, readings and prices are held in memory at once.
_ACCOUNTS_AT_ONCE = 200

_KINDS = (
    (EntryKind.CHARGE, "charged"),
    (EntryKind.RECALCULATION, "recalculated"),
    (EntryKind.PENALTY, "penalty"),
)


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
        bills = _Bills(account_ids, homes, intake, explainer, calendar)
        bills.add(by_account)
        bills.mark_counted(explainer.lately.rows)


@dataclass(frozen=True, slots=True)
class _Dates:
    """What the bills of a branch and a month are dated with."""

    issued_on: date
    due_on: date
    issued_at: datetime
    effective_at: datetime


class _Calendar:
    """The days of a month, worked out once for all its bills."""

    def __init__(self) -> None:
        self._due_days: dict[str, DueDays] = {}
        self._dates: dict[tuple[str, int], _Dates] = {}

    def dates(self, place: "_Place", month: Month) -> _Dates:
        """Return the dates of a month at a branch; raises DueRuleMissing."""
        key = place.branch, month.code
        found = self._dates.get(key)
        if found is None:
            found = self._dates[key] = self._worked_out(place, month)
        return found

    def _worked_out(self, place: "_Place", month: Month) -> _Dates:
        if place.branch not in self._due_days:
            self._due_days[place.branch] = DueDays.load(branch=place.branch)
        # By the clocks of the branch.
        _, ends = month.instants(place.zone)
        return _Dates(
            # Both the rule before March 2026 (by the 1st) and after (by the 5th) allow it.
            issued_on=month.ends,
            due_on=self._due_days[place.branch].due_on(month),
            issued_at=ends,
            # The last second of the month: a charge stands in the month it is for.
            effective_at=ends - timedelta(seconds=1),
        )


class _Bills:
    """The bills of some accounts on their way into the database."""

    def __init__(
        self,
        account_ids: list[int],
        homes: "dict[int, _Place]",
        intake: Intake,
        explainer: Explainer,
        calendar: _Calendar,
    ) -> None:
        self.account_ids = account_ids
        self.homes = homes
        self.intake = intake
        self.explainer = explainer
        self.calendar = calendar
        self.kept: dict[tuple[int, int], tuple[object, ...]] = {}
        self.added: list[dict[str, Any]] = []
        #: By account and the code of a month: a number is found sooner than a month.
        self.rows: dict[tuple[int, int], ChargeRow] = {}
        self.dates: dict[tuple[int, int], _Dates] = {}

    def add(self, by_account: dict[int, list[ChargeRow]]) -> None:
        """Add every charge of the accounts and write it down."""
        rows = [row for one in self.account_ids for row in by_account[one]]
        self.kept = _kept(self.account_ids, {row.month for row in rows})
        for account_id in self.account_ids:
            for row in sorted(by_account[account_id], key=_month_code):
                self._add(account_id, row)
        bulk.insert(Bill, self.added)
        self._post()

    def _add(self, account_id: int, row: ChargeRow) -> None:
        place = account_id, row.month.code
        kept = self.kept.get(place)
        content = (row.energy, row.basis, row.charged, row.penalty, row.recalculated)
        if kept is not None and kept != content:
            self.intake.refuse(
                row,
                "charged",
                "за месяц уже есть квитанция с другими данными:"
                " исправление передайте перерасчётом",
            )
            return
        if kept is not None:
            self.intake.count(Outcome.SAME)
            return
        try:
            dates = self.calendar.dates(self.homes[account_id], row.month)
        except DueRuleMissing:
            self.intake.refuse(row, "month", "нет правила о сроке оплаты за этот месяц")
            return
        self.intake.count(Outcome.NEW)
        self.rows[place] = row
        self.dates[place] = dates
        self.added.append(self._bill(account_id, row, dates))

    def _bill(self, account_id: int, row: ChargeRow, dates: _Dates) -> dict[str, Any]:
        snapshot, is_explained = self.explainer.explain(account_id, row)
        if not is_explained:
            self.intake.counts["unexplained"] += 1
        return {
            "account": account_id,
            "month": row.month,
            "number": f"{row.account}-{row.month.code}",
            "issued_on": dates.issued_on,
            "due_on": dates.due_on,
            "basis": row.basis,
            "volume": row.energy,
            "charged": row.charged,
            "recalculated": row.recalculated,
            "penalty": row.penalty,
            "lines": pack(snapshot),
            "published_at": min(dates.issued_at, self.intake.now),
            "batch": self.intake.batch_id,
        }

    def _post(self) -> None:
        """Write the ledger rows of the new bills and move the balances."""
        entries = []
        owed: dict[int, int] = defaultdict(int)
        ids = self._ids()
        for place, row in self.rows.items():
            entry = self._entry(row, place, ids[place])
            for kind, field in _KINDS:
                amount: Money = getattr(row, field)
                if kind is EntryKind.CHARGE or amount.kopecks:
                    owed[place[0]] += amount.kopecks
                    entries.append({**entry, "kind": kind, "amount": amount})
        bulk.insert(LedgerEntry, entries)
        add_to_balances({one: Money(kopecks) for one, kopecks in owed.items()})

    def _ids(self) -> dict[tuple[int, int], int]:
        """Return the ids of the bills of the file, by account and the code of the month."""
        query = Bill.select(Bill.account, Bill.month, Bill.id).where(
            bulk.among(Bill.account, self.account_ids),
            Bill.batch == self.intake.batch_id,
        )
        # Plain numbers: a month made of each would only be looked up by its code.
        found = database.execute(query).fetchall()
        return {(account_id, month): bill_id for account_id, month, bill_id in found}

    def _entry(
        self, row: ChargeRow, place: tuple[int, int], bill_id: int
    ) -> dict[str, Any]:
        """Return what the ledger rows of one charge have in common."""
        return {
            "account": place[0],
            "month": row.month,
            "effective_at": self.dates[place].effective_at,
            "posted_at": self.intake.now,
            "cause": f"import:{self.intake.batch_id}:{row.account}:{row.month}",
            "channel": "registry",
            "document": f"{row.account}-{row.month.code}",
            "bill": bill_id,
            "batch": self.intake.batch_id,
        }

    def mark_counted(self, known: list[ReadingRow]) -> None:
        """Mark the readings that the new bills were made by, estimates where none was."""
        counted: list[tuple[str, int, int]] = []
        marks = _Marks()
        for reading in known:
            if reading.state is ReadingState.COUNTED:
                continue
            code = reading.period.code
            row = self.rows.get((reading.account_id, code))
            if row is None or not is_counted(reading.source, row.basis):
                continue
            self.intake.changes.append(marks.change(reading))
            counted.append((str(ReadingState.COUNTED), code, reading.reading_id))
        bulk.update(Reading, '"state" = ?, "counted_in" = ?', counted)


class _Marks:
    """How readings are marked as counted: the same for all of a month and a state."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], tuple[Plain | None, Plain]] = {}

    def change(self, row: ReadingRow) -> Change:
        """Return the change of a reading, as it is kept."""
        key = row.state, row.counted_in, row.period.code
        if key not in self._made:
            before = {"state": row.state, "counted_in": row.counted_in}
            after = {"state": ReadingState.COUNTED, "counted_in": row.period}
            _, _, was, now = change(Reading, row.reading_id, before, after)
            self._made[key] = was, now
        return (Reading.__name__, row.reading_id, *self._made[key])


def _month_code(row: ChargeRow) -> int:
    return row.month.code


def is_counted(source: ReadingSource, basis: ChargeBasis) -> bool:
    """Tell whether a bill on the basis was made by a reading from the source."""
    is_estimate = source is ReadingSource.ESTIMATE
    return is_estimate != (basis is ChargeBasis.ACTUAL)


def _kept(
    account_ids: list[int], months: set[Month]
) -> dict[tuple[int, int], tuple[object, ...]]:
    query = (
        Bill.select(
            Bill.account,
            Bill.month,
            Bill.volume,
            Bill.basis,
            Bill.charged,
            Bill.penalty,
            Bill.recalculated,
        )
        .where(bulk.among(Bill.account, account_ids), Bill.month.in_(list(months)))
        .tuples()
    )
    return {
        (account_id, month.code): tuple(content)
        for account_id, month, *content in query
    }


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
