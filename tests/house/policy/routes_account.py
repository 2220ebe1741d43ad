"""The chosen account of a customer."""

from tests.house.policy.rules import (
    ACCOUNT,
    ALICE_ALONE,
    CHOICE,
    FULL_LEVEL,
    FULL_THING,
    HOME,
    THING,
    Line,
)
from tests.house.policy.things import (
    METER,
    MONTH,
    OWN_SLUG,
    PAPER,
    PAYMENT,
    READING,
    SLUG,
)

ROUTES: dict[str, Line] = {
    # The chosen account.
    "GET /": HOME(),
    "POST /account": CHOICE(account=SLUG),
    "GET /tariffs": ACCOUNT(),
    "GET /readings": ACCOUNT(),
    "GET /readings?meter": THING(meter=METER),
    "POST /readings": THING(account=SLUG, meter=METER),
    "POST /readings?a foreign meter": THING(account=OWN_SLUG, meter=METER),
    "GET /readings/<uuid:public_id>": THING(public_id=READING),
    "GET /readings/<uuid:public_id>.pdf": THING(public_id=READING),
    "POST /readings/<uuid:public_id>/mail": THING(public_id=READING),
    # The chosen account, on the full level.
    "GET /bills": FULL_LEVEL(),
    "GET /bills/<month:month>": FULL_LEVEL(month=MONTH),
    "GET /bills/<month:month>.pdf": FULL_LEVEL(month=MONTH),
    "GET /history": FULL_LEVEL(),
    "GET /history.csv": FULL_LEVEL(),
    "GET /history.xlsx": FULL_LEVEL(),
    "GET /history.xml": FULL_LEVEL(),
    "GET /statement": FULL_LEVEL(),
    "GET /statement.csv": FULL_LEVEL(),
    "GET /statement.xlsx": FULL_LEVEL(),
    "GET /statement.pdf": FULL_LEVEL(),
    "GET /papers": FULL_LEVEL(),
    "GET /papers/<uuid:public_id>": FULL_THING(public_id=PAPER),
    "GET /pay": FULL_LEVEL(),
    "POST /pay": FULL_LEVEL(),
    "GET /pay/<uuid:public_id>": ALICE_ALONE(public_id=PAYMENT),
    "GET /pay/<uuid:public_id>/receipt.pdf": ALICE_ALONE(public_id=PAYMENT),
}
