"""Requests that wait for a specialist, oldest first, and one of them up close."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import fn

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.money import Money
from cabinet.domain.registration import Fact, RegistrationState
from cabinet.models import Account, AccountAccess, Branch, RegistrationRequest, User
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.registration import facts
from cabinet.services.registration.decide import (
    DISPUTED,
    obstacle_of,
    request_of,
)
from cabinet.services.registration.state import UNDO, answer_by
from cabinet.services.staff import Member, branches_of

PAGE = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class FactShown:
    """A fact that was given, and whether it fits."""

    fact: Fact
    fits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestRow:
    """A request as a specialist sees it; `obstacle` is why it cannot be opened."""

    public_id: UUID
    number: int
    version: int
    branch: str
    zone: ZoneInfo
    account_number: str
    has_account: bool
    email: str
    is_known_person: bool
    amount: Money | None
    is_compared: bool
    facts: tuple[FactShown, ...]
    linked: int
    is_disputed: bool
    obstacle: str | None
    confirmed_at: datetime
    answer_by: datetime
    is_late: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DecidedRow:
    """A decision that can still be taken back."""

    public_id: UUID
    number: int
    account_number: str
    email: str
    is_opened: bool
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestQueue:
    """The first page of the queue, how many wait in all, and what was just decided."""

    rows: tuple[RequestRow, ...]
    waiting: int
    decided: tuple[DecidedRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedUser:
    """Who sees the account already."""

    email: str
    since: datetime
    is_relative: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestCard:
    """A request with what the contract says, which is a look at a customer's data."""

    row: RequestRow
    state: RegistrationState
    holder: str
    address: str
    opened_on: date | None
    closed_on: date | None
    payments: tuple[Money, ...]
    linked: tuple[LinkedUser, ...]
    earlier: int


@dataclass(frozen=True, slots=True)
class _Around:
    """What is known beside some requests: users by id and e-mail, users an account."""

    by_id: dict[int, User]
    by_email: dict[str, User]
    linked: dict[int, int]
    calendar: WorkingCalendar

    def user_of(self, row: RegistrationRequest) -> User | None:
        if row.user_id is not None:
            return self.by_id[row.user_id]
        return self.by_email.get(row.email)


def request_queue(member: Member, *, actor: Actor, now: datetime) -> RequestQueue:
    """Return what waits in the branches of the member of staff.

    Whose data was looked at is noted, an entry for each request shown.
    """
    with writing():
        query = _requests(member).where(
            RegistrationRequest.state == RegistrationState.WAITING
        )
        rows = list(
            query.order_by(
                RegistrationRequest.confirmed_at, RegistrationRequest.id
            ).limit(PAGE)
        )
        decided = _decided(member, now)
        for row in (*rows, *decided):
            audit.record(
                actor,
                "registration.listed",
                now=now,
                subject=f"registration:{row.id}",
                account_id=row.account_id,
            )
        around = _around(rows)
        return RequestQueue(
            rows=tuple(_row(row, around, now) for row in rows),
            waiting=query.count(),
            decided=tuple(_decided_row(row) for row in decided),
        )


def request_card(
    member: Member, public_id: UUID, *, actor: Actor, pepper: str, now: datetime
) -> RequestCard:
    """Return the request and its contract, and note who looked.

    What was not compared when there were too many requests is compared now. Raises RequestNotFoundError, the same for a request of another branch.
    """
    with writing():
        row = request_of(member, public_id)
        audit.record(
            actor,
            "registration.looked",
            now=now,
            subject=f"registration:{row.id}",
            account_id=row.account_id,
        )
        if not row.is_compared:
            _compare(row, actor, pepper, now)
        account = row.account if row.account_id is not None else None
        earlier = RegistrationRequest.select().where(
            RegistrationRequest.account_number == row.account_number,
            RegistrationRequest.id != row.id,
            RegistrationRequest.state != RegistrationState.DRAFT,
        )
        return RequestCard(
            row=_row(row, _around([row]), now),
            state=row.state,
            holder=account.holder if account else "",
            address=account.address if account else "",
            opened_on=account.opened_on if account else None,
            closed_on=account.closed_on if account else None,
            payments=facts.last_payments(account.id, now=now) if account else (),
            linked=_linked(account.id) if account else (),
            earlier=earlier.count(),
        )


