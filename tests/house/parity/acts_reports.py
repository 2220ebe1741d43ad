"""How convenient it is: said by a customer and by a guest."""

from cabinet.services.readings import guest, ticket
from tests import factories
from tests.house.parity.house import Act, Route, at

FORM = "#usability-form"


def tell(house):
    house.sign_in()
    return Act(page="/usability", form=FORM, fields={"rating": "4", "words": "Спасибо"})


def tell_guest(house):
    reading = factories.make_reading(house.meter, "2026-11", (4772,), source="guest")
    pepper = factories.SECRET_KEY
    made = ticket.issue(guest.TAKEN, reading.public_id, pepper=pepper, now=house.now)
    return Act(page=f"/usability/guest/{made}", form=FORM, fields={"rating": "2"})


ROUTES = {
    "usability.tell": Route(tell, {422: {"rating": "9"}}),
    "usability.tell_guest": Route(
        tell_guest,
        {422: {"rating": "9"}, 409: at(tell_guest, action="/usability/guest/none")},
    ),
}
