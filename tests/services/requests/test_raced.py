"""Many at once: no request is decided twice, no crew comes oftener than it can."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from cabinet.domain.people import Role
from cabinet.domain.requests import (
    Hours,
    RefusalReason,
    RequestAct,
    RequestKind,
    RequestState,
)
from cabinet.models import ServiceRequest, ServiceRequestStep
from cabinet.models.base import database
from cabinet.services.audit import Actor
from cabinet.services.requests import asking, deciding
from cabinet.services.requests.rows import ChangedMeanwhileError
from cabinet.services.staff import Member
from tests import factories
from tests.services.requests.conftest import MONDAY, link_of

THREADS = 8


@pytest.fixture
def at_once():
    """Call with each value in a thread of its own, all at the same moment."""

    def at_once(call, values):
        gate = Barrier(len(values))

        def one(value):
            gate.wait(timeout=30)
            try:
                return call(value)
            finally:
                database.close()

        with ThreadPoolExecutor(len(values)) as pool:
            return list(pool.map(one, values))

    return at_once


def test_of_eight_specialists_one_decides(account, meter, at_once, now):
    row = factories.make_meter_request(account, now)
    crew = factories.make_crew(account.branch)
    members = [
        Member(factories.make_staff(f"{number}@example.org").id, Role.OPERATOR)
        for number in range(THREADS)
    ]

    def decide(numbered):
        number, member = numbered
        common = {"link_of": link_of, "actor": Actor(member.user_id), "now": now}
        try:
            if number % 2:
                deciding.refuse(
                    member,
                    row.public_id,
                    row.version,
                    RefusalReason.NOT_NEEDED,
                    "",
                    **common,
                )
            else:
                visit = deciding.Visit(day=MONDAY, hours=Hours.MORNING, crew_id=crew.id)
                deciding.plan(member, row.public_id, row.version, visit, **common)
        except ChangedMeanwhileError:
            return False
        return True

    assert sum(at_once(decide, list(enumerate(members)))) == 1
    acts = [step.act for step in ServiceRequestStep.select()]
    assert len(acts) == 2
    assert acts[0] is RequestAct.ASKED


def test_a_crew_is_never_overfilled(account, at_once, now):
    crew = factories.make_crew(account.branch, visits=3)
    member = Member(factories.make_staff().id, Role.OPERATOR)
    requests = [
        factories.make_meter_request(
            account, now, meter=factories.make_meter(account, serial=str(number))
        )
        for number in range(THREADS)
    ]

    def plan(row):
        visit = deciding.Visit(day=MONDAY, hours=Hours.MORNING, crew_id=crew.id)
        try:
            deciding.plan(
                member,
                row.public_id,
                row.version,
                visit,
                link_of=link_of,
                actor=Actor(member.user_id),
                now=now,
            )
        except deciding.CrewFullError:
            return "full"
        return "planned"

    assert Counter(at_once(plan, requests)) == {"planned": 3, "full": 5}
    planned = ServiceRequest.select().where(ServiceRequest.crew == crew)
    assert planned.count() == 3


@pytest.mark.parametrize("same_form", [True, False])
def test_the_same_work_is_written_down_once(
    alice, account, meter, at_once, now, same_form
):
    def ask(number):
        wish = asking.Wish(
            key=f"{0 if same_form else number:032x}",
            kind=RequestKind.REPLACEMENT,
            meter=meter.public_id,
        )
        try:
            return asking.ask(
                alice.id,
                account.id,
                wish,
                link_of=link_of,
                actor=Actor(alice.id),
                pepper="pepper",
                now=now,
            )
        except asking.AlreadyAskedError as error:
            return error.public_id

    assert len(set(at_once(ask, list(range(THREADS))))) == 1
    row = ServiceRequest.get()
    assert row.state is RequestState.RECEIVED
    assert ServiceRequestStep.select().count() == 1