def _compare(
    row: RegistrationRequest, actor: Actor, pepper: str, now: datetime
) -> None:
    row.matched = sorted(facts.compare_kept(row, pepper=pepper))
    row.is_compared = True
    row.save()
    audit.record(
        actor,
        "registration.compared",
        now=now,
        subject=f"registration:{row.id}",
        account_id=row.account_id,
    )


def _requests(member: Member) -> "RegistrationRequest":
    """Return the query of requests to the branches, chosen or the account's own."""
    branches = branches_of(member)
    return (
        RegistrationRequest.select(RegistrationRequest, Branch)
        .join(Branch, on=RegistrationRequest.branch == Branch.id)
        .switch(RegistrationRequest)
        .join(
            Account,
            "LEFT OUTER JOIN",
            on=RegistrationRequest.account == Account.id,
        )
        .where(RegistrationRequest.branch.in_(branches) | Account.branch.in_(branches))
    )


def _around(rows: list[RegistrationRequest]) -> _Around:
    users = list(
        User.select().where(
            User.id.in_([row.user_id for row in rows if row.user_id is not None])
            | User.email.in_([row.email for row in rows if row.email])
        )
    )
    accounts = [row.account_id for row in rows if row.account_id is not None]
    linked = (
        AccountAccess.select(AccountAccess.account, fn.COUNT(AccountAccess.id))
        .where(AccountAccess.account.in_(accounts), AccountAccess.ended_at.is_null())
        .group_by(AccountAccess.account)
        .tuples()
    )
    return _Around(
        by_id={user.id: user for user in users},
        by_email={user.email: user for user in users if user.email},
        linked=dict(linked),
        calendar=working_calendar(),
    )


def _row(row: RegistrationRequest, around: _Around, now: datetime) -> RequestRow:
    zone = ZoneInfo(row.branch.time_zone)
    matched = set(row.matched)
    given = [
        fact
        for fact, was_given in (
            (Fact.PAYMENT, row.amount is not None),
            (Fact.RECEIPT_CODE, row.receipt_code_hash is not None),
        )
        if was_given
    ]
    confirmed_at = row.confirmed_at or row.created_at
    due = answer_by(confirmed_at, zone, around.calendar)
    return RequestRow(
        public_id=row.public_id,
        number=row.id,
        version=row.version,
        branch=row.branch.name,
        zone=zone,
        account_number=row.account_number,
        has_account=row.account_id is not None,
        email=row.email,
        is_known_person=row.user_id is not None,
        amount=row.amount,
        is_compared=row.is_compared,
        facts=tuple(FactShown(fact=fact, fits=fact in matched) for fact in given),
        linked=around.linked.get(row.account_id, 0),
        is_disputed=row.reason == DISPUTED,
        obstacle=obstacle_of(row, around.user_of(row)),
        confirmed_at=confirmed_at,
        answer_by=due,
        is_late=now > due,
    )


def _linked(account_id: int) -> tuple[LinkedUser, ...]:
    rows = (
        AccountAccess.select(
            User.email, AccountAccess.granted_at, AccountAccess.granted_by
        )
        .join(User, on=AccountAccess.user == User.id)
        .where(AccountAccess.account == account_id, AccountAccess.ended_at.is_null())
        .order_by(AccountAccess.id)
        .tuples()
    )
    return tuple(
        LinkedUser(email=email or "", since=since, is_relative=granted_by is not None)
        for email, since, granted_by in rows
    )


def _decided(member: Member, now: datetime) -> list[RegistrationRequest]:
    return list(
        RegistrationRequest.select()
        .where(
            RegistrationRequest.decided_by == member.user_id,
            RegistrationRequest.state.in_(
                (RegistrationState.OPENED, RegistrationState.REFUSED)
            ),
            RegistrationRequest.decided_at > now - UNDO,
            RegistrationRequest.email != "",
        )
        .order_by(RegistrationRequest.decided_at.desc())
        .limit(PAGE)
    )


def _decided_row(row: RegistrationRequest) -> DecidedRow:
    return DecidedRow(
        public_id=row.public_id,
        number=row.id,
        account_number=row.account_number,
        email=row.email,
        is_opened=row.state is RegistrationState.OPENED,
        until=row.decided_at + UNDO,
    )
