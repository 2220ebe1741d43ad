"""What an account's next bill will be, and what it would be with something changed.

The same computing as a run's, over the inputs of one account, read once; what is
supposed stands in place of what was read. Nothing is written.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from cabinet.domain.billing import Benefit, Order
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.period import Month, local_day
from cabinet.domain.tariff import Category, Plan
from cabinet.domain.volume import Actual, Mark
from cabinet.models import Account, Bill, BillDraft, Meter, Reading
from cabinet.services.billing import runs, standing, terms
from cabinet.services.billing.compute import (
    Held,
    Lacking,
    Made,
    Said,
    result_of,
    said_of,
)
from cabinet.services.billing.history import Past
from cabinet.services.billing.inputs import Inputs, Place, next_accounts, read
from cabinet.services.billing.terms import Missing, Rules, Uses
from cabinet.services.metered import reading_rows

#: A reading nobody has taken down has no row.
_NO_ROW = 0


class NothingToBill(LookupError):
    """The account gets no bill of the month: it is closed, or no household's."""

    def __init__(self, month: Month) -> None:
        super().__init__(str(month))
        self.month = month


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposition:
    """What is supposed of an account (что, если); None leaves it as it is.

    `reading` stands in place of those of its meter and month that wait, an act beside
    them, an `order` beside those that wait. `benefits` are all the account would have.
    """

    reading: Actual | None = None
    plan: Plan | None = None
    category: Category | None = None
    residents: int | None = None
    norm: Energy | None = None
    benefits: tuple[Benefit, ...] | None = None
    order: Order | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is supposed."""
        return self == Supposition()


@dataclass(frozen=True, slots=True)
class NextBill:
    """The inputs of an account's next bill; `is_over` tells whether its month is.

    `is_drafted` tells that a run has computed it and nobody has published it yet: what
    comes now is for the bill after.
    """

    account: Account
    place: Place
    inputs: Inputs
    said: Said
    is_over: bool
    is_drafted: bool

    @property
    def month(self) -> Month:
        """Return the month of the bill."""
        return self.place.month

    def charged_to(self) -> Mark | None:
        """Return where the account was charged to before the month, if anywhere.

        By the last bill; for want of one of our own by the newest reading that another
        system counted.
        """
        last = self.inputs.last_bill
        if last is not None:
            return standing.unpack(last.standing).carried.at
        counted = reading_rows(
            Meter.account == self.account.id, Reading.state == ReadingState.COUNTED
        )
        newest = max(counted, key=lambda one: one.taken_on, default=None)
        if newest is None:
            return None
        registers = newest.counting_in(self.month).registers
        return Mark(newest.serial, registers, newest.taken_on)


@dataclass(frozen=True, slots=True)
class Computed:
    """A bill that nobody gets, why there is none, or the rows without which there is none."""

    made: Made | None = None
    held: Held | None = None
    missing: tuple[Missing, ...] = ()


def next_bill(account: Account, *, now: datetime) -> NextBill:
    """Read what the account's next bill is made of, inside the open transaction.

    The month is the one after the newest bill; without any the month before this one,
    or the one the account was opened in. `account` comes with its branch. Raises
    NothingToBill.
    """
    zone = ZoneInfo(account.branch.time_zone)
    month = _next_month(account, Month.of(local_day(now, zone)))
    place = Place.of(account.branch, month)
    rows = next_accounts(place, account.id - 1, account.id, 1, only=account.id)
    if not rows:
        raise NothingToBill(month)
    (inputs,) = read(place, rows)
    _, ends = month.instants(zone)
    said = said_of(place, [account.id])
    drafts = BillDraft.select().where(
        BillDraft.account == account.id, BillDraft.month == month
    )
    return NextBill(
        account,
        place,
        inputs,
        said,
        is_over=now >= ends,
        is_drafted=bool(drafts.exists()),
    )


def computed(bill: NextBill, supposed: Supposition | None = None) -> Computed:
    """Return what the bill comes to, with what is supposed if anything is."""
    inputs = bill.inputs if supposed is None else with_supposed(bill.inputs, supposed)
    rules = _rules(bill, inputs)
    if rules.missing:
        return Computed(missing=rules.missing)
    past = Past(bill.place, [bill.account.id])
    result = result_of(bill.place, rules, inputs, bill.said, past)
    if isinstance(result, Made):
        return Computed(made=result)
    if isinstance(result, Lacking):
        return Computed(missing=(result.missing,))
    return Computed(held=result)


def with_supposed(inputs: Inputs, supposed: Supposition) -> Inputs:
    """Return the inputs with what is supposed in place of what was read."""
    account = inputs.account
    account = account._replace(
        category=supposed.category or account.category,
        residents=(
            account.residents if supposed.residents is None else supposed.residents
        ),
        norm=account.norm if supposed.norm is None else supposed.norm,
    )
    kept = [
        (reading_id, one)
        for reading_id, one in zip(inputs.reading_ids, inputs.readings, strict=True)
        if not _is_replaced(one, supposed.reading)
    ]
    if supposed.reading is not None:
        kept.append((_NO_ROW, supposed.reading))
    benefits = supposed.benefits
    return replace(
        inputs,
        account=account,
        reading_ids=[reading_id for reading_id, _ in kept],
        readings=[one for _, one in kept],
        benefits=inputs.benefits if benefits is None else list(benefits),
        plan=supposed.plan,
        orders=[*inputs.orders, *([supposed.order] if supposed.order else [])],
    )


def _is_replaced(one: Actual, by: Actual | None) -> bool:
    """Tell whether a reading gives way: one of the same meter and month, and no act."""
    if by is None or by.act or one.act:
        return False
    return one.serial == by.serial and Month.of(one.taken_on) == Month.of(by.taken_on)


def _next_month(account: Account, this: Month) -> Month:
    newest: Month | None = (
        Bill.select(Bill.month)
        .where(Bill.account == account.id)
        .order_by(Bill.month.desc())
        .limit(1)
        .scalar()
    )
    if newest is not None:
        is_over = account.closed_on is not None and (
            account.closed_on <= newest.next.starts
        )
        return max(newest.next, this.previous) if is_over else newest.next
    if account.opened_on is not None:
        return max(Month.of(account.opened_on), this.previous)
    return this.previous


def _rules(bill: NextBill, inputs: Inputs) -> Rules:
    """Read the rows that this one account needs."""
    account = inputs.account
    plan = inputs.plan or Plan.of_zones(
        len(inputs.meters[-1].opening) if inputs.meters else 1
    )
    since = runs.billed_since(bill.place.branch_id) or bill.month
    return terms.load(
        bill.account.branch,
        bill.month,
        billed_since=min(since, bill.month),
        uses=Uses(
            is_heated=account.is_heated,
            has_benefits=bool(inputs.benefits),
            tariffs=((account.category, plan),),
        ),
    )
