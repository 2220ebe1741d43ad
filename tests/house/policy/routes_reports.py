"""How convenient it is, and the reports of the office."""

from tests.house.policy.rules import ACCOUNT, METER_LINK, Line, Thing
from tests.house.world_reports import fresh_receipt

#: What a guest has who sent Alice's reading and was not asked yet.
UNASKED = Thing(lambda world, _: fresh_receipt(world), None)

ROUTES: dict[str, Line] = {
    "GET /usability": ACCOUNT(),
    "POST /usability": ACCOUNT(rating="5"),
    "GET /usability/guest/<string:receipt>": METER_LINK(receipt=UNASKED),
    "POST /usability/guest/<string:receipt>": METER_LINK(receipt=UNASKED, rating="5"),
}
