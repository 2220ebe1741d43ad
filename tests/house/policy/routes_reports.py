"""How convenient it is, and the reports of the office."""

from tests.house.policy.rules import (
    ACCOUNT,
    METER_LINK,
    SURE,
    WORKPLACE,
    Line,
    Thing,
)
from tests.house.world_reports import fresh_receipt

#: What a guest has who sent Alice's reading and was not asked yet.
UNASKED = Thing(lambda world, _: fresh_receipt(world), None)

ROUTES: dict[str, Line] = {
    "GET /usability": ACCOUNT(),
    "POST /usability": ACCOUNT(rating="5"),
    "GET /usability/guest/<string:receipt>": METER_LINK(receipt=UNASKED),
    "POST /usability/guest/<string:receipt>": METER_LINK(receipt=UNASKED, rating="5"),
    # Reports are of one's own branches; of another there is nothing in them.
    "GET /staff/reports": WORKPLACE(),
    "GET /staff/reports/silent": WORKPLACE(month="2026-09"),
    "GET /staff/reports/silent/list": WORKPLACE(month="2026-09"),
    "GET /staff/reports/silent.csv": SURE(month="2026-09"),
    "GET /staff/reports/window": WORKPLACE(),
    "GET /staff/reports/window.csv": WORKPLACE(),
    "GET /staff/reports/debts": WORKPLACE(),
    "GET /staff/reports/debts.csv": WORKPLACE(),
    "GET /staff/reports/payments": WORKPLACE(),
    "GET /staff/reports/payments.csv": WORKPLACE(),
    "GET /staff/reports/questions": WORKPLACE(),
    "GET /staff/reports/questions.csv": WORKPLACE(),
    "GET /staff/reports/usability": WORKPLACE(),
    "GET /staff/reports/usability.csv": WORKPLACE(),
}
