"""What is told of a request to whoever asked: a letter, or a note where none comes."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from cabinet.domain.people import AccessLevel, NoteKind
from cabinet.models import AccountAccess, ServiceRequest, ServiceRequestStep, User
from cabinet.services import home_notes, outbox
from cabinet.services.access import AccountNotFoundError, get_access

#: Makes the address of a request's page.
LinkOf = Callable[[UUID], str]


def tell(
    row: ServiceRequest,
    step: ServiceRequestStep,
    *,
    link_of: LinkOf,
    not_before: datetime | None = None,
) -> None:
    """Tell what the step was, inside the open transaction.

    A specialist's decision is told when it can no longer be taken back.
    """
    context: dict[str, object] = {
        "number": row.id,
        "kind": str(row.kind),
        "act": str(step.act),
        "due_on": row.due_on.isoformat(),
        "day": row.planned_on and row.planned_on.isoformat(),
        "hours": str(row.planned_hours or row.hours),
        "reason": row.reason,
        "note": row.note,
        "paper": row.act,
        "link": link_of(row.public_id),
    }
    for user in _whom(row, step.at):
        key = f"{_key(row, step)}:{user.id}"
        home_notes.put(
            NoteKind.REQUEST_CHANGED,
            key=key,
            user_id=user.id,
            context={
                "number": row.id,
                "request": str(row.public_id),
                "state": str(row.state),
            },
            not_before=not_before,
            now=step.at,
        )
        if user.email:
            outbox.put(
                "request_changed",
                key=key,
                recipient=user.email,
                user_id=user.id,
                context=context,
                not_before=not_before,
                now=step.at,
            )


def take_back(row: ServiceRequest, step: ServiceRequestStep) -> None:
    """Tell nothing of a step that is taken back, inside the open transaction."""
    for user in _whom(row, step.at):
        key = f"{_key(row, step)}:{user.id}"
        outbox.take_back(key)
        home_notes.take_back(key)


def _key(row: ServiceRequest, step: ServiceRequestStep) -> str:
    return f"request:{row.id}:{step.number}"


def _whom(row: ServiceRequest, now: datetime) -> Iterator[User]:
    """Yield who asked, and the owners where a specialist wrote it down.

    Whoever does not see the account any more is told nothing.
    """
    if row.asked_by_id is not None:
        users = [row.asked_by]
    else:
        query = (
            User.select()
            .join(AccountAccess, on=(AccountAccess.user == User.id))
            .where(
                AccountAccess.account == row.account_id,
                AccountAccess.ended_at.is_null(),
                AccountAccess.granted_by.is_null(),
            )
        )
        users = list(query.order_by(User.id).distinct())
    for user in users:
        if user.erased_at is None and sees_fully(user.id, row.account_id, now=now):
            yield user


def sees_fully(user_id: int, account_id: int, *, now: datetime) -> bool:
    """Tell whether the user sees all of the account."""
    try:
        get_access(user_id, account_id, level=AccessLevel.FULL, now=now)
    except AccountNotFoundError:
        return False
    return True
