"""Who used an account, for its owner: what the audit log knows of it."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any

from peewee import OperationalError

from cabinet.domain.mailbox import masked
from cabinet.domain.people import STAFF, AccessLevel
from cabinet.domain.period import local_day
from cabinet.models import AuditEntry, User
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.access import AccountCard, get_by_slug
from cabinet.services.audit import Actor

log = logging.getLogger(__name__)

PAGE = 50

#: What an owner is told of; of other acts only those of staff.
TOLD = (
    "access.ended",
    "access.given",
    "access.moved",
    "access.renamed",
    "account.chosen",
    "bills.opened",
    "export.taken",
    "history.opened",
    "history.saved",
    "home.opened",
    "invitation.revoked",
    "invitation.sent",
    "paper.opened",
    "papers.opened",
    "payment.begun",
    "payment.offered",
    "program.opened",
    "question.asked",
    "reading.act_entered",
    "readings.opened",
    "reading.mailed",
    "reading.submitted",
    "reading.withdrawn",
    "recalculation.agreed",
    "recalculation.ordered",
    "recalculation.withdrawn",
    "receipt.opened",
    "request.asked",
    "request.cancelled",
    "request.changed",
    "request.done",
    "request.missed",
    "request.moved",
    "request.planned",
    "request.refused",
    "request.undone",
    "receipt.saved",
    "review.accepted",
    "review.corrected",
    "review.photo_opened",
    "review.returned",
    "review.undone",
    "statement.opened",
    "statement.saved",
)

#: The user's own arrangement of a cabinet; it is nobody else's business.
PRIVATE = ("access.moved", "access.renamed")

#: What staff did that another entry of the same moment tells of.
TOLD_BESIDE = ("access.removed", "access.removal_undone")


class Who(StrEnum):
    """Who did it, as far as an owner may know."""

    YOU = "you"
    PERSON = "person"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """One line of the log.

    `email` is the masked one of a person; `whom` that of the person whose access it is
    about, if that is another. `level` and `why` are of an access given or ended.
    """

    at: datetime
    action: str
    who: Who
    email: str
    whom: str
    level: AccessLevel | None
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountLog:
    """A page of the log, newest first; `has_older` pages follow."""

    account: AccountCard
    page: int
    uses: tuple[Use, ...]
    has_older: bool


def account_log(user_id: int, slug: str, page: int, *, now: datetime) -> AccountLog:
    """Return a page of the account's log, counted from 1.

    An owner who came later is told nothing from before. Raises AccountNotFoundError for
    who is no owner.
    """
    with reading():
        card = get_by_slug(user_id, slug, as_owner=True, now=now)
        rows = list(
            _told(user_id, card).offset((page - 1) * PAGE).limit(PAGE + 1).dicts()
        )
        people = _people(rows)
        return AccountLog(
            account=card,
            page=page,
            uses=tuple(_use(row, user_id, people) for row in rows[:PAGE]),
            has_older=len(rows) > PAGE,
        )


def note(
    card: AccountCard, action: str, subject: str, *, actor: Actor, now: datetime
) -> None:
    """Write down that somebody took something of the account.

    While nothing can be written looking goes on.
    """
    try:
        with writing():
            audit.record(
                actor, action, now=now, subject=subject, account_id=card.account_id
            )
    except OperationalError:
        log.warning("a use is not noted", extra={"action": action})


def note_guest(card: AccountCard, action: str, *, actor: Actor, now: datetime) -> None:
    """Write down once a day that somebody whom the owner let in looked; not the owner."""
    if not card.is_owner:
        note_daily(card, action, actor=actor, now=now)


def note_daily(card: AccountCard, action: str, *, actor: Actor, now: datetime) -> None:
    """Write down once a day of the account that somebody else looked at it."""
    begins = datetime.combine(local_day(now, card.zone), time.min, card.zone)
    with reading():
        is_noted = (
            AuditEntry.select()
            .where(
                AuditEntry.account_id == card.account_id,
                AuditEntry.action == action,
                AuditEntry.actor_id == actor.user_id,
                AuditEntry.at >= begins.astimezone(UTC),
            )
            .exists()
        )
    if not is_noted:
        note(card, action, f"account:{card.account_id}", actor=actor, now=now)


def _told(user_id: int, card: AccountCard) -> "AuditEntry":
    staff = User.select(User.id).where(User.role.in_(STAFF))
    query = (
        AuditEntry.select(
            AuditEntry.at, AuditEntry.action, AuditEntry.actor_id, AuditEntry.details
        )
        .where(
            AuditEntry.account_id == card.account_id,
            AuditEntry.action.in_(TOLD) | AuditEntry.actor_id.in_(staff),
            AuditEntry.action.not_in(TOLD_BESIDE),
            AuditEntry.action.not_in(PRIVATE) | (AuditEntry.actor_id == user_id),
        )
        .order_by(AuditEntry.id.desc())
    )
    if card.since is None:
        return query
    begins = datetime.combine(card.since, time.min, card.zone).astimezone(UTC)
    return query.where(AuditEntry.at >= begins)


def _people(rows: list[dict[str, Any]]) -> dict[int, User]:
    ids = {row["actor_id"] for row in rows}
    ids |= {row["details"].get("user") for row in rows}
    known = [each for each in ids if isinstance(each, int)]
    if not known:
        return {}
    found = User.select(User.id, User.email, User.role).where(User.id.in_(known))
    return {user.id: user for user in found}


def _use(row: dict[str, Any], user_id: int, people: dict[int, User]) -> Use:
    details = row["details"]
    actor = people.get(row["actor_id"])
    about = people.get(details.get("user"))
    who = Who.PERSON
    if actor is None:
        who = Who.SYSTEM
    elif actor.id == user_id:
        who = Who.YOU
    elif actor.role.is_staff:
        who = Who.STAFF
    is_other = about is not None and about is not actor and about.id != user_id
    level = details.get("level")
    return Use(
        at=row["at"],
        action=row["action"] if row["action"] in TOLD else "",
        who=who,
        email=masked(actor.email or "") if actor and who is Who.PERSON else "",
        whom=masked(about.email or "") if about and is_other else "",
        level=AccessLevel(level) if level else None,
        why=str(details.get("why", "")),
    )
