"""Requests for work on a meter, of both sides."""

from cabinet.models import ServiceRequest
from tests import factories
from tests.house.policy.rules import (
    ALICE_ALONE,
    CHIEFS,
    FULL_LEVEL,
    FULLY,
    HER_BRANCH,
    HER_CHIEFS,
    HER_NUMBER,
    WORKPLACE,
    Line,
    Rule,
    Thing,
)
from tests.house.policy.things import NO_UUID, NUMBER

#: What her account asked for: for all who see all of it.
HER_REQUEST = Rule(opens=FULLY)


def new(world, **values):
    """Return a request of hers, a new one each time: one at a time may be open."""
    ServiceRequest.update(slot=None, state="cancelled").execute()
    return factories.make_meter_request(
        world.account,
        world.now,
        **{
            "asked_by": world.users["alice"],
            "phone": "8 900 271-82-81",
            "words": "Код домофона 38",
            "body": b"\xff\xd8 her photo",
            **values,
        },
    ).public_id


def planned(world):
    """Return a request of hers that a crew comes for today, a new one each time."""
    return new(
        world,
        state="planned",
        crew=factories.make_crew(world.account.branch),
        planned_on=world.now.date(),
        planned_hours="morning",
        due_on=world.now.date(),
    )


ASKED = Thing(lambda world, _: new(world), NO_UUID)
PLANNED = Thing(lambda world, _: planned(world), NO_UUID)
CREW = Thing(lambda world, _: factories.make_crew(world.account.branch).id, 10**9)
ENDED_CREW = Thing(
    lambda world, _: (
        factories.make_crew(world.account.branch, ends=world.now.date()).id
    ),
    10**9,
)

ROUTES: dict[str, Line] = {
    "GET /requests": FULL_LEVEL(),
    "POST /requests": FULL_LEVEL(),
    "GET /requests/<uuid:public_id>": HER_REQUEST(public_id=ASKED),
    "POST /requests/<uuid:public_id>/days": HER_REQUEST(
        public_id=ASKED, first="24.11.2026", hours="any"
    ),
    "POST /requests/<uuid:public_id>/cancel": HER_REQUEST(public_id=ASKED),
    "GET /requests/<uuid:public_id>/photo": ALICE_ALONE(public_id=ASKED),
    "GET /staff/requests": WORKPLACE(),
    "GET /staff/requests/new": WORKPLACE(),
    "POST /staff/requests/new": HER_NUMBER(
        account=NUMBER, kind="dispute", phone="8 900 000-00-00", hours="any"
    ),
    "GET /staff/requests/plan": WORKPLACE(),
    "GET /staff/requests/crews": CHIEFS(),
    # A chief of another branch gets the form again: there is no such branch to choose.
    "POST /staff/requests/crews": CHIEFS(
        branch="kursk", name="Бригада", starts="01.12.2026", visits="4"
    ),
    "POST /staff/requests/crews/<int:crew_id>/end": HER_CHIEFS(crew_id=CREW),
    "POST /staff/requests/crews/<int:crew_id>/resume": HER_CHIEFS(crew_id=ENDED_CREW),
    "GET /staff/requests/<uuid:public_id>": HER_BRANCH(public_id=ASKED),
    "POST /staff/requests/<uuid:public_id>/plan": HER_BRANCH(
        public_id=ASKED,
        day="24.11.2026",
        planned_hours="morning",
        crew=CREW,
        version="1",
    ),
    "POST /staff/requests/<uuid:public_id>/refuse": HER_BRANCH(
        public_id=ASKED, reason="not-needed", version="1"
    ),
    "POST /staff/requests/<uuid:public_id>/could-not": HER_BRANCH(
        public_id=PLANNED, why="nobody-home", version="1"
    ),
    "POST /staff/requests/<uuid:public_id>/undo": HER_BRANCH(public_id=PLANNED),
    "GET /staff/requests/<uuid:public_id>/photo": HER_BRANCH(public_id=ASKED),
    "GET /staff/requests/<uuid:public_id>/finish": HER_BRANCH(public_id=PLANNED),
    "POST /staff/requests/<uuid:public_id>/finish": HER_BRANCH(
        public_id=PLANNED, act="17", version="1"
    ),
}
