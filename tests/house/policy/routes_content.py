"""What the office writes for customers, and the offices themselves."""

from tests.house.policy.rules import (
    ADMIN,
    CHIEFS,
    HER_CHIEFS,
    PUBLIC,
    WORKPLACE,
    Line,
    Thing,
)
from tests.house.policy.things import NO_UUID
from tests.house.world_content import new_edition, new_ended_answer, new_office

OFFICE = Thing(lambda world, _: new_office(world).public_id, NO_UUID)
GONE_OFFICE = Thing(
    lambda world, _: new_office(world, withdrawn_at=world.now).public_id, NO_UUID
)
EDITION = Thing(lambda _world, _: new_edition().version, "no-such-version")
GONE_EDITION = Thing(
    lambda world, _: new_edition(withdrawn_at=world.now).version, "no-such-version"
)

ENDED_ANSWER = Thing(lambda world, _: new_ended_answer(world).id, 10**9)

ROUTES: dict[str, Line] = {
    "POST /staff/questions/ready/<int:answer_id>/restore": HER_CHIEFS(
        answer_id=ENDED_ANSWER
    ),
    "GET /offices": PUBLIC(),
    "GET /staff/announcements/benefits": CHIEFS(),
    "POST /staff/announcements/benefits": CHIEFS(),
    "GET /staff/help": WORKPLACE(),
    "GET /staff/help/<string:topic>": WORKPLACE(topic="questions"),
    "POST /staff/help/key": WORKPLACE(key="off"),
    "GET /staff/content": WORKPLACE(),
    "GET /staff/content/offices": CHIEFS(),
    "POST /staff/content/offices": CHIEFS(),
    "GET /staff/content/offices/<uuid:public_id>": HER_CHIEFS(public_id=OFFICE),
    "POST /staff/content/offices/<uuid:public_id>": HER_CHIEFS(public_id=OFFICE),
    "GET /staff/content/offices/<uuid:public_id>/next": HER_CHIEFS(public_id=OFFICE),
    "POST /staff/content/offices/<uuid:public_id>/next": HER_CHIEFS(public_id=OFFICE),
    "POST /staff/content/offices/<uuid:public_id>/withdraw": HER_CHIEFS(
        public_id=OFFICE
    ),
    "POST /staff/content/offices/<uuid:public_id>/restore": HER_CHIEFS(
        public_id=GONE_OFFICE
    ),
    "GET /staff/content/documents": ADMIN(),
    "GET /staff/content/documents/<string:code>": ADMIN(code="data-policy"),
    "POST /staff/content/documents/<string:code>": ADMIN(code="data-policy"),
    "GET /staff/content/documents/<string:code>/<string:version>": ADMIN(
        code="data-policy", version=EDITION
    ),
    "POST /staff/content/documents/<string:code>/<string:version>/withdraw": ADMIN(
        code="data-policy", version=EDITION
    ),
    "POST /staff/content/documents/<string:code>/<string:version>/restore": ADMIN(
        code="data-policy", version=GONE_EDITION
    ),
}
