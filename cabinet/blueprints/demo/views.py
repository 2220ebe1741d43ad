"""Pages that exist only in the demonstration; elsewhere they are not registered."""

from pathlib import Path
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    render_template,
)

from cabinet.domain.period import local_day
from cabinet.emulator.cards import CARDS
from cabinet.services import demo
from cabinet.services.demo import mailbox
from cabinet.web import moment

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

ZONE = ZoneInfo("Europe/Moscow")


@blueprint.get("")
def index() -> Response:
    """Show who lives in the demonstration and what to try."""
    return make_response(
        render_template(
            "demo/index.html",
            title="Демонстрация",
            people=demo.PEOPLE,
            password=demo.PASSWORD,
            codes=demo.staff_codes(now=moment.now()),
            cards=CARDS,
            readings=demo.next_readings(),
            today=local_day(moment.now(), ZONE),
        )
    )


@blueprint.get("/mail")
def mail() -> Response:
    """List the letters that the demonstration sent, newest first."""
    return make_response(
        render_template(
            "demo/mail.html",
            title="Письма демонстрации",
            letters=mailbox.letters(_folder()),
            most=mailbox.MOST_LISTED,
            zone=ZONE,
        )
    )


@blueprint.get("/mail/<int:number>")
def letter(number: int) -> Response:
    """Show one letter as plain text."""
    try:
        found = mailbox.get_letter(_folder(), number)
    except mailbox.LetterNotFoundError:
        abort(404)
    return make_response(
        render_template(
            "demo/letter.html",
            title=found.subject or "Письмо без темы",
            letter=found,
            zone=ZONE,
        )
    )


def _folder() -> Path:
    home: Path = current_app.extensions["cabinet.settings"].home
    return home / "mail"
