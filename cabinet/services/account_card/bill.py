"""Every input of one bill, as the bill itself keeps it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from peewee import Expression

from cabinet.domain.billing import Standing
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.tariff import ZONES, Plan, Zone
from cabinet.domain.volume import Registers
from cabinet.models import Account, Bill, BillDraft, Branch, Meter, Reading
from cabinet.models.base import writing
from cabinet.models.billing import DRAFTED
from cabinet.services import audit, bills
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.billing import runs, standing, used
from cabinet.services.billing.used import Used
from cabinet.services.bills import Receipt
from cabinet.services.metered import present
from cabinet.services.staff import Member


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedReading:
    """A reading that the bill took in."""

    serial: str
    zones: tuple[Zone, ...]
    registers: Registers
    taken_on: date
    received_at: datetime
    source: ReadingSource
    act: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BillInputs:
    """A bill and what it was made of.

    `used` is None for a bill of another billing system, and for one of a time when less
    was kept; `before` is what was taken over, None where nobody knows. `published_at`
    is when the customer could see it, None of a draft.
    """

    number: str
    holder: str
    zone: ZoneInfo
    receipt: Receipt
    is_own: bool
    published_at: datetime | None
    readings: tuple[CountedReading, ...]
    used: Used | None
    before: Standing | None

    @property
    def mean_of(self) -> tuple[tuple[Month, Energy], ...]:
        """Return the months an average would be of, and what each of them took."""
        known = self.before.carried.known if self.before else ()
        return tuple((one.month, Energy.total(one.by_zone)) for one in known)


def bill_inputs(
    member: Member, number: str, month: Month, *, actor: Actor, now: datetime
) -> BillInputs:
    """Return the account's bill of the month with its inputs, and note who looked.

    Raises AccountNotFound and bills.BillNotFound.
    """
    with writing():
        account = account_of(member, number)
        bill = (
            Bill.select(Bill, Account, Branch)
            .join(Account)
            .join(Branch)
            .where(Bill.account == account.id, Bill.month == month)
            .first()
        )
        if bill is None:
            raise bills.BillNotFound(month)
        audit.record(
            actor,
            "bill.looked",
            now=now,
            subject=f"bill:{bill.id}",
            account_id=account.id,
        )
        return _inputs(
            bill,
            readings=_readings(
                Meter.account == account.id, Reading.counted_in == month
            ),
            published_at=bill.published_at,
        )


def draft_inputs(
    member: Member, run_id: int, number: str, *, actor: Actor, now: datetime
) -> BillInputs:
    """Return a draft of a run as the bill it would be, and note who looked.

    Raises AccountNotFound and bills.BillNotFound.
    """
    with writing():
        account = account_of(member, number)
        draft = BillDraft.get_or_none(
            BillDraft.run == run_id, BillDraft.account == account.id
        )
        if draft is None:
            raise bills.BillNotFound(number)
        runs.note(run_id, "draft_looked", actor, now, account_id=account.id)
        same = {name: getattr(draft, name) for name in DRAFTED}
        return _inputs(
            Bill(account=account, published_at=now, run=run_id, **same),
            readings=_readings(Reading.id.in_(draft.readings)),
            published_at=None,
        )


def _inputs(
    bill: Bill, *, readings: tuple[CountedReading, ...], published_at: datetime | None
) -> BillInputs:
    account: Account = bill.account
    zone = ZoneInfo(account.branch.time_zone)
    kept = used.unpack(bill.lines)
    return BillInputs(
        number=account.number,
        holder=account.holder,
        zone=zone,
        receipt=bills.receipt_of(bill, zone=zone),
        is_own=bill.standing is not None,
        published_at=published_at,
        readings=readings,
        used=kept,
        before=_before(bill, kept),
    )


def _before(bill: Bill, kept: Used | None) -> Standing | None:
    """Return what the bill took over: its own word, else the bill before."""
    if bill.standing is None:
        return None
    if kept is not None and kept.before is not None:
        return kept.before
    left = (
        Bill.select(Bill.standing)
        .where(Bill.account == bill.account_id, Bill.month == bill.month.previous)
        .tuples()
        .first()
    )
    return standing.unpack(left[0]) if left and left[0] else None


def _readings(*which: Expression) -> tuple[CountedReading, ...]:
    query = (
        Reading.select(Reading, Meter)
        .join(Meter)
        .where(*which)
        .order_by(Reading.taken_on, Reading.id)
    )
    return tuple(
        CountedReading(
            serial=row.meter.serial,
            zones=ZONES[Plan.of_zones(row.meter.zones)],
            registers=present((row.t1, row.t2, row.t3)),
            taken_on=row.taken_on,
            received_at=row.received_at,
            source=row.source,
            act=row.act,
        )
        for row in query
    )
