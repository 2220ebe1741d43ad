"""What happened around an account: payments, requests, questions, letters, the log of its uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import local_day
from cabinet.domain.questions import QuestionState, Topic
from cabinet.domain.requests import RequestKind, RequestState
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    LedgerEntry,
    OutboxMessage,
    Question,
    ServiceRequest,
    User,
)
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of
from cabinet.services.taken_back import stands

#: How many of the last ones the card lists, and a page of its own.
FEW = 10
PAGE = 50
#: Letters to who sees the account that are looked through for its own.
MOST_LETTERS = 300
#: Letters that name a question, not an account.
OF_QUESTIONS = ("question_answered", "question_taken")


@dataclass(frozen=True, kw_only=True, slots=True)
class Paid:
    """A payment as the ledger has it."""

    day: date
    amount: Money
    channel: str
    document: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question of the account in a line."""

    public_id: UUID
    number: int
    topic: Topic
    state: QuestionState
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkAsked:
    """A request for work on a meter of the account, in a line."""

    public_id: UUID
    number: int
    kind: RequestKind
    state: RequestState
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterShown:
    """A letter without what it says; `has_bounced` tells that its address takes no mail."""

    kind: str
    recipient: str
    created_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    has_bounced: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Letters:
    """The last letters about the account, and to those who see it, the newest first."""

    number: str
    holder: str
    zone: ZoneInfo
    letters: tuple[LetterShown, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class UseShown:
    """An entry of the log: who, by name or e-mail where there is one, did what."""

    at: datetime
    action: str
    who: str
    is_staff: bool
    is_system: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Uses:
    """A page of the log, the newest first; `has_older` pages follow."""

    number: str
    holder: str
    zone: ZoneInfo
    page: int
    uses: tuple[UseShown, ...]
    has_older: bool


def paid_lately(account: Account, zone: ZoneInfo) -> tuple[Paid, ...]:
    """Return the last payments, the newest first."""
    query = (
        LedgerEntry.select()
        .where(
            LedgerEntry.account == account.id,
            LedgerEntry.kind == EntryKind.PAYMENT,
            stands(),
        )
        .order_by(LedgerEntry.effective_at.desc(), LedgerEntry.id.desc())
        .limit(FEW)
    )
    return tuple(
        Paid(
            day=local_day(row.effective_at, zone),
            amount=-row.amount,
            channel=row.channel,
            document=row.document,
        )
        for row in query
    )


def asked_lately(account: Account) -> tuple[Asked, ...]:
    """Return the last questions, the newest first."""
    query = (
        Question.select()
        .where(Question.account == account.id, Question.merged_into.is_null())
        .order_by(Question.id.desc())
        .limit(FEW)
    )
    return tuple(
        Asked(
            public_id=row.public_id,
            number=row.id,
            topic=row.topic,
            state=row.state,
            created_at=row.created_at,
        )
        for row in query
    )


def work_asked_lately(account: Account) -> tuple[WorkAsked, ...]:
    """Return the last requests for work on the account's meters, the newest first."""
    query = (
        ServiceRequest.select()
        .where(ServiceRequest.account == account.id)
        .order_by(ServiceRequest.created_at.desc(), ServiceRequest.id.desc())
        .limit(FEW)
    )
    return tuple(
        WorkAsked(
            public_id=row.public_id,
            number=row.id,
            kind=row.kind,
            state=row.state,
            created_at=row.created_at,
        )
        for row in query
    )


def letters_of(member: Member, number: str, *, actor: Actor, now: datetime) -> Letters:
    """Return the last letters and note who looked; raises AccountNotFound.

    Those about another account of the same people are not among them. One that does not
    say any more what it was about is, unless it may have been about another branch.
    """
    with writing():
        account = account_of(member, number)
        _note(account, "letters", actor, now)
        people = _people(account)
        ours = _ours(people, member)
        questions = Question.select(Question.id).where(Question.account == account.id)
        own = {question_id for (question_id,) in questions.tuples()}
        query = (
            OutboxMessage.select()
            .where(OutboxMessage.user.in_(list(people)))
            .order_by(OutboxMessage.id.desc())
            .limit(MOST_LETTERS)
        )
        found = [row for row in query if _is_about(row, account, ours, own)]
        return Letters(
            number=account.number,
            holder=account.holder,
            zone=ZoneInfo(account.branch.time_zone),
            letters=tuple(_letter(row, people) for row in found[:PAGE]),
        )


def uses_of(
    member: Member, number: str, page: int, *, actor: Actor, now: datetime
) -> Uses:
    """Return a page of the account's log, counted from 1, and note who looked.

    Raises AccountNotFound.
    """
    with writing():
        account = account_of(member, number)
        _note(account, "log", actor, now)
        query = (
            AuditEntry.select()
            .where(AuditEntry.account_id == account.id)
            .order_by(AuditEntry.id.desc())
            .offset((page - 1) * PAGE)
            .limit(PAGE + 1)
        )
        rows = list(query)
        names = _names(row.actor_id for row in rows)
        return Uses(
            number=account.number,
            holder=account.holder,
            zone=ZoneInfo(account.branch.time_zone),
            page=page,
            uses=tuple(_use(row, names) for row in rows[:PAGE]),
            has_older=len(rows) > PAGE,
        )


def _note(account: Account, part: str, actor: Actor, now: datetime) -> None:
    audit.record(actor, "account.looked", now=now, account_id=account.id, subject=part)


def _people(account: Account) -> dict[int, User]:
    """Return who sees the account now."""
    query = (
        User.select()
        .join(AccountAccess, on=AccountAccess.user == User.id)
        .where(AccountAccess.account == account.id, AccountAccess.ended_at.is_null())
    )
    return {user.id: user for user in query}


def _ours(people: Iterable[int], member: Member) -> set[int]:
    """Return those of the people who never saw an account of another branch."""
    theirs = (
        AccountAccess.select(AccountAccess.user)
        .join(Account, on=AccountAccess.account)
        .where(
            AccountAccess.user.in_(list(people)),
            Account.branch.not_in(branches_of(member)),
        )
    )
    return set(people) - {user_id for (user_id,) in theirs.tuples()}


def _is_about(
    row: OutboxMessage, account: Account, ours: set[int], questions: set[int]
) -> bool:
    """Tell whether a letter names the account, or none and may name it."""
    said: dict[str, Any] = row.context
    if row.kind in OF_QUESTIONS and said:
        return said.get("number") in questions
    named = {said["account"]} if said.get("account") else set()
    named |= {number for number, _ in said.get("shares", ())}
    if named:
        return account.number in named
    if said.get("tail"):
        return account.number.endswith(str(said["tail"]))
    return row.user_id in ours


def _letter(row: OutboxMessage, people: dict[int, User]) -> LetterShown:
    user = people[row.user_id]
    is_same = user.email == row.recipient
    return LetterShown(
        kind=row.kind,
        recipient=row.recipient,
        created_at=row.created_at,
        sent_at=row.sent_at,
        failed_at=row.failed_at,
        has_bounced=(
            is_same and row.sent_at is not None and user.email_failed_at is not None
        ),
    )


def _names(ids: Iterable[int | None]) -> dict[int, User]:
    wanted = [one for one in set(ids) if one is not None]
    return {user.id: user for user in User.select().where(User.id.in_(wanted))}


def _use(row: AuditEntry, names: dict[int, User]) -> UseShown:
    user = names.get(row.actor_id)
    is_staff = user is not None and user.role.is_staff
    return UseShown(
        at=row.at,
        action=row.action,
        who="" if user is None else (user.name if is_staff else user.email or ""),
        is_staff=is_staff,
        is_system=row.actor_id is None,
    )
