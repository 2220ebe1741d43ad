"""What a specialist does with a request: plan, move, refuse, note a visit in vain.

Every decision looks at the version the page showed, under the row's lock: of two
specialists one decides. The letters leave when it can no longer be taken back.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from peewee import IntegrityError

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.questions import UNDO
from cabinet.domain.requests import (
    OPEN,
    DayFault,
    Hours,
    MissReason,
    RefusalReason,
    RequestAct,
    RequestState,
    answer_by,
    day_fault,
    may_undo,
    move,
    works,
)
from cabinet.models import ServiceRequest
from cabinet.models.base import database, writing
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.requests import crews, finishing, rows, told
from cabinet.services.requests.rows import ChangedMeanwhileError
from cabinet.services.requests.shown import last_step
from cabinet.services.requests.told import LinkOf
from cabinet.services.staff import Member


class VisitDayError(ValueError):
    """Nobody can come on the day; carries why."""

    def __init__(self, fault: DayFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class CrewFullError(ValueError):
    """The crew can make no visit more on the day, or does not work; carries its most."""

    def __init__(self, most: int) -> None:
        super().__init__(str(most))
        self.most = most


class NotYetError(ValueError):
    """The day of the visit is still to come; carries it."""

    def __init__(self, day: date) -> None:
        super().__init__(str(day))
        self.day = day


class CannotUndoError(ValueError):
    """It is too late, somebody else's, or something stands on the decision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """When who comes."""

    day: date
    hours: Hours
    crew_id: int | None


def plan(
    member: Member,
    public_id: UUID,
    version: int,
    visit: Visit,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> None:
    """Name the day, the hours and the crew, or others than before.

    Raises RequestNotFoundError, ChangedMeanwhileError, VisitDayError,
    crews.CrewNotFoundError and CrewFullError.
    """
    with writing():
        row = _row(member, public_id, version)
        before = rows.snapshot(row)
        act = (
            RequestAct.MOVED
            if row.state is RequestState.PLANNED
            else RequestAct.PLANNED
        )
        _move(row, RequestState.PLANNED)
        calendar = working_calendar()
        fault = day_fault(visit.day, rows.today_of(row, now), calendar, least=0)
        if fault is not None:
            raise VisitDayError(fault)
        crew = crews.locked(visit.crew_id, [row.branch_id])
        if not crews.room_of(crew, visit.day, apart_from=row.id):
            is_there = works(crews.shift_of(crew), visit.day)
            raise CrewFullError(crew.visits if is_there else 0)
        row.planned_on = row.due_on = visit.day
        row.planned_hours, row.crew = visit.hours, crew.id
        row.reason = row.note = ""
        step = rows.step(
            row,
            act,
            user_id=member.user_id,
            actor=actor,
            now=now,
            before=before,
            day=visit.day.isoformat(),
            hours=str(visit.hours),
            crew=crew.id,
        )
        told.tell(row, step, link_of=link_of, not_before=now + UNDO)


def refuse(
    member: Member,
    public_id: UUID,
    version: int,
    reason: RefusalReason,
    note: str,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> None:
    """Refuse the request; raises RequestNotFoundError and ChangedMeanwhileError."""
    with writing():
        row = _row(member, public_id, version)
        before = rows.snapshot(row)
        _move(row, RequestState.REFUSED)
        row.reason, row.note = str(reason), note
        step = rows.step(
            row,
            RequestAct.REFUSED,
            user_id=member.user_id,
            actor=actor,
            now=now,
            before=before,
            reason=str(reason),
        )
        told.tell(row, step, link_of=link_of, not_before=now + UNDO)


def could_not(
    member: Member,
    public_id: UUID,
    version: int,
    reason: MissReason,
    note: str,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> None:
    """Note that the crew came in vain; the request waits for another day.

    Raises RequestNotFoundError, ChangedMeanwhileError, and NotYetError before the day.
    """
    with writing():
        row = _row(member, public_id, version)
        before = rows.snapshot(row)
        _move(row, RequestState.MISSED)
        today = rows.today_of(row, now)
        if row.planned_on is not None and today < row.planned_on:
            raise NotYetError(row.planned_on)
        row.reason, row.note = str(reason), note
        row.crew = row.planned_on = row.planned_hours = None
        row.due_on = answer_by(today, working_calendar())
        step = rows.step(
            row,
            RequestAct.MISSED,
            user_id=member.user_id,
            actor=actor,
            now=now,
            before=before,
            reason=str(reason),
        )
        told.tell(row, step, link_of=link_of, not_before=now + UNDO)


def undo(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Take one's own last decision back within ten minutes.

    Raises RequestNotFoundError, and CannotUndoError where it is too late, somebody
    else's, or something stands on it: a bill, a reading, another request.
    """
    with writing():
        row = rows.of_branch(member, public_id, locked=True)
        step = last_step(row)
        is_own = step.user_id == member.user_id
        if not is_own or not may_undo(step.act, step.at, now):
            raise CannotUndoError(public_id)
        told.take_back(row, step)
        if step.act is RequestAct.DONE:
            try:
                finishing.take_back(row, step)
            except finishing.StandsError as error:
                raise CannotUndoError(public_id) from error
        rows.restore(row, step.before)
        row.note = ""
        _find_room(row)
        try:
            with database.savepoint():
                rows.step(
                    row,
                    RequestAct.UNDONE,
                    user_id=member.user_id,
                    actor=actor,
                    now=now,
                    decision=str(step.act),
                )
        except IntegrityError as error:
            # Meanwhile the same was asked for anew.
            raise CannotUndoError(public_id) from error


def may_take_back(member: Member, row: ServiceRequest, now: datetime) -> bool:
    """Tell whether the member may try to take the last decision back."""
    step = last_step(row)
    return step.user_id == member.user_id and may_undo(step.act, step.at, now)


def _find_room(row: ServiceRequest) -> None:
    """Raise CannotUndoError where the visit that comes back has no room any more."""
    if row.state not in OPEN or row.crew_id is None:
        return
    crew = crews.locked(row.crew_id, [row.branch_id])
    if not crews.room_of(crew, row.planned_on, apart_from=row.id):
        raise CannotUndoError(row.public_id)


def _row(member: Member, public_id: UUID, version: int) -> ServiceRequest:
    row = rows.of_branch(member, public_id, locked=True)
    rows.check(row, version)
    return row


def _move(row: ServiceRequest, state: RequestState) -> None:
    """Move the row; what there is no way to any more was decided meanwhile."""
    try:
        row.state = move(row.kind, row.state, state)
    except IllegalMoveError as error:
        raise ChangedMeanwhileError(row.public_id) from error
