"""Charges from a billing system: bills and what they add to the balances."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.due import DueRuleMissing
from cabinet.domain.metering import BASE, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.exchange.registry import ChargeRow
from cabinet.models import Account, Bill, Branch, LedgerEntry, Meter, Reading
from cabinet.models.base import database
from cabinet.services import bulk
from cabinet.services.bills.snapshot import pack
from cabinet.services.dated_rules import DueDays
from cabinet.services.importing.explain import Explainer, Prices
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.payments import add_to_balances
from cabinet.services.importing.report import Outcome

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
        explainer = Explainer.load(account_ids, prices)
        bills = _Bills(account_ids, homes, intake, explainer, calendar)
        bills.add(by_account)


class _Calendar:
    """The moments of a month, worked out once for all its bills."""

    def __init__(self) -> None:
        self._due_days: dict[str, DueDays] = {}
        self._due: dict[tuple[str, Month], date] = {}
        self._ends: dict[tuple[ZoneInfo, Month], datetime] = {}

    def due_on(self, branch: str, month: Month) -> date:
        """Return the last day to pay at a branch; raises DueRuleMissing."""
        key = branch, month
        if key not in self._due:
            if branch not in self._due_days:
                self._due_days[branch] = DueDays.load(branch=branch)
            self._due[key] = self._due_days[branch].due_on(month)
        return self._due[key]

    def ends(self, zone: ZoneInfo, month: Month) -> datetime:
        """Return the moment after the month by the clocks of a branch."""
        key = zone, month
        if key not in self._ends:
            self._ends[key] = month.instants(zone)[1]
        return self._ends[key]


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
        self.kept = _kept(account_ids)
        self.added: list[dict[str, Any]] = []
        self.rows: dict[tuple[int, Month], ChargeRow] = {}

    def add(self, by_account: dict[int, list[ChargeRow]]) -> None:
        """Add every charge of the accounts and write the result down."""
        for account_id in self.account_ids:
            for row in sorted(by_account[account_id], key=lambda one: one.month):
                self._add(account_id, row)
        bulk.insert(Bill, self.added)
        self._post()
        self._mark_counted()

    def _add(self, account_id: int, row: ChargeRow) -> None:
        kept = self.kept.get((account_id, row.month))
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
            due_on = self.calendar.due_on(self.homes[account_id].branch, row.month)
        except DueRuleMissing:
            self.intake.refuse(row, "month", "нет правила о сроке оплаты за этот месяц")
            return
        self.intake.count(Outcome.NEW)
        self.rows[account_id, row.month] = row
        self.added.append(self._bill(account_id, row, due_on))

    def _bill(self, account_id: int, row: ChargeRow, due_on: date) -> dict[str, Any]:
        snapshot, is_explained = self.explainer.explain(account_id, row)
        if not is_explained:
            self.intake.counts["unexplained"] += 1
        # Both the rule before March 2026 (by the 1st) and after (by the 5th) allow it.
        issued_on = row.month.ends
        issued_at = self.calendar.ends(self.homes[account_id].zone, row.month)
        return {
            "account": account_id,
            "month": row.month,
            "number": f"{row.account}-{row.month.code}",
            "issued_on": issued_on,
            "due_on": due_on,
            "basis": row.basis,
            "volume": row.energy,
            "charged": row.charged,
            "recalculated": row.recalculated,
            "penalty": row.penalty,
            "lines": pack(snapshot),
            "published_at": min(issued_at, self.intake.now),
            "batch": self.intake.batch_id,
        }

    def _post(self) -> None:
        """Write the ledger rows of the new bills and move the balances."""
        entries = []
        owed: dict[int, Money] = defaultdict(lambda: Money(0))
        ids = self._ids()
        for (account_id, month), row in self.rows.items():
            bill_id = ids[account_id, month.code]
            entry = self._entry(row, account_id, bill_id)
            for kind, field in _KINDS:
                amount: Money = getattr(row, field)
                if kind is EntryKind.CHARGE or amount:
                    owed[account_id] += amount
                    entries.append({**entry, "kind": kind, "amount": amount})
        bulk.insert(LedgerEntry, entries)
        add_to_balances(owed)

    def _ids(self) -> dict[tuple[int, int], int]:
        """Return the ids of the bills of the file, by account and the code of the month."""
        query = Bill.select(Bill.account, Bill.month, Bill.id).where(
            bulk.among(Bill.account, self.account_ids),
            Bill.batch == self.intake.batch_id,
        )
        # Plain numbers: a month made of each would only be looked up by its code.
        found = database.execute(query).fetchall()
        return {(account_id, month): bill_id for account_id, month, bill_id in found}

    def _entry(self, row: ChargeRow, account_id: int, bill_id: int) -> dict[str, Any]:
        """Return what the ledger rows of one charge have in common."""
        # The last second of the month: a charge stands in the month it is for.
        ends = self.calendar.ends(self.homes[account_id].zone, row.month)
        return {
            "account": account_id,
            "month": row.month,
            "effective_at": ends - timedelta(seconds=1),
            "posted_at": self.intake.now,
            "cause": f"import:{self.intake.batch_id}:{row.account}:{row.month}",
            "channel": "registry",
            "document": f"{row.account}-{row.month.code}",
            "bill": bill_id,
            "batch": self.intake.batch_id,
        }

    def _mark_counted(self) -> None:
        """Mark the readings that the new bills were made by, estimates where none was."""
        query = (
            Reading.select(
                Reading.id,
                Reading.state,
                Reading.counted_in,
                Meter.account,
                Reading.period,
                Reading.source,
            )
            .join(Meter)
            .where(
                bulk.among(Meter.account, self.account_ids),
                Reading.state.in_(list(BASE - {ReadingState.COUNTED})),
            )
            .tuples()
        )
        counted: list[tuple[str, int, int]] = []
        for reading_id, state, month, account_id, period, source in query:
            row = self.rows.get((account_id, period))
            if row is None or not is_counted(source, row.basis):
                continue
            self.intake.note(
                Reading,
                reading_id,
                {"state": state, "counted_in": month},
                {"state": ReadingState.COUNTED, "counted_in": period},
            )
            counted.append((str(ReadingState.COUNTED), period.code, reading_id))
        bulk.update(Reading, '"state" = ?, "counted_in" = ?', counted)


def is_counted(source: ReadingSource, basis: ChargeBasis) -> bool:
    """Tell whether a bill on the basis was made by a reading from the source."""
    is_estimate = source is ReadingSource.ESTIMATE
    return is_estimate != (basis is ChargeBasis.ACTUAL)


def _kept(account_ids: list[int]) -> dict[tuple[int, Month], tuple[object, ...]]:
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
        .where(bulk.among(Bill.account, account_ids))
        .tuples()
    )
    return {
        (account_id, month): tuple(content) for account_id, month, *content in query
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
