"""What each table keeps of a person, and how it forgets: counts of what was destroyed."""

import json
from collections.abc import Iterator
from datetime import datetime

from peewee import Cast, Expression, Field

from cabinet.domain.questions import QuestionState
from cabinet.domain.registration import RegistrationState, move
from cabinet.models import (
    AccountAccess,
    HomeNote,
    Invitation,
    Job,
    Notice,
    OneTimeToken,
    OutboxMessage,
    Payment,
    PaymentStep,
    PersonalKey,
    Question,
    QuestionFile,
    QuestionMessage,
    Reading,
    RecoveryCode,
    RegistrationRequest,
    ReviewDecision,
    SecondFactor,
    ServiceRequest,
    Session,
    StoredFile,
    Subscription,
    UsabilityRating,
    User,
)
from cabinet.services import delegation, granting
from cabinet.services.access import AccountNotFoundError, get_access
from cabinet.services.audit import SYSTEM
from cabinet.services.requests import asking

#: What stands where a name stood.
TOMBSTONE = "удалено"

#: Requests that wait for somebody, and what becomes of them.
_ENDS = {
    RegistrationState.DRAFT: RegistrationState.EXPIRED,
    RegistrationState.WAITING: RegistrationState.WITHDRAWN,
}


def forget(user: User, *, now: datetime) -> dict[str, int]:
    """Destroy every trace of the user inside the open transaction; return the counts."""
    counts = dict(_traces(user, now))
    User.update(
        email=None,
        email_failed_at=None,
        name=TOMBSTONE,
        password_hash=None,
        disabled_at=now,
        erased_at=now,
        address_key="",
    ).where(User.id == user.id).execute()
    return {"profile": 1} | counts


def _traces(user: User, now: datetime) -> Iterator[tuple[str, int]]:
    for name, model in (
        ("sessions", Session),
        ("keys", PersonalKey),
        ("factors", SecondFactor),
        ("codes", RecoveryCode),
        ("subscriptions", Subscription),
        ("notes", HomeNote),
    ):
        yield name, model.delete().where(model.user == user.id).execute()
    yield "links", _links(user)
    yield "requests", _requests(user)
    yield "invitations", _invitations(user, now)
    yield "guests", _guests(user, now)
    yield "accesses", _accesses(user, now)
    yield "mails", _mails(user, now)
    yield "payments", _payments(user)
    yield "comments", _comments(user)
    yield "questions", _questions(user)
    yield "meter_requests", _meter_requests(user, now)
    yield "ratings", _ratings(user)
    yield "files", _files(user)
    yield "jobs", _jobs(user)


def _links(user: User) -> int:
    """Delete the user's links, and those sent to the user's address."""
    mine = OneTimeToken.user == user.id
    if user.email:
        mine |= _says(OneTimeToken.context, user.email)
    return int(OneTimeToken.delete().where(mine).execute())


def _requests(user: User) -> int:
    accesses = AccountAccess.select(AccountAccess.id).where(
        AccountAccess.user == user.id
    )
    mine = (RegistrationRequest.user == user.id) | RegistrationRequest.access.in_(
        accesses
    )
    if user.email:
        mine |= RegistrationRequest.email == user.email
    rows = list(RegistrationRequest.select().where(mine))
    for row in rows:
        end = _ENDS.get(row.state)
        RegistrationRequest.update(
            email="",
            state=row.state if end is None else move(row.state, end),
            amount=None,
            receipt_code_hash=None,
            matched=[],
            code_hash="",
            code_expires_at=None,
            address_hash="",
            version=RegistrationRequest.version + 1,
        ).where(RegistrationRequest.id == row.id).execute()
    return len(rows)


def _invitations(user: User, now: datetime) -> int:
    """Wipe the addresses of whom the user invited, and of who invited the user."""
    mine = Invitation.invited_by == user.id
    Invitation.update(revoked_at=now).where(
        mine, Invitation.access.is_null(), Invitation.revoked_at.is_null()
    ).execute()
    if user.email:
        mine |= Invitation.email == user.email
    return int(
        Invitation.update(email="").where(mine, Invitation.email != "").execute()
    )


def _accesses(user: User, now: datetime) -> int:
    """End what the user may see; the names given to accounts are the user's own words."""
    rows = list(AccountAccess.select().where(AccountAccess.user == user.id))
    for row in rows:
        AccountAccess.update(
            ended_at=row.ended_at or now,
            label="",
            slug=f"x{row.id}",
            evidence="",
        ).where(AccountAccess.id == row.id).execute()
    return sum(row.ended_at is None for row in rows)


def _guests(user: User, now: datetime) -> int:
    """End what the user let others see, and tell them so."""
    rows = list(
        AccountAccess.select()
        .where(AccountAccess.granted_by == user.id, AccountAccess.ended_at.is_null())
        .order_by(AccountAccess.id)
    )
    for row in rows:
        try:
            card = get_access(user.id, row.account_id, now=now)
        except AccountNotFoundError:
            card = None  # the owner's own was over: nobody had it any more
        granting.end([row], why="owner_left", actor=SYSTEM, now=now)
        if card is not None:
            delegation.tell_revoked([row], card, now=now)
    return len(rows)


