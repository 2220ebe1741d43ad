"""The card of an account: its letters and its log."""

from tests.house.policy.rules import HER_NUMBER, WORKPLACE, Line
from tests.house.policy.things import NUMBER

ROUTES: dict[str, Line] = {
    "GET /staff/accounts/<string:number>/letters": HER_NUMBER(number=NUMBER),
    "GET /staff/accounts/<string:number>/log": HER_NUMBER(number=NUMBER),
    "GET /staff/accounts?surname": WORKPLACE(q="Петрова"),
    "GET /staff/accounts?address": WORKPLACE(q="Ленина 14"),
}
