"""Readings that wait for a specialist, oldest first, and one of them up close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import SQL, Expression, Query

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState, ReviewKind
from cabinet.domain.readings import (
    RegisterFellError,
    Registers,
    consumption,
    has_rolled_over,
    likely_cause,
    obstacle,
)
from cabinet.models import (
    Account,
    Branch,
    Meter,
    Reading,
    ReviewDecision,
    StoredFile,
    User,
)
from cabinet.models.base import lock, writing
from cabinet.services import audit, files
from cabinet.services.audit import Actor
from cabinet.services.readings.facts import registers_of
from cabinet.services.readings.shown import number_of
from cabinet.services.registration.state import UNDO
from cabinet.services.reviews.facts import ReviewFacts, facts_of
from cabinet.services.reviews.refusals import ReviewNotFoundError
from cabinet.services.reviews.shown import Decided, ReviewQueue, ReviewRow, ZoneRow
from cabinet.services.staff import Member, branches_of

PAGE = 25
#: So many of one's last decisions stand above the queue.
LATELY = 5
MOST_LATELY = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What of the queue is wanted: a reason, a branch, what comes after a reading.

    `decided` asks for all one has decided lately, not for the last ones only.
    """

    reason: str = ""
    branch: str = ""
    after: UUID | None = None
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Photo:
    """The photo of a reading."""

    body: bytes
    media_type: str
    number: str


ALL = Wanted()


def review_queue(
    member: Member, wanted: Wanted = ALL, *, actor: Actor, now: datetime
) -> ReviewQueue:
    """Return what waits in the branches of the member of staff; an admin sees all.

    Whose data was looked at is noted, an entry for each reading shown.
    """
    with writing():
        query = _matching(member, wanted)
        rows = list(
            _after(query, wanted.after)
            .order_by(Reading.received_at, Reading.id)
            .limit(PAGE + 1)
        )
        decided = _decided_lately(member, now)
        lately = list(decided.limit(MOST_LATELY if wanted.decided else LATELY))
        shown = rows[:PAGE]
        for row in (*shown, *lately):
            _note(row, "review.listed", actor, now)
        made = made_of([*shown, *lately], member, now)
        return ReviewQueue(
            rows=made[: len(shown)],
            waiting=query.count(),
            decided=made[len(shown) :],
            lately=decided.count(),
            after=shown[-1].public_id if len(rows) > PAGE else None,
            accepted_at=None if rows else _last_accepted(member),
        )


def review_of(
    member: Member,
    public_id: UUID,
    *,
    is_listed: bool = False,
    actor: Actor,
    now: datetime,
) -> ReviewRow:
    """Return one reading and note who looked; raises ReviewNotFoundError.

    `is_listed` tells that it is shown as a row of the queue.
    """
    with writing():
        row = find(member, public_id)
        _note(row, "review.listed" if is_listed else "review.looked", actor, now)
        return made_of([row], member, now)[0]


