"""Readings that specialists enter."""

from tests.house.policy.rules import HER_NUMBER, WORKPLACE, Line, Rule, Thing
from tests.house.policy.things import METER, NO_UUID, NUMBER
from tests.house.world_entering import entered

#: What the operator of her branch entered: nobody else takes it back.
ENTRY_OF_OPERATOR = Thing(lambda world, _: entered(world).public_id, NO_UUID)
THE_OPERATOR = Rule(opens=("operator",))

ROUTES: dict[str, Line] = {
    "GET /staff/entering": WORKPLACE(),
    "GET /staff/entering?account": HER_NUMBER(account=NUMBER),
    "GET /staff/entering?meter": HER_NUMBER(account=NUMBER, meter=METER),
    "GET /staff/entering?q": WORKPLACE(q="Сидоров"),
    "POST /staff/entering": HER_NUMBER(account=NUMBER, meter=METER, t1="1"),
    "POST /staff/entering/<uuid:public_id>/undo": THE_OPERATOR(
        public_id=ENTRY_OF_OPERATOR
    ),
}
