"""The standing of accounts that no bill of our own left one, and of those it is wrong for.

An account that comes from another billing system, or with a history of readings alone,
starts from all it has. One whose past changed after its bill (a payment came in late, an
operator gave one to another month) has its debts made anew from the whole ledger.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

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
from cabinet.services.metered import reading_rows

Billed = dict[Month, tuple[ChargeBasis, Energy]]


def first_standing(place: Place, inputs: Inputs, household: Household) -> Standing:
    """Return the standing of an account that has no bill of our own yet.

    Raises volume.NormMissing and volume.ZonesDiffer.
    """
    carried = _carried(place, inputs, household)
    book, opening = _book(place, inputs.account.account_id, with_openings=True)
    return Standing(
        carried=carried,
        closing=opening,
        debts=tuple(debt for debt in book.debts if not debt.is_settled),
        credits=tuple(book.credits),
    )


def corrected_standing(place: Place, inputs: Inputs, standing: Standing) -> Standing:
    """Return the standing with its debts made anew, those that are settled as well."""
    account_id = inputs.account.account_id
    book, _ = _book(place, account_id, with_openings=False)
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


def _carried(place: Place, inputs: Inputs, household: Household) -> Carried:
    """Walk through the months before, from the first meter's opening register on."""
    if not household.meters:
        return Carried()
    first = Month.of(household.meters[0].opening_on + timedelta(days=1))
    if first >= place.month:
        return Carried()
    account_id = inputs.account.account_id
    billed = _billed(account_id, place.month)
    readings = [
        one
        for one in _all_readings(account_id, billed, place.month)
        if one.period < place.month
    ]
    past = replace(household, readings=tuple(readings))
    carried = Carried()
    for month in months(first, place.month.previous):
        _, carried = month_volume(past, carried, month)
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


def _billed(account_id: int, before: Month) -> Billed:
    query = Bill.select(Bill.month, Bill.basis, Bill.volume).where(
        Bill.account == account_id, Bill.month < before
    )
    return {month: (basis, volume) for month, basis, volume in query.tuples()}


def _all_readings(account_id: int, billed: Billed, month: Month) -> list[Actual]:
    """Return the readings with the months they count in.

    One that came after its month was billed without it counts in the month at hand.
    """
    found = []
    for row in reading_rows(Meter.account == account_id):
        counts = row.counted_in or row.period
        if row.state is not ReadingState.COUNTED and row.period in billed:
            counts = month
        found.append(row.counting_in(counts))
    return found


def _book(place: Place, account_id: int, *, with_openings: bool) -> tuple[Book, Money]:
    """Return the debts before the month, and the balance they come to.

    An opening balance counts as there before, on whatever day of the month it is.
    """
    starts, ends = place.month.instants(place.zone)
    mine = LedgerEntry.account == account_id
    before = LedgerEntry.effective_at < starts
    if with_openings:
        before |= (LedgerEntry.kind == EntryKind.OPENING) & (
            LedgerEntry.effective_at < ends
        )
    said = balance_changes.words(mine)
    entries: list[Entry] = list(balance_changes.entries(mine, before))
    book = Book()
    for entry in entries:
        book.take(change_of(entry, place.zone, said))
    return book, Money.total(entry.amount for entry in entries)


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
