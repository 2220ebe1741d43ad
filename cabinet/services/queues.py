"""How many wait in each queue of the back office, for the menu of every page.

A queue is registered in QUEUES with one line: where its page is, and the query of what
waits in the branches of the member of staff. It is counted by an index of what waits,
and only up to MOST.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta

from peewee import Query, fn

from cabinet.domain.loads import RowQueue
from cabinet.domain.questions import QuestionState
from cabinet.domain.registration import RegistrationState
from cabinet.domain.requests import WAITING, RequestState
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    ImportBatch,
    ImportRow,
    Meter,
    Question,
    Reading,
    Reconciliation,
    ReconciliationItem,
    RegistrationRequest,
    ServiceRequest,
)
from cabinet.models.base import reading
from cabinet.services.importing.whose import waits
from cabinet.services.payments.differences import shops_of
from cabinet.services.payments.runs import DAYS
from cabinet.services.reviews.queue import waits_for
from cabinet.services.staff import Member, branches_of

#: Above so many nobody counts: the menu says «больше 999».
MOST = 1000


@dataclass(frozen=True, slots=True)
class Office:
    """Who looks, the shops whose money they may see, and the day."""

    member: Member
    shops: Collection[str]
    today: date


def waiting(member: Member, shops: Shops, *, today: date) -> dict[str, int]:
    """Return how many wait in each queue, by the endpoint of its page; MOST is more."""
    with reading():
        office = Office(member, list(shops_of(member, shops)), today)
        return {place: query(office).limit(MOST).count() for place, query in QUEUES}


def _readings(office: Office) -> Query:
    return (
        Reading.select(Reading.id)
        .join(Meter)
        .join(Account)
        .where(waits_for(office.member))
    )


def _questions(office: Office) -> Query:
    return Question.select(Question.id).where(
        Question.state == QuestionState.WAITING,
        Question.branch.in_(branches_of(office.member)),
    )


def _registrations(office: Office) -> Query:
    return RegistrationRequest.select(RegistrationRequest.id).where(
        RegistrationRequest.state == RegistrationState.WAITING,
        RegistrationRequest.branch.in_(branches_of(office.member)),
    )


def _differences(office: Office) -> Query:
    """Return what is open of the newest comparison of each day of the last month."""
    newer = Reconciliation.alias()
    replaced = newer.select(newer.id).where(
        newer.shop == Reconciliation.shop,
        newer.day == Reconciliation.day,
        newer.made_at > Reconciliation.made_at,
    )
    return (
        ReconciliationItem.select(ReconciliationItem.id)
        .join(Reconciliation)
        .where(
            ReconciliationItem.closed_at.is_null(),
            Reconciliation.shop.in_(office.shops),
            Reconciliation.day > office.today - timedelta(days=DAYS),
            ~fn.EXISTS(replaced),
        )
    )


def _money(office: Office) -> Query:
    return _rows(office, RowQueue.MONEY)


def _quarantine(office: Office) -> Query:
    return _rows(office, RowQueue.REST)


def _rows(office: Office, queue: RowQueue) -> Query:
    return (
        ImportRow.select(ImportRow.id)
        .join(ImportBatch)
        .where(waits(office.member, queue))
    )


def _requests(office: Office) -> Query:
    """Return those that wait for a day, and those whose day has come."""
    return ServiceRequest.select(ServiceRequest.id).where(
        ServiceRequest.branch.in_(branches_of(office.member)),
        ServiceRequest.state.in_(list(WAITING))
        | (
            (ServiceRequest.state == RequestState.PLANNED)
            & (ServiceRequest.planned_on <= office.today)
        ),
    )


#: A line for each queue, in any order.
QUEUES: tuple[tuple[str, Callable[[Office], Query]], ...] = (
    ("staff.index", _readings),
    ("staff_requests.index", _requests),
    ("staff_questions.index", _questions),
    ("staff_registrations.index", _registrations),
    ("staff_reconciliations.index", _differences),
    ("staff_unrecognised.index", _money),
    ("staff_quarantine.index", _quarantine),
)