def photo_of(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> Photo:
    """Return the photo and note who looked; raises ReviewNotFoundError."""
    with writing():
        row = find(member, public_id)
        file = StoredFile.get_or_none(StoredFile.id == row.photo_id)
        if file is None:
            raise ReviewNotFoundError(public_id)
        _note(row, "review.photo_opened", actor, now)
        return Photo(files.body_of(file.id), file.media_type, number_of(row.id))


def find(member: Member, public_id: UUID, *, is_locking: bool = False) -> Reading:
    """Return the reading with meter, account and branch; raises ReviewNotFoundError.

    `is_locking` keeps the readings of its meter as they are: whoever sends one locks
    the meter first as well.
    """
    if is_locking:
        of_reading = Reading.select(Reading.meter).where(Reading.public_id == public_id)
        lock(Meter.select(Meter.id).where(Meter.id.in_(of_reading))).first()
        lock(Reading.select(Reading.id).where(Reading.public_id == public_id)).first()
    row = _of_branches(member).where(Reading.public_id == public_id).first()
    if row is None:
        raise ReviewNotFoundError(public_id)
    return row


def made_of(
    rows: Sequence[Reading], member: Member, now: datetime
) -> tuple[ReviewRow, ...]:
    """Return the rows as they are shown, inside the open transaction."""
    decided = _decisions([row.id for row in rows])
    return tuple(
        _made(row, facts, decided.get(row.id), member=member, now=now)
        for row, facts in zip(rows, facts_of(rows), strict=True)
    )


def standing_decision(reading_id: int) -> ReviewDecision | None:
    """Return the decision that stands, inside the open transaction."""
    return _decisions([reading_id]).get(reading_id)


def _whole() -> Query:
    return (
        Reading.select(Reading, Meter, Account, Branch)
        .join(Meter)
        .join(Account)
        .join(Branch)
    )


def _of_branches(member: Member) -> Query:
    return _whole().where(Branch.id.in_(branches_of(member)))


def waits_for(member: Member) -> Expression:
    """Match what waits in the member's branches; of readings with their accounts.

    The state stands in the words of the index of what waits, and the branch as a sum:
    else SQLite walks all accounts of the branch.
    """
    is_waiting = Reading.state == SQL(f"'{ReadingState.NEEDS_REVIEW}'")
    return is_waiting & (Account.branch + 0).in_(branches_of(member))


def _matching(member: Member, wanted: Wanted) -> Query:
    query = _whole().where(waits_for(member))
    if wanted.reason:
        query = query.where(Reading.reason == wanted.reason)
    if wanted.branch:
        query = query.where(Branch.code == wanted.branch)
    return query


def _after(query: Query, public_id: UUID | None) -> Query:
    last = public_id and Reading.get_or_none(Reading.public_id == public_id)
    if not last:
        return query
    return query.where(
        (Reading.received_at > last.received_at)
        | ((Reading.received_at == last.received_at) & (Reading.id > last.id))
    )


def _decided_lately(member: Member, now: datetime) -> Query:
    """Return what the member has decided and may still take back, the newest first."""
    return (
        _of_branches(member)
        .join_from(Reading, ReviewDecision, on=(ReviewDecision.reading == Reading.id))
        .where(
            ReviewDecision.made_by == member.user_id,
            ReviewDecision.made_at > now - UNDO,
            ReviewDecision.undone_at.is_null(),
        )
        .order_by(ReviewDecision.id.desc())
    )


def _last_accepted(member: Member) -> datetime | None:
    """Return when somebody of the member's branches accepted a reading last."""
    last = (
        ReviewDecision.select(ReviewDecision.made_at, Branch.time_zone)
        .join(Reading, on=(ReviewDecision.reading == Reading.id))
        .join(Meter)
        .join(Account)
        .join(Branch)
        .where(
            ReviewDecision.kind == ReviewKind.ACCEPTED,
            ReviewDecision.undone_at.is_null(),
            (Account.branch + 0).in_(branches_of(member)),
        )
        .order_by(ReviewDecision.id.desc())
        .tuples()
        .first()
    )
    return last and last[0].astimezone(ZoneInfo(last[1]))


def _decisions(reading_ids: Sequence[int]) -> dict[int, ReviewDecision]:
    query = (
        ReviewDecision.select(ReviewDecision, User, Reading)
        .join(User, on=ReviewDecision.made_by == User.id)
        .switch(ReviewDecision)
        .left_outer_join(Reading, on=ReviewDecision.correction == Reading.id)
        .where(
            ReviewDecision.reading.in_(list(reading_ids)),
            ReviewDecision.undone_at.is_null(),
        )
    )
    return {row.reading_id: row for row in query}


def _note(row: Reading, action: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        action,
        now=now,
        subject=f"reading:{row.id}",
        account_id=row.meter.account_id,
    )


def _made(
    row: Reading,
    facts: ReviewFacts,
    decision: ReviewDecision | None,
    *,
    member: Member,
    now: datetime,
) -> ReviewRow:
    meter = row.meter
    account = meter.account
    case, registers = facts.case, facts.registers
    rolled_over = row.rolled_over or has_rolled_over(case, registers)
    return ReviewRow(
        public_id=row.public_id,
        number=number_of(row.id),
        version=row.version,
        state=row.state,
        account_number=account.number,
        holder=account.holder,
        address=account.address,
        phone=account.phone,
        branch=account.branch.name,
        clock=ZoneInfo(account.branch.time_zone),
        meter_serial=meter.serial,
        digits=meter.digits,
        period=row.period,
        zones=tuple(
            ZoneRow(zone=zone, number=number, before=before, now=value)
            for number, (zone, before, value) in enumerate(
                zip(case.zones, case.last, registers, strict=True), start=1
            )
        ),
        before_on=facts.base.taken_on,
        taken_on=row.taken_on,
        received_at=row.received_at,
        source=row.source,
        used=_used(facts, rolled_over=rolled_over),
        usual=case.usual and Energy(round(case.usual.wh, -3)),
        months=facts.months,
        reason=row.reason,
        comment=row.comment,
        has_photo=row.photo_id is not None,
        likely=likely_cause(case, registers, row.reason, facts.around),
        obstacle=obstacle(case, registers, facts.around),
        rolled_over=rolled_over,
        decided=decision and _decided(decision, meter, member, now),
    )


def _used(facts: ReviewFacts, *, rolled_over: bool) -> Energy | None:
    case = facts.case
    try:
        used = consumption(
            case.last,
            facts.registers,
            dial=case.dial,
            ratio=case.ratio,
            rolled_over=rolled_over,
        )
    except RegisterFellError:
        return None
    return Energy.total(used)


def _decided(
    decision: ReviewDecision, meter: Meter, member: Member, now: datetime
) -> Decided:
    written: Registers = ()
    if decision.correction_id is not None:
        written = registers_of(decision.correction, meter.zones)
    until = decision.made_at + UNDO
    return Decided(
        kind=decision.kind,
        by=decision.made_by.name,
        is_mine=decision.made_by_id == member.user_id,
        made_at=decision.made_at,
        until=until,
        may_undo=now < until,
        words=decision.words,
        registers=written,
        told=decision.told,
    )