def _mails(user: User, now: datetime) -> int:
    """Wipe the mails to the user and what mails to others say about them.

    Each stays as the user's: its file in the folder of the sent ones is found by it.
    """
    mine = OutboxMessage.user == user.id
    if user.email:
        mine |= OutboxMessage.recipient == user.email
        mine |= _says(OutboxMessage.context, user.email)
    if user.name:
        # A namesake's mail that has not left must leave as it is.
        has_left = OutboxMessage.sent_at.is_null(False)
        mine |= _says(OutboxMessage.context, user.name) & has_left
    ids = [
        row_id
        for (row_id,) in OutboxMessage.select(OutboxMessage.id).where(mine).tuples()
    ]
    OutboxMessage.update(failed_at=now).where(
        OutboxMessage.id.in_(ids), OutboxMessage.sent_at.is_null()
    ).execute()
    OutboxMessage.update(
        user=user.id, recipient="", context={}, lease_until=None, error=""
    ).where(OutboxMessage.id.in_(ids)).execute()
    return len(ids)


def _payments(user: User) -> int:
    """Take the address from the payments and empty what providers sent of them.

    That they were made stays: it is the books'.
    """
    mine = Payment.user == user.id
    if user.email:
        mine |= Payment.email == user.email
    ids = [row_id for (row_id,) in Payment.select(Payment.id).where(mine).tuples()]
    told = PaymentStep.select(PaymentStep.notice).where(PaymentStep.payment.in_(ids))
    Notice.update(body=b"").where(Notice.id.in_(told)).execute()
    providers = Payment.select(Payment.provider_id).where(Payment.id.in_(ids))
    Notice.update(body=b"").where(Notice.provider_id.in_(providers)).execute()
    Payment.update(email="").where(Payment.id.in_(ids)).execute()
    return len(ids)


def _comments(user: User) -> int:
    """Take the user's words and pictures from the readings; the registers stay."""
    wiped = (
        Reading.update(comment="")
        .where(Reading.user == user.id, Reading.comment != "")
        .execute()
    )
    sent = Reading.select(Reading.id).where(Reading.user == user.id)
    ReviewDecision.update(words="").where(ReviewDecision.reading.in_(sent)).execute()
    own = StoredFile.select(StoredFile.id).where(StoredFile.owner == user.id)
    Reading.update(photo=None).where(Reading.photo.in_(own)).execute()
    return int(wiped)


def _questions(user: User) -> int:
    """Destroy what the user asked and what was answered; that there was one stays."""
    mine = Question.user == user.id
    if user.email:
        mine |= Question.email == user.email
    ids = [row_id for (row_id,) in Question.select(Question.id).where(mine).tuples()]
    messages = QuestionMessage.select(QuestionMessage.id).where(
        QuestionMessage.question.in_(ids)
    )
    kept = QuestionFile.select(QuestionFile.file).where(
        QuestionFile.message.in_(messages), QuestionFile.file.is_null(False)
    )
    files = [file_id for (file_id,) in kept.tuples()]
    QuestionMessage.delete().where(QuestionMessage.question.in_(ids)).execute()
    StoredFile.delete().where(StoredFile.id.in_(files)).execute()
    Question.update(
        email="",
        claimed_account="",
        code_hash="",
        rating_words="",
        state=QuestionState.CLOSED,
    ).where(Question.id.in_(ids)).execute()
    return len(ids)


def _meter_requests(user: User, now: datetime) -> int:
    """Cancel what is not over and take the person's words; what was done stays."""
    rows = list(ServiceRequest.select().where(ServiceRequest.asked_by == user.id))
    for row in rows:
        if row.slot is not None:
            asking.end(row, user_id=user.id, link_of=None, actor=SYSTEM, now=now)
        ServiceRequest.update(phone="", words="", note="", photo=None).where(
            ServiceRequest.id == row.id
        ).execute()
    return len(rows)


def _ratings(user: User) -> int:
    """Take the words, and whose they were; that somebody was content stays."""
    return int(
        UsabilityRating.update(user=None, words="")
        .where(UsabilityRating.user == user.id)
        .execute()
    )


def _files(user: User) -> int:
    """Delete the user's files; their parts go with them."""
    return int(StoredFile.delete().where(StoredFile.owner == user.id).execute())


def _jobs(user: User) -> int:
    return int(Job.delete().where(Job.key.startswith(f"export:{user.id}:")).execute())


def _says(field: Field, text: str) -> Expression:
    """Match JSON in which the text is a whole value: a part of it may be another's."""
    return Cast(field, "text").contains(json.dumps(text, ensure_ascii=False))
