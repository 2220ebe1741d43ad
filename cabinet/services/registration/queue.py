"""Requests that wait for a specialist, oldest first, and one of them up close."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.money import Money
from cabinet.domain.registration import Fact, RegistrationState
from cabinet.models import Account, AccountAccess, Branch, RegistrationRequest, User
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.registration import facts
from cabinet.services.registration.decide import (
    DISPUTED,
    obstacle,
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


def request_queue(member: Member, *, now: datetime) -> RequestQueue:
    """Return what waits in the branches of the member of staff."""
    with reading():
        query = _requests(member).where(
            RegistrationRequest.state == RegistrationState.WAITING
        )
        rows = query.order_by(
            RegistrationRequest.confirmed_at, RegistrationRequest.id
        ).limit(PAGE)
        calendar = working_calendar()
        return RequestQueue(
            rows=tuple(_row(row, calendar, now) for row in rows),
            waiting=query.count(),
            decided=_decided(member, now),
        )


def request_card(
    member: Member, public_id: UUID, *, actor: Actor, now: datetime
) -> RequestCard:
    """Return the request and its contract, and note who looked.

    Raises RequestNotFoundError, the same for a request of another branch.
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
        account = row.account if row.account_id is not None else None
        earlier = RegistrationRequest.select().where(
            RegistrationRequest.account_number == row.account_number,
            RegistrationRequest.id != row.id,
            RegistrationRequest.state != RegistrationState.DRAFT,
        )
        return RequestCard(
            row=_row(row, working_calendar(), now),
            state=row.state,
            holder=account.holder if account else "",
            address=account.address if account else "",
            opened_on=account.opened_on if account else None,
            closed_on=account.closed_on if account else None,
            payments=facts.last_payments(account.id, now=now) if account else (),
            linked=_linked(account.id) if account else (),
            earlier=earlier.count(),
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


def _row(
    row: RegistrationRequest, calendar: WorkingCalendar, now: datetime
) -> RequestRow:
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
    due = answer_by(confirmed_at, zone, calendar)
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
        facts=tuple(FactShown(fact=fact, fits=fact in matched) for fact in given),
        linked=len(_linked(row.account_id)) if row.account_id is not None else 0,
        is_disputed=row.reason == DISPUTED,
        obstacle=obstacle(row),
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


def _decided(member: Member, now: datetime) -> tuple[DecidedRow, ...]:
    rows = (
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
    return tuple(
        DecidedRow(
            public_id=row.public_id,
            number=row.id,
            account_number=row.account_number,
            email=row.email,
            is_opened=row.state is RegistrationState.OPENED,
            until=row.decided_at + UNDO,
        )
        for row in rows
    )
