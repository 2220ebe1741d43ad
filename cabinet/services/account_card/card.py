"""An account up close: the contract, its meters, readings and bills."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from peewee import ModelSelect

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import (
    BASE,
    MeterStatus,
    ReadingSource,
    ReadingState,
)
from cabinet.domain.money import Money
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month, local_day
from cabinet.domain.tariff import ZONES, Category, Plan, Zone
from cabinet.domain.volume import Registers
from cabinet.models import Account, Benefit, Bill, Meter, Reading
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.account_card.around import (
    Asked,
    Paid,
    WorkAsked,
    asked_lately,
    paid_lately,
    work_asked_lately,
)
from cabinet.services.account_card.ending import (
    Linked,
    Removed,
    just_removed,
    linked_to,
)
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.metered import present, waits_for_a_bill
from cabinet.services.staff import Member

#: How many of the last bills and readings are listed, and of those that wait.
BILLS = 12
READINGS = 24
MOST_WAITING = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterShown:
    """A meter from its first register to its last; without `closing` it hangs."""

    serial: str
    model: str
    zones: tuple[Zone, ...]
    digits: int
    ratio: int
    installed_on: date | None
    opening_on: date
    opening: Registers
    removed_on: date | None
    closing: Registers
    verified_until: date | None
    is_verification_over: bool
    status: MeterStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingShown:
    """A reading; `waits` tells that the next bill takes it in."""

    serial: str
    zones: tuple[Zone, ...]
    registers: Registers
    taken_on: date
    received_at: datetime
    source: ReadingSource
    state: ReadingState
    reason: str
    comment: str
    act: str
    counted_in: Month | None
    waits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BenefitShown:
    """A benefit of the account; `percent` in hundredths of a percent."""

    title: str
    percent: int
    people: int
    starts: date
    ends: date | None
    document: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BillShown:
    """A bill in a line; an outside billing system gives no closing."""

    month: Month
    basis: ChargeBasis
    volume: Energy
    added: Money
    closing: Money | None
    due_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountCard:
    """The account, inside its branch; `plan` is that of the newest meter, if any."""

    number: str
    holder: str
    address: str
    branch: str
    zone: ZoneInfo
    is_household: bool
    has_own_billing: bool
    els: str
    phone: str
    opened_on: date | None
    closed_on: date | None
    holder_since: date | None
    balance: Money
    category: Category
    residents: int
    norm: Energy | None
    is_heated: bool
    plan: Plan | None
    benefits: tuple[BenefitShown, ...]
    meters: tuple[MeterShown, ...]
    readings: tuple[ReadingShown, ...]
    bills: tuple[BillShown, ...]
    payments: tuple[Paid, ...]
    requests: tuple[WorkAsked, ...]
    questions: tuple[Asked, ...]
    linked: tuple[Linked, ...]
    removed: tuple[Removed, ...]

    @property
    def last(self) -> tuple[ReadingShown, ...]:
        """Return the last readings, whatever became of them."""
        return self.readings[:READINGS]

    @property
    def waiting(self) -> tuple[ReadingShown, ...]:
        """Return the readings that wait for the next bill."""
        return tuple(one for one in self.readings if one.waits)


def account_card(
    member: Member, number: str, *, actor: Actor, now: datetime
) -> AccountCard:
    """Return the account and note who looked; raises AccountNotFound."""
    with writing():
        account = account_of(member, number)
        audit.record(actor, "account.looked", now=now, account_id=account.id)
        zone = ZoneInfo(account.branch.time_zone)
        today = local_day(now, zone)
        meters = _meters(account, today)
        return AccountCard(
            number=account.number,
            holder=account.holder,
            address=account.address,
            branch=account.branch.name,
            zone=zone,
            is_household=account.kind is AccountKind.HOUSEHOLD,
            has_own_billing=account.branch.own_billing,
            els=account.els or "",
            phone=account.phone,
            opened_on=account.opened_on,
            closed_on=account.closed_on,
            holder_since=account.holder_since,
            balance=account.balance,
            category=account.category,
            residents=account.residents,
            norm=account.norm,
            is_heated=account.is_heated,
            plan=Plan.of_zones(len(meters[-1].zones)) if meters else None,
            benefits=_benefits(account),
            meters=meters,
            readings=_readings(account),
            bills=_bills(account),
            payments=paid_lately(account, zone),
            requests=work_asked_lately(account),
            questions=asked_lately(account),
            linked=linked_to(account, today),
            removed=just_removed(account, now),
        )


def meters_of(account: Account) -> ModelSelect:
    """Return the query of the account's meters in the order they hung."""
    return (
        Meter.select()
        .where(Meter.account == account.id)
        .order_by(Meter.opening_on, Meter.id)
    )


