"""What becomes of a request: opened, refused, taken back, disputed.

Every move is a compare-and-set on the request's version, so of two specialists one
decides. The letters leave when the decision can no longer be taken back.
"""

from datetime import datetime
from uuid import UUID

from cabinet.domain.people import LetterKind, Role
from cabinet.domain.registration import (
    Refusal,
    RegistrationState,
    TokenPurpose,
    move,
)
from cabinet.models import (
    Consent,
    RegistrationRequest,
    User,
)
from cabinet.models.base import writing
from cabinet.services import (
    audit,
    delegation,
    documents,
    granting,
    subscriptions,
    tokens,
)
from cabinet.services.access import get_access
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.registration import letters
from cabinet.services.registration.letters import Links
from cabinet.services.registration.state import (
    UNDO,
    RequestNotFoundError,
    get_request,
)
from cabinet.services.staff import Member, branches_of

#: Marks a request whose access somebody linked to the account said was not theirs.
DISPUTED = "disputed"
_ENOUGH = 2


class AlreadyDecidedError(Exception):
    """Somebody else was faster, or the time to take it back is over."""


class CannotOpenError(Exception):
    """There is no such account, or the e-mail is of a member of staff or a closed cabinet."""


def open_request(
    member: Member,
    public_id: UUID,
    version: int,
    *,
    links: Links,
    actor: Actor,
    now: datetime,
) -> None:
    """Open the account to whoever asked; nobody hears of it before UNDO is over.

    Raises RequestNotFoundError, AlreadyDecidedError, CannotOpenError.
    """
    with writing():
        row = request_of(member, public_id)
        _decide(row, version, RegistrationState.OPENED, member.user_id, now=now)
        _open(row, links=links, actor=actor, letters_at=now + UNDO, now=now)


def refuse(
    member: Member,
    public_id: UUID,
    version: int,
    reason: Refusal,
    *,
    links: Links,
    actor: Actor,
    now: datetime,
) -> None:
    """Refuse the request; raises RequestNotFoundError, AlreadyDecidedError."""
    with writing():
        row = request_of(member, public_id)
        _decide(row, version, RegistrationState.REFUSED, member.user_id, now=now)
        RegistrationRequest.update(reason=reason).where(
            RegistrationRequest.id == row.id
        ).execute()
        letters.write(
            row,
            "registration_refused",
            "refused",
            {
                "number": row.id,
                "account": row.account_number,
                "reason": str(reason),
                "link": links.again,
            },
            letters_at=now + UNDO,
            now=now,
        )
        note(row, "registration.refused", actor, now, reason=str(reason))


