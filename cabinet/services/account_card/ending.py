"""A specialist ends somebody's access to an account, and may take it back for a while."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from peewee import ModelSelect

from cabinet.domain.errors import NotFound
from cabinet.domain.people import AccessLevel, EndReason, NoteKind
from cabinet.domain.period import local_day
from cabinet.models import AccessRemoval, Account, AccountAccess, User
from cabinet.models.base import writing
from cabinet.services import audit, delegation, granting, home_notes, outbox
from cabinet.services.access import AccountNotFoundError, get_access
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.registration.state import UNDO
from cabinet.services.staff import Member

MAIL = "access_ended"


class AccessNotFound(NotFound):
    """Nobody sees the account by such an access, or what was ended is past undoing."""


class HolderDayUnfit(ValueError):
    """The new holder's first day is missing, to come, or before `least`."""

    def __init__(self, least: date | None) -> None:
        super().__init__(f"not before {least}")
        self.least = least


class CannotGiveBack(ValueError):
    """The person left the cabinet, or got the account again meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """Who sees the account now; whoever has no e-mail came to the counter."""

    access_id: int
    email: str
    level: AccessLevel
    granted_at: datetime
    is_relative: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """Whose access was just ended; nobody has heard of it until `until`."""

    access_id: int
    email: str
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """An access that is about to end, with how many were let in by who has it."""

    number: str
    holder: str
    zone: ZoneInfo
    linked: Linked
    delegates: int


def linked_to(account: Account, today: date) -> tuple[Linked, ...]:
    """Return who sees the account, the longest first."""
    return tuple(_linked(row) for row in _live(account, today))


def just_removed(account: Account, now: datetime) -> tuple[Removed, ...]:
    """Return what can still be taken back."""
    return tuple(
        Removed(
            access_id=row.access_id,
            email=row.access.user.email or "",
            until=row.made_at + UNDO,
        )
        for row in _removals(account, now)
    )


def look_at_access(
    member: Member, number: str, access_id: int, *, actor: Actor, now: datetime
) -> Ending:
    """Return the access and note who looked; raises AccountNotFound, AccessNotFound."""
    with writing():
        account = account_of(member, number)
        zone = ZoneInfo(account.branch.time_zone)
        row = _access(account, access_id, local_day(now, zone))
        audit.record(actor, "account.looked", now=now, account_id=account.id)
        return Ending(
            number=account.number,
            holder=account.holder,
            zone=zone,
            linked=_linked(row),
            delegates=delegation.count_delegates(row.user_id, account.id),
        )


def end_access(
    member: Member,
    number: str,
    access_id: int,
    reason: EndReason,
    *,
    holder_since: date | None,
    actor: Actor,
    now: datetime,
) -> None:
    """End the access and those its user gave to others; they hear of it after UNDO.

    Where the contract has a new holder, nobody sees what is dated before `holder_since`
    from now on. Raises AccountNotFound, AccessNotFound, HolderDayUnfit.
    """
    with writing():
        account = account_of(member, number)
        today = local_day(now, ZoneInfo(account.branch.time_zone))
        user_id = _access(account, access_id, today).user_id
        row = _locked(user_id, account, access_id)
        if reason is EndReason.MOVED_OUT:
            _check_day(account, holder_since, today)
        else:
            holder_since = None
        card = get_access(user_id, account.id, now=now)
        others = granting.end_with_delegates(row, why="staff", actor=actor, now=now)
        removal = AccessRemoval.create(
            access=row,
            reason=reason,
            holder_since=holder_since,
            holder_before=account.holder_since,
            made_by=member.user_id,
            made_at=now,
        )
        if holder_since is not None:
            _set_holder(account, holder_since)
        _tell(removal, row, account, now)
        delegation.tell_revoked(others, card, now=now, not_before=now + UNDO)
        audit.record(
            actor,
            "access.removed",
            now=now,
            subject=f"access:{row.id}",
            account_id=account.id,
            user=user_id,
            reason=str(reason),
            holder_since=holder_since and holder_since.isoformat(),
        )


def give_back_access(
    member: Member, number: str, access_id: int, *, actor: Actor, now: datetime
) -> None:
    """Make an ended access what it was, with all that ended with it, within UNDO.

    Raises AccountNotFound, AccessNotFound, CannotGiveBack.
    """
    with writing():
        account = account_of(member, number)
        removal = (
            _removals(account, now).where(AccessRemoval.access == access_id).first()
        )
        if removal is None or not _undo(removal, now):
            raise AccessNotFound(access_id)
        if removal.access.user.erased_at is not None:
            raise CannotGiveBack(access_id)
        try:
            back = granting.give_back(removal.access, removal.made_at, actor, now)
        except granting.AlreadyHasAccessError as error:
            raise CannotGiveBack(access_id) from error
        if removal.holder_since and account.holder_since == removal.holder_since:
            _set_holder(account, removal.holder_before)
        told = (f"{delegation.MAIL_REVOKED}:{row.id}" for row in back)
        for key in (_key(removal), *told):
            outbox.take_back(key)
            home_notes.take_back(key)
        audit.record(
            actor,
            "access.removal_undone",
            now=now,
            subject=f"access:{access_id}",
            account_id=account.id,
            user=removal.access.user_id,
        )


def _live(account: Account, today: date) -> ModelSelect:
    return (
        AccountAccess.select(AccountAccess, User)
        .join(User, on=AccountAccess.user == User.id)
        .where(
            AccountAccess.account == account.id,
            AccountAccess.ended_at.is_null(),
            AccountAccess.until.is_null() | (AccountAccess.until > today),
        )
        .order_by(AccountAccess.id)
    )


def _access(account: Account, access_id: int, today: date) -> AccountAccess:
    row = _live(account, today).where(AccountAccess.id == access_id).first()
    if row is None:
        raise AccessNotFound(access_id)
    return row


def _locked(user_id: int, account: Account, access_id: int) -> AccountAccess:
    """Lock the access; one that ended meanwhile is not there."""
    try:
        row = granting.lock_access(user_id, account.id)
    except AccountNotFoundError as error:
        raise AccessNotFound(access_id) from error
    if row.id != access_id:
        raise AccessNotFound(access_id)
    return row


def _linked(row: AccountAccess) -> Linked:
    return Linked(
        access_id=row.id,
        email=row.user.email or "",
        level=row.level,
        granted_at=row.granted_at,
        is_relative=row.granted_by_id is not None,
    )


def _removals(account: Account, now: datetime) -> ModelSelect:
    return (
        AccessRemoval.select(AccessRemoval, AccountAccess, User)
        .join(AccountAccess, on=AccessRemoval.access == AccountAccess.id)
        .join(User, on=AccountAccess.user == User.id)
        .where(
            AccountAccess.account == account.id,
            AccessRemoval.undone_at.is_null(),
            AccessRemoval.made_at > now - UNDO,
        )
        .order_by(AccessRemoval.id.desc())
    )


def _undo(removal: AccessRemoval, now: datetime) -> bool:
    """Note that it was undone; of two who do it at once one is told so."""
    changed = AccessRemoval.update(undone_at=now).where(
        AccessRemoval.id == removal.id, AccessRemoval.undone_at.is_null()
    )
    return bool(changed.execute())


def _check_day(account: Account, day: date | None, today: date) -> None:
    least = max(filter(None, (account.opened_on, account.holder_since)), default=None)
    if day is None or day > today or (least is not None and day < least):
        raise HolderDayUnfit(least)


def _set_holder(account: Account, day: date | None) -> None:
    Account.update(holder_since=day).where(Account.id == account.id).execute()


def _tell(
    removal: AccessRemoval, row: AccountAccess, account: Account, now: datetime
) -> None:
    email = User.select(User.email).where(User.id == row.user_id).scalar()
    context = {"tail": account.number[-4:], "reason": str(removal.reason)}
    home_notes.put(
        NoteKind.ACCESS_ENDED,
        key=_key(removal),
        user_id=row.user_id,
        context=context,
        not_before=now + UNDO,
        now=now,
    )
    if email:
        outbox.put(
            MAIL,
            key=_key(removal),
            recipient=email,
            context=context,
            user_id=row.user_id,
            not_before=now + UNDO,
            now=now,
        )


def _key(removal: AccessRemoval) -> str:
    return f"{MAIL}:{removal.id}"
