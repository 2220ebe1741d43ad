"""A specialist, a crew, and requests of Alice's."""

from datetime import date

import pytest

from cabinet.domain.people import Role
from cabinet.domain.requests import Hours, RequestKind
from cabinet.models import ServiceRequest
from cabinet.services.audit import Actor
from cabinet.services.requests import asking, deciding
from cabinet.services.staff import Member
from tests import factories

#: The tests are on Sunday, 22 November; the next day is worked.
MONDAY = date(2026, 11, 23)


def link_of(public_id):
    return f"https://example.org/requests/{public_id}"


@pytest.fixture
def member(db, account):
    user = factories.make_staff()
    return Member(user.id, Role.OPERATOR)


@pytest.fixture
def colleague(db, account):
    user = factories.make_staff("igor@example.org")
    return Member(user.id, Role.OPERATOR)


@pytest.fixture
def crew(db, account):
    return factories.make_crew(account.branch, visits=2)


@pytest.fixture
def ask(alice, account, meter, now):
    """Ask as Alice; each time with another form."""
    keys = iter(range(100))

    def ask(kind=RequestKind.REPLACEMENT, at=None, **values):
        wish = asking.Wish(
            **{
                "key": f"{next(keys):032x}",
                "kind": kind,
                "meter": meter.public_id,
                "phone": "8 900 000-00-00",
                "words": "Домофон 38",
                **values,
            }
        )
        public_id = asking.ask(
            alice.id,
            account.id,
            wish,
            link_of=link_of,
            actor=Actor(alice.id),
            pepper=factories.SECRET_KEY,
            now=at or now,
        )
        return ServiceRequest.get(ServiceRequest.public_id == public_id)

    return ask


@pytest.fixture
def do(now):
    """Do what a specialist does with a request as it is now."""

    def do(act, member, row, *values, at=None, **named):
        act(
            member,
            row.public_id,
            *values,
            actor=Actor(member.user_id),
            now=at or now,
            **named,
        )
        return fresh(row)

    return do


@pytest.fixture
def plan(do, member, crew):
    """Plan a visit of Monday morning."""

    def plan(row, by=None, at=None, **values):
        visit = deciding.Visit(
            **{
                "day": MONDAY,
                "hours": Hours.MORNING,
                "crew_id": crew.id,
                **values,
            }
        )
        return do(
            deciding.plan,
            by or member,
            row,
            fresh(row).version,
            visit,
            at=at,
            link_of=link_of,
        )

    return plan


@pytest.fixture
def undo(do):
    return lambda row, by, at=None: do(deciding.undo, by, row, at=at)


def fresh(row):
    return ServiceRequest.get_by_id(row.id)
