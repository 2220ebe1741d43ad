"""What a specialist decides about a reading, once; and taking it back for a while.

The database decides between two: a reading moves on from the state and the version its
page showed, and one decision about it stands.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from peewee import IntegrityError

from cabinet.domain.metering import (
    CURRENT,
    ReadingSource,
    ReadingState,
    ReviewKind,
)
from cabinet.domain.readings import (
    Answer,
    Asked,
    Registers,
    Taken,
    Typed,
    check,
    has_rolled_over,
    obstacle,
    read_registers,
)
from cabinet.models import BillDraft, OutReading, Reading, ReviewDecision
from cabinet.models.base import database, lock, writing
from cabinet.models.ids import ordered_id
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.readings.told import Told, to_json
from cabinet.services.registration.state import UNDO
from cabinet.services.reviews.facts import ReviewFacts, facts_of
from cabinet.services.reviews.queue import find, made_of, standing_decision
from cabinet.services.reviews.refusals import (
    AlreadyDecidedError,
    CannotStandError,
    CannotUndoError,
    CorrectionAskedError,
    SameRegistersError,
    Stays,
)
from cabinet.services.reviews.shown import ReviewRow
from cabinet.services.reviews.telling import LinkOf, tell, untell
from cabinet.services.staff import Member

MAX_WORDS = 240


def accept(
    member: Member, public_id: UUID, version: int, *, actor: Actor, now: datetime
) -> ReviewRow:
    """Accept the reading as it is; one that fell, as gone through zero.

    Raises ReviewNotFoundError, AlreadyDecidedError, CannotStandError.
    """
    with writing():
        row = find(member, public_id, is_locking=True)
        _check(row, version)
        facts = _facts(row)
        _check_stands(facts, facts.registers)
        rolled_over = row.rolled_over or has_rolled_over(facts.case, facts.registers)
        _move(
            row,
            version,
            member,
            now,
            state=ReadingState.ACCEPTED,
            rolled_over=rolled_over,
        )
        _decide(row, ReviewKind.ACCEPTED, member, actor, now)
        return _fresh(member, public_id, now)


def correct(
    member: Member,
    public_id: UUID,
    version: int,
    values: Sequence[str],
    words: str = "",
    *,
    is_sure: bool = False,
    link: LinkOf,
    actor: Actor,
    now: datetime,
) -> ReviewRow:
    """Write other registers in place of the customer's, whose reading is kept.

    Raises ReviewNotFoundError, AlreadyDecidedError, NotAReadingError for what cannot be
    a reading, SameRegistersError, CannotStandError, and CorrectionAskedError for what
    is out of the ordinary as well, unless the specialist `is_sure`.
    """
    try:
        with writing():
            row = find(member, public_id, is_locking=True)
            _check(row, version)
            facts = _facts(row)
            typed = read_registers(values, facts.case.zones, facts.case.dial)
            taken = _taken(facts, typed, is_sure=is_sure)
            _move(row, version, member, now, state=ReadingState.SUPERSEDED)
            written = _write(row, facts, taken, typed, member=member, now=now)
            _decide(
                row,
                ReviewKind.CORRECTED,
                member,
                actor,
                now,
                words=words,
                correction=written,
                link=link,
            )
            return _fresh(member, public_id, now)
    except IntegrityError as error:
        # Somebody has brought a reading of the month meanwhile.
        raise AlreadyDecidedError(public_id) from error


def give_back(
    member: Member,
    public_id: UUID,
    version: int,
    words: str,
    *,
    link: LinkOf,
    actor: Actor,
    now: datetime,
) -> ReviewRow:
    """Return the reading to the customer, with what to do.

    Raises ReviewNotFoundError and AlreadyDecidedError.
    """
    with writing():
        row = find(member, public_id, is_locking=True)
        _check(row, version)
        said = words[:MAX_WORDS]
        _move(row, version, member, now, state=ReadingState.REJECTED, reason=said)
        _decide(row, ReviewKind.RETURNED, member, actor, now, words=said, link=link)
        return _fresh(member, public_id, now)


def undo(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> ReviewRow:
    """Let the reading wait again, where nothing stands on the decision.

    Raises ReviewNotFoundError and CannotUndoError.
    """
    with writing():
        row = find(member, public_id, is_locking=True)
        decision = standing_decision(row.id)
        if decision is None or decision.made_at + UNDO <= now:
            raise CannotUndoError(Stays.LATE)
        stands_id = decision.correction_id or row.id
        stands = lock(Reading.select().where(Reading.id == stands_id)).get()
        why = _why_it_stays(decision, row, stands)
        if why is not None:
            raise CannotUndoError(why)
        if decision.correction_id:
            # The chain of what replaced what goes on from the customer's own.
            _set(stands, state=ReadingState.WITHDRAWN, supersedes=None)
        _set(
            row,
            state=ReadingState.NEEDS_REVIEW,
            reviewed_by=None,
            reviewed_at=None,
            **decision.before,
        )
        ReviewDecision.update(undone_at=now, undone_by=member.user_id).where(
            ReviewDecision.id == decision.id
        ).execute()
        decision.reading = row
        untell(decision)
        _note(row, "review.undone", actor, now, kind=str(decision.kind))
        return _fresh(member, public_id, now)


def _fresh(member: Member, public_id: UUID, now: datetime) -> ReviewRow:
    return made_of([find(member, public_id)], member, now)[0]


def _facts(row: Reading) -> ReviewFacts:
    return facts_of([row])[0]


def _check(row: Reading, version: int) -> None:
    if row.state is not ReadingState.NEEDS_REVIEW or row.version != version:
        raise AlreadyDecidedError(row.public_id)


def _check_stands(facts: ReviewFacts, registers: Registers) -> None:
    found = obstacle(facts.case, registers, facts.around)
    if found is not None:
        raise CannotStandError(found)


def _taken(facts: ReviewFacts, typed: Typed, *, is_sure: bool) -> Taken:
    """Return the correction as it is taken; raises what is wrong with it."""
    registers = typed.registers
    if registers == facts.registers:
        raise SameRegistersError
    _check_stands(facts, registers)
    answers = {Answer.ROLLED_OVER, Answer.REVIEW} if is_sure else set()
    found = check(facts.case, registers, answers)
    if isinstance(found, Asked):
        raise CorrectionAskedError(found)
    return found


def _move(
    row: Reading, version: int, member: Member, now: datetime, **values: object
) -> None:
    """Move the reading on from what the specialist saw; of two who do it one may."""
    changed = (
        Reading.update(
            version=Reading.version + 1,
            reviewed_by=member.user_id,
            reviewed_at=now,
            **values,
        )
        .where(
            Reading.id == row.id,
            Reading.state == ReadingState.NEEDS_REVIEW,
            Reading.version == version,
        )
        .execute()
    )
    if not changed:
        raise AlreadyDecidedError(row.public_id)


def _set(row: Reading, **values: object) -> None:
    Reading.update(version=Reading.version + 1, **values).where(
        Reading.id == row.id
    ).execute()


def _write(
    row: Reading,
    facts: ReviewFacts,
    taken: Taken,
    typed: Typed,
    *,
    member: Member,
    now: datetime,
) -> Reading:
    """Write the specialist's registers: of the same day and moment, in the same month."""
    told = Told(
        last=facts.base.registers,
        used=taken.used,
        estimate=None,
        is_cut=typed.is_cut,
    )
    written: Reading = Reading.create(
        public_id=ordered_id(now),
        meter=row.meter,
        period=row.period,
        taken_on=row.taken_on,
        received_at=row.received_at,
        source=ReadingSource.STAFF,
        state=ReadingState.ACCEPTED,
        user=row.user_id,
        rolled_over=taken.rolled_over,
        told=to_json(told),
        supersedes=row,
        reviewed_by=member.user_id,
        reviewed_at=now,
        **dict(zip(("t1", "t2", "t3"), taken.registers, strict=False)),
    )
    return written


