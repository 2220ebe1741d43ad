"""Account-months worked out by hand: everything the tests of whole bills walk through."""

from tests.domain.constructed_checks import CHECKS
from tests.domain.constructed_closed import CLOSED
from tests.domain.constructed_debts import DEBTS
from tests.domain.constructed_orders import ORDERS
from tests.domain.constructed_readings import READINGS
from tests.domain.constructed_silence import SILENCE

CASES = (*READINGS, *SILENCE, *CHECKS, *DEBTS, *ORDERS, *CLOSED)