def _meters(account: Account, today: date) -> tuple[MeterShown, ...]:
    return tuple(
        MeterShown(
            serial=row.serial,
            model=row.model,
            zones=ZONES[Plan.of_zones(row.zones)],
            digits=row.digits,
            ratio=row.ratio,
            installed_on=row.installed_on,
            opening_on=row.opening_on,
            opening=present((row.opening_t1, row.opening_t2, row.opening_t3)),
            removed_on=row.removed_on,
            closing=present((row.closing_t1, row.closing_t2, row.closing_t3)),
            verified_until=row.verified_until,
            is_verification_over=(
                row.verified_until is not None and row.verified_until < today
            ),
            status=row.status,
        )
        for row in meters_of(account)
    )


def _readings(account: Account) -> tuple[ReadingShown, ...]:
    """Return the last readings and all that still wait, the newest first."""
    waits = waits_for_a_bill() & (Reading.source != ReadingSource.ESTIMATE)
    query = (
        Reading.select(Reading, Meter)
        .join(Meter)
        .where(Meter.account == account.id)
        .order_by(Reading.taken_on.desc(), Reading.id.desc())
    )
    last = list(query.limit(READINGS))
    known = [row.id for row in last]
    others = query.where(waits, Reading.id.not_in(known)).limit(MOST_WAITING)
    return tuple(_reading(row) for row in [*last, *others])


def _reading(row: Reading) -> ReadingShown:
    waits = (
        row.state in BASE
        and row.state is not ReadingState.COUNTED
        and row.source is not ReadingSource.ESTIMATE
    )
    return ReadingShown(
        serial=row.meter.serial,
        zones=ZONES[Plan.of_zones(row.meter.zones)],
        registers=present((row.t1, row.t2, row.t3)),
        taken_on=row.taken_on,
        received_at=row.received_at,
        source=row.source,
        state=row.state,
        reason=row.reason,
        comment=row.comment,
        act=row.act,
        counted_in=row.counted_in,
        waits=waits,
    )


def _benefits(account: Account) -> tuple[BenefitShown, ...]:
    query = Benefit.select().where(Benefit.account == account.id)
    return tuple(
        BenefitShown(
            title=row.title,
            percent=row.percent,
            people=row.people,
            starts=row.starts,
            ends=row.ends,
            document=row.document,
        )
        for row in query.order_by(Benefit.starts, Benefit.id)
    )


def _bills(account: Account) -> tuple[BillShown, ...]:
    query = (
        Bill.select(
            Bill.month,
            Bill.basis,
            Bill.volume,
            Bill.charged,
            Bill.recalculated,
            Bill.penalty,
            Bill.benefit,
            Bill.closing,
            Bill.due_on,
        )
        .where(Bill.account == account.id)
        .order_by(Bill.month.desc())
        .limit(BILLS)
    )
    return tuple(
        BillShown(
            month=month,
            basis=basis,
            volume=volume,
            added=charged + recalculated + penalty - benefit,
            closing=closing,
            due_on=due_on,
        )
        for month, basis, volume, charged, recalculated, penalty, benefit, closing, due_on in (
            query.tuples()
        )
    )