def _decide(
    row: Reading,
    kind: ReviewKind,
    member: Member,
    actor: Actor,
    now: datetime,
    *,
    words: str = "",
    correction: Reading | None = None,
    link: LinkOf | None = None,
) -> None:
    """Write the decision down and tell of it; the database has one that stands."""
    try:
        with database.savepoint():
            decision = ReviewDecision.create(
                reading=row,
                kind=kind,
                made_by=member.user_id,
                made_at=now,
                words=words,
                correction=correction,
                before={"reason": row.reason, "rolled_over": row.rolled_over},
            )
    except IntegrityError as error:
        raise AlreadyDecidedError(row.public_id) from error
    if link is not None:
        told = tell(decision, row, link, now)
        ReviewDecision.update(told=told).where(
            ReviewDecision.id == decision.id
        ).execute()
    _note(row, f"review.{kind}", actor, now)


def _why_it_stays(
    decision: ReviewDecision, row: Reading, stands: Reading
) -> Stays | None:
    """Return what stands on the decision, None where nothing does."""
    if stands.state is ReadingState.COUNTED:
        return Stays.COUNTED
    left_as = {
        ReviewKind.ACCEPTED: ReadingState.ACCEPTED,
        ReviewKind.CORRECTED: ReadingState.ACCEPTED,
        ReviewKind.RETURNED: ReadingState.REJECTED,
    }[decision.kind]
    if stands.state is not left_as or _has_newer(decision, row, stands):
        return Stays.NEWER
    if OutReading.select().where(OutReading.reading == stands.id).exists():
        return Stays.SENT_OUT
    drafts = BillDraft.select(BillDraft.readings).where(
        BillDraft.account == row.meter.account_id
    )
    if any(stands.id in ids for (ids,) in drafts.tuples()):
        return Stays.DRAFTED
    return None


def _has_newer(decision: ReviewDecision, row: Reading, stands: Reading) -> bool:
    """Tell whether another reading of the month stands, or one came since."""
    others = Reading.select().where(
        Reading.meter == row.meter_id,
        Reading.id.not_in([row.id, stands.id]),
        Reading.state.in_(list(CURRENT)),
        Reading.source != ReadingSource.ESTIMATE,
        (
            ((Reading.period == row.period) & (Reading.act == ""))
            | (Reading.received_at >= decision.made_at)
        ),
    )
    return bool(others.exists())


def _note(
    row: Reading, action: str, actor: Actor, now: datetime, **details: object
) -> None:
    audit.record(
        actor,
        action,
        now=now,
        subject=f"reading:{row.id}",
        account_id=row.meter.account_id,
        **details,
    )
