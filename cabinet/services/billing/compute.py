"""The bills of some accounts, computed and not yet written anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cabinet.domain.billing import (
    BillCase,
    MonthBill,
    SocialNormMissing,
    Standing,
    Terms,
    bill_month,
)
from cabinet.domain.billing.run import Hold, Oddity, odd_sums
from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.money import Money
from cabinet.domain.penalty import PenaltyRuleMissing
from cabinet.domain.period import Month
from cabinet.domain.tariff import Plan, RateMissing, price_day
from cabinet.domain.volume import (
    Household,
    MeterMissing,
    NormMissing,
    Silence,
    ZonesDiffer,
)
from cabinet.models import LedgerEntry
from cabinet.services import balance_changes
from cabinet.services.balance_changes import change_of
from cabinet.services.billing import history, standing, used
from cabinet.services.billing.history import Past
from cabinet.services.billing.inputs import AccountRow, Inputs, Place, among, read
from cabinet.services.billing.plain import Plain
from cabinet.services.billing.plain_months import PlainMonths
from cabinet.services.billing.terms import Missing, Rules
from cabinet.services.billing.used import Start
from cabinet.services.bills.snapshot import bill_snapshot, pack

_NOTHING = Money(0)
#: What is wrong with an account alone holds it back and stops nobody else.
_HOLDS: dict[type[Exception], Hold] = {
    NormMissing: Hold.NO_NORM,
    ZonesDiffer: Hold.REGISTERS,
    MeterMissing: Hold.METER,
}


@dataclass(frozen=True, slots=True)
class Made:
    """An account's bill and what the next one takes over.

    `last` is what the month before was charged. `case`, `kinds` (of its changes), `start` and `terms` are what it was made of.
    """

    account: AccountRow
    bill: MonthBill
    standing: Standing
    reading_ids: tuple[int, ...]
    order_ids: tuple[int, ...]
    last: Money | None
    case: BillCase
    kinds: tuple[EntryKind, ...]
    start: Start
    terms: Terms

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """Return what makes the bill worth a look."""
        return tuple(_oddities(self))


@dataclass(frozen=True, slots=True)
class Held:
    """An account that gets no bill, and why."""

    account: AccountRow
    reason: Hold
    details: str = ""


@dataclass(frozen=True, slots=True)
class Lacking:
    """An account whose bill needs a dated row that is not there."""

    account: AccountRow
    missing: Missing


Whole = Made | Held | Lacking
Result = Plain | Whole


@dataclass(frozen=True, slots=True)
class Said:
    """What operators said of payments: the month of each, and when they last spoke.

    `months` are of the entries of the month, `last` of those before, by account.
    """

    months: dict[int, Month]
    last: dict[int, datetime]


def compute(place: Place, rules: Rules, accounts: list[AccountRow]) -> Iterator[Result]:
    """Yield what comes of each account, inside the open transaction."""
    if not accounts:
        return
    said = said_of(place, [row.account_id for row in accounts])
    lane = PlainMonths(place, rules)
    found = read(place, accounts)
    firsts = [one.account.account_id for one in found if one.last_bill is None]
    past = Past(place, firsts)
    for inputs in found:
        plain = None
        if inputs.account.account_id not in said.last:
            plain = lane.bill(inputs, said.months)
        yield plain or result_of(place, rules, inputs, said, past)


def said_of(place: Place, account_ids: list[int]) -> Said:
    """Return what operators said of the payments of the accounts."""
    starts, _ = place.month.instants(place.zone)
    return Said(
        months=balance_changes.words(
            among(LedgerEntry.account, account_ids), LedgerEntry.effective_at >= starts
        ),
        last=history.words_since(account_ids, place),
    )


def result_of(
    place: Place, rules: Rules, inputs: Inputs, said: Said, past: Past
) -> Whole:
    """Return what comes of an account, whatever its inputs were taken from.

    `past` is of this account, if it has no bill of our own, and of others beside it.
    """
    account, last = inputs.account, inputs.last_bill
    household = _household(place, inputs)
    # Of an account closed before the month that follows its last bill none is left out.
    if last is not None and not (
        last.month == place.month.previous or household.is_over(last.month.next)
    ):
        return Held(account, Hold.GAP, str(last.month.next))
    terms = rules.by_category[account.category]
    try:
        case, kinds, start = _case(place, inputs, household, said, past)
        bill, after = bill_month(case, terms)
    except tuple(_HOLDS) as fault:
        return Held(account, _HOLDS[type(fault)], getattr(fault, "serial", ""))
    except (RateMissing, PenaltyRuleMissing, SocialNormMissing) as fault:
        return Lacking(account, _missing(account, fault))
    return Made(
        account=account,
        bill=bill,
        standing=after,
        reading_ids=_counted(inputs, bill),
        order_ids=tuple(inputs.order_ids),
        last=inputs.before,
        case=case,
        kinds=kinds,
        start=start,
        terms=terms,
    )


def _missing(
    account: AccountRow, fault: RateMissing | PenaltyRuleMissing | SocialNormMissing
) -> Missing:
    if isinstance(fault, RateMissing):
        zone, number = fault.missing[0]
        key = f"{account.category}, {zone}, {number}"
        return Missing("price", key, price_day(fault.month))
    if isinstance(fault, PenaltyRuleMissing):
        return Missing(fault.what, day=fault.day)
    return Missing("social_norm", day=fault.month.starts)


def _household(place: Place, inputs: Inputs) -> Household:
    account, meters = inputs.account, inputs.meters
    zones = len(meters[-1].opening) if meters else 1
    return Household(
        plan=Plan.of_zones(zones),
        residents=account.residents,
        norm=account.norm,
        meters=tuple(meters),
        readings=tuple(inputs.readings),
        opened_on=account.opened_on,
        closed_on=account.closed_on,
        settles_norm=place.settles_norm,
    )


def _case(
    place: Place, inputs: Inputs, household: Household, said: Said, past: Past
) -> tuple[BillCase, tuple[EntryKind, ...], Start]:
    """Return what the bill is made of, the kinds of its changes, and where it starts.

    The balance tells whether the ledger has anything of the months before that the last
    bill did not know: all entries but those from the month on come to its closing.
    """
    _, ends = place.month.instants(place.zone)
    inside = [entry for entry in inputs.entries if entry.effective_at < ends]
    late = _NOTHING
    last = inputs.last_bill
    if last is None:
        start = Start.FIRST
        before = history.first_standing(place, inputs, household, past)
        inside = [entry for entry in inside if entry.kind is not EntryKind.OPENING]
        household = _still_to_count(household, before)
    else:
        start = Start.CARRIED
        before = standing.unpack(last.standing)
        since = Money.total(entry.amount for entry in inputs.entries)
        late = inputs.account.balance - since - before.closing
        spoken_at = said.last.get(inputs.account.account_id)
        is_gap = last.month != place.month.previous
        is_spoken = spoken_at is not None and spoken_at >= last.published_at
        if late or is_gap or is_spoken:
            start = Start.CORRECTED
            before = history.corrected_standing(place, inputs, before)
    case = BillCase(
        household=household,
        standing=before,
        changes=tuple(change_of(entry, place.zone, said.months) for entry in inside),
        late=late,
        benefits=tuple(inputs.benefits),
        is_heated=inputs.account.is_heated,
        plan=inputs.plan,
        orders=tuple(inputs.orders),
    )
    return case, tuple(entry.kind for entry in inside), start


def _still_to_count(household: Household, before: Standing) -> Household:
    """Leave out what the walk through the months before has counted already."""
    at = before.carried.at
    if at is None:
        return household
    return replace(
        household,
        readings=tuple(
            one
            for one in household.readings
            if one.act or one.serial != at.serial or one.taken_on > at.on
        ),
    )


def _counted(inputs: Inputs, bill: MonthBill) -> tuple[int, ...]:
    """Return the ids of the readings that the bill took in, older ones it spans as well."""
    read_ = {one.serial for one in bill.charge.volume.stretches if one.source}
    in_order = {meter.serial: meter for meter in inputs.meters if meter.serial in read_}
    return tuple(
        reading_id
        for reading_id, one in zip(inputs.reading_ids, inputs.readings, strict=True)
        if one.serial in in_order and in_order[one.serial].counts_on(one.taken_on)
    )


def _oddities(made: Made) -> Iterator[Oddity]:
    charge = made.bill.charge
    volume = charge.volume
    if volume.silence is not Silence.CLOSED:
        yield from odd_sums(charge.charged, made.last)
    if charge.charged + made.bill.recalculated < _NOTHING:
        yield Oddity.GIVEN_BACK
    if volume.basis is ChargeBasis.NORM and volume.silence is not Silence.UNMETERED:
        yield Oddity.BY_NORM
    if volume.silence is Silence.UNVERIFIED:
        yield Oddity.UNVERIFIED
    if volume.unclosed is not None:
        yield Oddity.UNCLOSED
    if any(one.act for one in volume.stretches):
        yield Oddity.CHECKED
    if made.bill.orders:
        yield Oddity.ORDERED


def _used(made: Made) -> used.Used:
    return used.used_of(
        made.case,
        made.terms,
        made.bill,
        category=made.account.category,
        kinds=made.kinds,
        start=made.start,
    )


def draft_row(run_id: int, made: Made, vat_rate: int | None) -> dict[str, Any]:
    """Return the fields of a draft."""
    bill, account = made.bill, made.account
    charge = bill.charge
    return {
        "run": run_id,
        "account": account.account_id,
        "month": charge.month,
        "number": f"{account.number}-{charge.month.code}",
        # By the 1st before March 2026, by the 5th since: the 1st fits both.
        "issued_on": charge.month.ends,
        "due_on": bill.due_on,
        "basis": charge.volume.basis,
        "volume": charge.volume.total,
        "charged": charge.charged,
        "recalculated": bill.recalculated,
        "penalty": bill.penalty,
        "benefit": bill.benefit,
        "opening": bill.opening,
        "paid": bill.paid,
        "closing": bill.closing,
        "lines": pack(bill_snapshot(bill, vat_rate))
        | {used.KEY: used.pack(_used(made))},
        "standing": standing.pack(made.standing),
        "readings": list(made.reading_ids),
        "orders": list(made.order_ids),
        "oddities": " ".join(made.oddities),
    }
