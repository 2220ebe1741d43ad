"""Charges from a billing system: bills and what they add to the balances."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.due import DueRuleMissing
from cabinet.domain.metering import BASE, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.exchange.registry import ChargeRow
from cabinet.models import Account, Bill, Branch, LedgerEntry, Meter, Reading
from cabinet.services import bulk
from cabinet.services.bills.snapshot import pack
from cabinet.services.dated_rules import DueDays
from cabinet.services.importing.explain import Explainer
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
    places = _places([row.account for row in rows])
    by_account: dict[int, list[ChargeRow]] = defaultdict(list)
    zones: dict[int, ZoneInfo] = {}
    branches: dict[int, str] = {}
    for row in rows:
        place = places.get(row.account)
        if place is None:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
            continue
        if place.bills_itself:
            intake.refuse(row, "account", "филиал выставляет квитанции сам")
            continue
        content = (row.energy, row.basis, row.charged, row.penalty, row.recalculated)
        if intake.is_first(row, (row.account, row.month), content, "month"):
            by_account[place.account_id].append(row)
            zones[place.account_id] = place.zone
            branches[place.account_id] = place.branch
    for account_ids in bulk.chunks(by_account, _ACCOUNTS_AT_ONCE):
        _Bills(account_ids, zones, branches, intake).add(by_account)


class _Bills:
    """The bills of some accounts on their way into the database."""

    def __init__(
        self,
        account_ids: list[int],
        zones: dict[int, ZoneInfo],
        branches: dict[int, str],
        intake: Intake,
    ) -> None:
        self.account_ids = account_ids
        self.zones = zones
        self.intake = intake
        self.branches = branches
        self.due_days = {
            code: DueDays.load(branch=code) for code in set(branches.values())
        }
        self.explainer = Explainer.load(account_ids)
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
            due_on = self.due_days[self.branches[account_id]].due_on(row.month)
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
        issued_at = row.month.instants(self.zones[account_id])[1]
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
        bills = (
            Bill.select(Bill.account, Bill.month, Bill.id)
            .where(
                Bill.account.in_(self.account_ids), Bill.batch == self.intake.batch_id
            )
            .tuples()
        )
        entries = []
        owed: dict[int, Money] = defaultdict(lambda: Money(0))
        for account_id, month, bill_id in bills:
            row = self.rows.get((account_id, month))
            if row is None:
                continue
            entry = self._entry(row, account_id, bill_id)
            for kind, field in _KINDS:
                amount: Money = getattr(row, field)
                if kind is EntryKind.CHARGE or amount:
                    owed[account_id] += amount
                    entries.append({**entry, "kind": kind, "amount": amount})
        bulk.insert(LedgerEntry, entries)
        add_to_balances(owed)

    def _entry(self, row: ChargeRow, account_id: int, bill_id: int) -> dict[str, Any]:
        """Return what the ledger rows of one charge have in common."""
        # The last second of the month: a charge stands in the month it is for.
        ends = row.month.instants(self.zones[account_id])[1]
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
            Reading.select(Reading.id, Meter.account, Reading.period, Reading.source)
            .join(Meter)
            .where(
                Meter.account.in_(self.account_ids),
                Reading.state.in_(list(BASE - {ReadingState.COUNTED})),
            )
            .tuples()
        )
        bulk.update(
            Reading,
            '"state" = ?, "counted_in" = ?',
            [
                (str(ReadingState.COUNTED), period.code, reading_id)
                for reading_id, account_id, period, source in query
                if (row := self.rows.get((account_id, period))) is not None
                and is_counted(source, row.basis)
            ],
        )


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
        .where(Bill.account.in_(account_ids))
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


def _places(numbers: list[str]) -> dict[str, _Place]:
    query = (
        Account.select(
            Account.number,
            Account.id,
            Branch.time_zone,
            Branch.own_billing,
            Branch.code,
        )
        .join(Branch)
        .where(Account.number.in_(numbers))
        .tuples()
    )
    return {
        number: _Place(account_id, ZoneInfo(zone), bills_itself, code)
        for number, account_id, zone, bills_itself, code in query
    }
