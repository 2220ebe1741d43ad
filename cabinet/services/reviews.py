"""Readings that wait for a specialist, oldest first."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.period import Month
from cabinet.models import Account, Branch, Meter, Reading
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of

PAGE = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewRow:
    """A reading out of the ordinary."""

    public_id: UUID
    account_number: str
    holder: str
    branch: str
    meter_serial: str
    period: Month
    registers: tuple[Energy, ...]
    taken_on: date
    received_at: datetime
    reason: str
    comment: str
    has_photo: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewQueue:
    """The first page of the queue and how many wait in all."""

    rows: tuple[ReviewRow, ...]
    waiting: int


def review_queue(member: Member, *, actor: Actor, now: datetime) -> ReviewQueue:
    """Return what waits in the branches of the member of staff; an admin sees all.

    Whose data was looked at is noted, an entry for each reading shown.
    """
    with writing():
        query = (
            Reading.select(Reading, Meter, Account, Branch)
            .join(Meter)
            .join(Account)
            .join(Branch)
            .where(
                Reading.state == ReadingState.NEEDS_REVIEW,
                Branch.id.in_(branches_of(member)),
            )
        )
        waiting = query.count()
        rows = list(query.order_by(Reading.received_at, Reading.id).limit(PAGE))
        for row in rows:
            audit.record(
                actor,
                "review.listed",
                now=now,
                subject=f"reading:{row.id}",
                account_id=row.meter.account_id,
            )
    return ReviewQueue(rows=tuple(_row(row) for row in rows), waiting=waiting)


def _row(row: Reading) -> ReviewRow:
    meter = row.meter
    account = meter.account
    return ReviewRow(
        public_id=row.public_id,
        account_number=account.number,
        holder=account.holder,
        branch=account.branch.name,
        meter_serial=meter.serial,
        period=row.period,
        registers=(row.t1, row.t2, row.t3)[: meter.zones],
        taken_on=row.taken_on,
        received_at=row.received_at,
        reason=row.reason,
        comment=row.comment,
        has_photo=row.photo_id is not None,
    )