def take_back(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Put a decision of one's own branch back into the queue, within UNDO.

    Raises RequestNotFoundError, AlreadyDecidedError where it is too late.
    """
    with writing():
        row = request_of(member, public_id)
        if (
            row.decided_by_id is None
            or row.decided_at is None
            or now >= row.decided_at + UNDO
        ):
            raise AlreadyDecidedError(public_id)
        before = row.state
        letters.take_back(row)
        close_access(row, actor=actor, now=now)
        back_to_queue(row)
        note(row, "registration.taken_back", actor, now, decision=str(before))


def open_by_facts(row: RegistrationRequest, *, links: Links, now: datetime) -> bool:
    """Open at once what the branch lets open on two facts; tell whether it did.

    Inside the open transaction, and only where nobody would be surprised: the account
    is nobody's yet. Two facts are all the kinds there are.
    """
    facts_that_fit = set(row.matched)
    if not row.branch.opens_on_match or len(facts_that_fit) < _ENOUGH:
        return False
    if obstacle(row) is not None or letters.linked_to(row.account_id, now=now):
        return False
    _decide(row, row.version, RegistrationState.OPENED, None, now=now)
    _open(row, links=links, actor=SYSTEM, letters_at=now, now=now)
    return True


def request_of(member: Member, public_id: UUID) -> RegistrationRequest:
    """Return the request if the member of staff may decide it; inside the transaction.

    Raises RequestNotFoundError, the same for a request of another branch.
    """
    row = get_request(public_id, locked=True)
    if not is_in_branches(row, member):
        raise RequestNotFoundError(public_id)
    return row


def is_in_branches(row: RegistrationRequest, member: Member) -> bool:
    """Tell whether the chosen branch, or the account's own, is of the member of staff."""
    own = {row.branch_id}
    if row.account_id is not None:
        own.add(row.account.branch_id)
    return any(
        branch_id in own for (branch_id,) in branches_of(member).tuples().iterator()
    )


def obstacle(row: RegistrationRequest) -> str | None:
    """Return why the request cannot be opened: `no-account`, `email`, or nothing."""
    return obstacle_of(row, _user_of(row))


def obstacle_of(row: RegistrationRequest, user: User | None) -> str | None:
    """Return the same for the request of a person who was looked up already."""
    if row.account_id is None:
        return "no-account"
    is_customer = user is None or (
        user.role is Role.CUSTOMER
        and user.disabled_at is None
        and user.erased_at is None
    )
    return None if is_customer else "email"


def _user_of(row: RegistrationRequest) -> User | None:
    if row.user_id is not None:
        return row.user
    return User.get_or_none(User.email == row.email)


def _decide(
    row: RegistrationRequest,
    version: int,
    state: RegistrationState,
    decided_by: int | None,
    *,
    now: datetime,
) -> None:
    if row.state is not RegistrationState.WAITING:
        raise AlreadyDecidedError(row.public_id)
    changed = (
        RegistrationRequest.update(
            state=move(row.state, state),
            decided_at=now,
            decided_by=decided_by,
            version=RegistrationRequest.version + 1,
        )
        .where(
            RegistrationRequest.id == row.id,
            RegistrationRequest.state == RegistrationState.WAITING,
            RegistrationRequest.version == version,
        )
        .execute()
    )
    if not changed:
        raise AlreadyDecidedError(row.public_id)
    row.state = state
    row.version = version + 1
    row.decided_at = now


def _open(
    row: RegistrationRequest,
    *,
    links: Links,
    actor: Actor,
    letters_at: datetime,
    now: datetime,
) -> None:
    if obstacle(row) is not None:
        raise CannotOpenError(row.public_id)
    user = _user_of(row) or User.create(email=row.email, name="", created_at=now)
    access = granting.give_whole(
        user.id, row.account, evidence=f"registration:{row.id}", actor=actor, now=now
    )
    RegistrationRequest.update(user=user, access=access).where(
        RegistrationRequest.id == row.id
    ).execute()
    row.user = user
    _subscribe(row, user, now)
    letters.tell_opened(row, user, links=links, letters_at=letters_at, now=now)
    letters.tell_linked(row, user, links=links, letters_at=letters_at, now=now)
    note(row, "registration.opened", actor, now, user=user.id)


def _subscribe(row: RegistrationRequest, user: User, now: datetime) -> None:
    """Begin the letters that were consented to with the request."""
    wanted = Consent.select().where(
        Consent.registration_id == row.id,
        Consent.document == documents.LETTERS,
        Consent.given,
    )
    if wanted.exists():
        subscriptions.begin(
            user.id, row.account_id, LetterKind.REMINDER, actor=Actor(user.id), now=now
        )


def close_access(row: RegistrationRequest, *, actor: Actor, now: datetime) -> None:
    """End the access the request gave, and what came of it; inside the transaction."""
    access = row.access
    if access is not None and access.ended_at is None:
        card = get_access(access.user_id, access.account_id, now=now)
        others = granting.end_with_delegates(
            access, why="registration", actor=actor, now=now
        )
        delegation.tell_revoked(others, card, now=now)
    if row.user_id is not None and row.user.password_hash is None:
        tokens.void(row.user_id, TokenPurpose.SET_PASSWORD, now=now)


def back_to_queue(row: RegistrationRequest, *, is_disputed: bool = False) -> None:
    """Let a specialist decide again, inside the open transaction."""
    state = move(row.state, RegistrationState.WAITING)
    RegistrationRequest.update(
        state=state,
        decided_at=None,
        decided_by=None,
        access=None,
        reason=DISPUTED if is_disputed or row.reason == DISPUTED else "",
        version=RegistrationRequest.version + 1,
    ).where(RegistrationRequest.id == row.id).execute()


def note(
    row: RegistrationRequest,
    action: str,
    actor: Actor,
    now: datetime,
    **details: object,
) -> None:
    """Write an entry of the log about the request."""
    audit.record(
        actor,
        action,
        now=now,
        subject=f"registration:{row.id}",
        account_id=row.account_id,
        **details,
    )
