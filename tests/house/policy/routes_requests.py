"""Requests for work on a meter, of both sides."""

from cabinet.models import ServiceRequest
from tests import factories
from tests.house.policy.rules import (
    ALICE_ALONE,
    FULL_LEVEL,
    FULLY,
    Line,
    Rule,
    Thing,
)
from tests.house.policy.things import NO_UUID

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


ASKED = Thing(lambda world, _: new(world), NO_UUID)

ROUTES: dict[str, Line] = {
    "GET /requests": FULL_LEVEL(),
    "POST /requests": FULL_LEVEL(),
    "GET /requests/<uuid:public_id>": HER_REQUEST(public_id=ASKED),
    "POST /requests/<uuid:public_id>/days": HER_REQUEST(
        public_id=ASKED, first="24.11.2026", hours="any"
    ),
    "POST /requests/<uuid:public_id>/cancel": HER_REQUEST(public_id=ASKED),
    "GET /requests/<uuid:public_id>/photo": ALICE_ALONE(public_id=ASKED),
}
