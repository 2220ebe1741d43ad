"""The calendar a phone subscribes to: its secret address is the whole permission."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

from flask import Blueprint, Response, current_app, make_response, request, url_for

from cabinet.exchange.occasion import Occasion
from cabinet.services.calendars import Day, What, days_of
from cabinet.web import identity, moment
from cabinet.web.network import public_url

blueprint = Blueprint("calendars", __name__)

NAME = "Электроэнергия"
TAIL = 4
#: When each is told of: in the morning of the first day, or before it.
MORNING = timedelta(hours=10)
WARNED = {
    What.WINDOW: MORNING,
    What.DUE: MORNING - timedelta(days=2),
    What.VERIFICATION: MORNING - timedelta(days=30),
}
TITLES = {
    What.WINDOW: "Передать показания счётчика",
    What.DUE: "Оплатить электроэнергию",
    What.VERIFICATION: "Кончается поверка счётчика",
}
PAGES = {
    What.WINDOW: "home.index",
    What.DUE: "payments.form",
    What.VERIFICATION: "home.index",
}


@blueprint.get("/calendar/<string:secret>.ics")
def show(secret: str) -> Response:
    """Give the calendar to who knows the address; 304 where nothing has changed."""
    identity.ask_no_more()
    found = days_of(secret, now=moment.now())
    # Its library is loaded when the first calendar is asked for.
    content = import_module("cabinet.exchange.calendar_feed").calendar(
        NAME,
        _occasions(found.days, is_several=found.is_several),
        stamp=found.today.replace(day=1),
    )
    response = make_response(content)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="cabinet.ics"'
    response.headers["X-Robots-Tag"] = "noindex"
    # Asked for anew each time; the tag spares the body. No proxy keeps it.
    response.headers["Cache-Control"] = "private, no-store"
    response.add_etag()
    response.make_conditional(request)
    return response


def _occasions(days: tuple[Day, ...], *, is_several: bool) -> Iterator[Occasion]:
    for day in days:
        yield Occasion(
            uid=f"{day.what}-{day.key}@cabinet",
            title=_title(day, is_several=is_several),
            starts=day.first,
            ends=day.last + timedelta(days=1),
            link=public_url(url_for(PAGES[day.what])),
            warned=WARNED[day.what],
            monthly=day.what is What.WINDOW,
        )


def _title(day: Day, *, is_several: bool) -> str:
    words = TITLES[day.what]
    if day.month is not None:
        month = current_app.jinja_env.filters["month"](day.month)
        words = f"{words} за {month}".replace("\u00a0", " ")
    card = day.account
    if card is None or not is_several:
        return words
    # Neither a name nor an address: calendars are shared and read aloud.
    return f"{words} (счёт …{card.number[-TAIL:]})"
