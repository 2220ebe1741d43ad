"""Readings under review."""

from tests.house.policy.rules import HER_BRANCH, Line, Thing
from tests.house.policy.things import NO_UUID
from tests.house.world_reviews import (
    decided_reading,
    reading_to_review,
    reading_with_photo,
)

#: New each time: each is decided once.
WAITS = Thing(lambda world, _: reading_to_review(world).public_id, NO_UUID)
DECIDED = Thing(lambda world, _: decided_reading(world).public_id, NO_UUID)
PICTURED = Thing(lambda world, _: reading_with_photo(world).public_id, NO_UUID)

ROUTES: dict[str, Line] = {
    "GET /staff/readings/<uuid:public_id>": HER_BRANCH(public_id=WAITS),
    "GET /staff/readings/<uuid:public_id>/photo": HER_BRANCH(public_id=PICTURED),
    "POST /staff/readings/<uuid:public_id>/accept": HER_BRANCH(
        public_id=WAITS, version="1"
    ),
    "POST /staff/readings/<uuid:public_id>/correct": HER_BRANCH(
        public_id=WAITS, version="1", t1="4110"
    ),
    "POST /staff/readings/<uuid:public_id>/return": HER_BRANCH(
        public_id=WAITS, version="1", ready="lower"
    ),
    "POST /staff/readings/<uuid:public_id>/undo": HER_BRANCH(public_id=DECIDED),
}
