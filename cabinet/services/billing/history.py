"""The standing of accounts that no bill of our own left one, and of those it is wrong for.

An account that comes from another billing system, or with a history of readings alone,
starts from all it has. One whose past changed after its bill (a payment came in late, an
operator gave one to another month) has its debts made anew from the whole ledger.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from cabinet.domain.billing import Standing
from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.covering import Book
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.domain.volume import (
    Actual,
    Carried,
    Household,
    Quiet,
    Registers,
    month_volume,
)
from cabinet.domain.volume.estimating import shaped
from cabinet.models import Allocation, Bill, LedgerEntry, Meter
from cabinet.services import balance_changes
from cabinet.services.balance_changes import Entry, change_of
from cabinet.services.billing.inputs import Inputs, Place, among
from cabinet.services.metered import ReadingRow, reading_rows

Billed = dict[Month, tuple[ChargeBasis, Energy]]


class Past:
    """What accounts without a bill of our own had before the month.

    Read for all of them at once, and only once one of them is asked for: in the month an
    office changes over they are all there are.
    """

    def __init__(self, place: Place, account_ids: list[int]) -> None:
        self._place = place
        self._ids = account_ids

    @cached_property
    def billed(self) -> dict[int, Billed]:
        """Return what each was charged for before, whoever charged it."""
        found: dict[int, Billed] = defaultdict(dict)
        query = Bill.select(Bill.account, Bill.month, Bill.basis, Bill.volume).where(
            among(Bill.account, self._ids), Bill.month < self._place.month
        )
        for account_id, month, basis, volume in query.tuples():
            found[account_id][month] = (basis, volume)
        return found

    @cached_property
    def readings(self) -> dict[int, list[ReadingRow]]:
        """Return the readings of each, in the order they were written."""
        found: dict[int, list[ReadingRow]] = defaultdict(list)
        for row in reading_rows(among(Meter.account, self._ids)):
            found[row.account_id].append(row)
        return found

    @cached_property
    def entries(self) -> dict[int, list[Entry]]:
        """Return the entries of each before the month, in the order of time.

        An opening balance counts as there before, on whatever day of the month it is.
        """
        starts, ends = self._place.month.instants(self._place.zone)
        before = (LedgerEntry.effective_at < starts) | (
            (LedgerEntry.kind == EntryKind.OPENING) & (LedgerEntry.effective_at < ends)
        )
        found: dict[int, list[Entry]] = defaultdict(list)
        for entry in balance_changes.entries(
            among(LedgerEntry.account, self._ids), before
        ):
            found[entry.account_id].append(entry)
        return found

    @cached_property
    def words(self) -> dict[int, Month]:
        """Return the months operators gave to payments, by the entry of each."""
        return balance_changes.words(among(LedgerEntry.account, self._ids))


def first_standing(
    place: Place, inputs: Inputs, household: Household, past: Past
) -> Standing:
    """Return the standing of an account that has no bill of our own yet.

    Raises volume.NormMissing and volume.ZonesDiffer.
    """
    carried = _carried(place, inputs, household, past)
    entries = past.entries.get(inputs.account.account_id, [])
    book = _book(place, entries, past.words)
    return Standing(
        carried=carried,
        closing=Money.total(entry.amount for entry in entries),
        debts=tuple(debt for debt in book.debts if not debt.is_settled),
        credits=tuple(book.credits),
    )


def corrected_standing(place: Place, inputs: Inputs, standing: Standing) -> Standing:
    """Return the standing with its debts made anew, those that are settled as well."""
    account_id = inputs.account.account_id
    starts, _ = place.month.instants(place.zone)
    mine = LedgerEntry.account == account_id
    entries = balance_changes.entries(mine, LedgerEntry.effective_at < starts)
    book = _book(place, entries, balance_changes.words(mine))
    return replace(
        standing,
        debts=book.debts,
        credits=tuple(book.credits),
        penalized=_penalized(account_id, place.month),
    )


def words_since(account_ids: list[int], place: Place) -> dict[int, datetime]:
    """Return when operators last spoke of payments made before the month, by account."""
    starts, _ = place.month.instants(place.zone)
    query = (
        Allocation.select(LedgerEntry.account, Allocation.at)
        .join(LedgerEntry)
        .where(
            among(LedgerEntry.account, account_ids), LedgerEntry.effective_at < starts
        )
        .order_by(Allocation.id)
        .tuples()
    )
    return dict(query)


def _carried(place: Place, inputs: Inputs, household: Household, past: Past) -> Carried:
    """Walk through the months before, from the first meter's opening register on."""
    if not household.meters:
        return Carried()
    first = Month.of(household.meters[0].opening_on + timedelta(days=1))
    if first >= place.month:
        return Carried()
    account_id = inputs.account.account_id
    billed = past.billed.get(account_id, {})
    readings = [
        one
        for one in _counting(past.readings.get(account_id, []), billed, place.month)
        if one.period < place.month
    ]
    before = replace(household, readings=tuple(readings))
    carried = Carried()
    for month in months(first, place.month.previous):
        _, carried = month_volume(before, carried, month)
    return replace(
        carried, silent=tuple(_as_billed(one, billed) for one in carried.silent)
    )


def _as_billed(quiet: Quiet, billed: Billed) -> Quiet:
    """Return what the month was really charged for, whoever charged it."""
    basis, energy = billed.get(quiet.month, (ChargeBasis.ACTUAL, Energy(0)))
    if basis is ChargeBasis.ACTUAL or energy == Energy.total(quiet.by_zone):
        return quiet
    by_zone: Registers = (energy,)
    if len(quiet.by_zone) > 1:
        by_zone = shaped(by_zone, len(quiet.by_zone))
    return replace(quiet, by_zone=by_zone, basis=basis)


def _counting(rows: list[ReadingRow], billed: Billed, month: Month) -> list[Actual]:
    """Return the readings with the months they count in.

    One that came after its month was billed without it counts in the month at hand.
    """
    found = []
    for row in rows:
        counts = row.counted_in or row.period
        if row.state is not ReadingState.COUNTED and row.period in billed:
            counts = month
        found.append(row.counting_in(counts))
    return found


def _book(place: Place, entries: Iterable[Entry], said: dict[int, Month]) -> Book:
    """Return the debts that the entries of an account leave."""
    book = Book()
    for entry in entries:
        book.take(change_of(entry, place.zone, said))
    return book


def _penalized(account_id: int, before: Month) -> dict[Month, Money]:
    """Return what our bills have charged for the delay of each month."""
    query = (
        Bill.select(Bill.lines)
        .where(
            Bill.account == account_id,
            Bill.month < before,
            Bill.standing.is_null(False),
        )
        .order_by(Bill.month)
        .tuples()
    )
    found: dict[Month, Money] = defaultdict(lambda: Money(0))
    for (lines,) in query:
        for part in lines.get("penalties", ()):
            found[Month.from_code(part["month"])] = Money(part["total"])
    return dict(found)
