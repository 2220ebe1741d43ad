"""The pages of a reading sent without signing in, whichever way led there."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from cabinet.domain.readings import NotAReadingError
from cabinet.forms.readings import RegistersForm
from cabinet.forms.usability import Scale
from cabinet.services import readings, usability
from cabinet.services.readings import QuietForm, QuietTaken
from cabinet.services.usability import Whose
from cabinet.web import htmx, identity, moment

TITLE = "Передать показания без входа"

#: What a visitor can cause, and is shown a way out of.
REFUSALS = (
    NotAReadingError,
    readings.AlreadySentError,
    readings.MeterClosedError,
    readings.MonthChangedError,
)


def form_page(shown: QuietForm, action: str) -> Response:
    """Show the empty form of a meter, sent to `action`."""
    form = RegistersForm.blank(shown.reading.meter)
    return page(stage="form", shown=shown, form=form, action=action)


def refused_page(
    form: RegistersForm, shown: QuietForm, action: str, error: ValueError
) -> Response:
    """Show the form again with what is wrong (422) or what has changed (409)."""
    meter = shown.reading.meter
    status = HTTPStatus.CONFLICT
    form.take_over(form.typed)
    form.name_zones(meter)
    if isinstance(error, NotAReadingError) and meter is not None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        form.blame(error.faults, meter)
    return page(
        status,
        stage="form",
        shown=shown,
        form=form,
        action=action,
        has_moved=isinstance(error, readings.MonthChangedError),
    )


def taken_page(taken: QuietTaken) -> Response:
    """Show what was taken, and ask once a quarter how convenient it was."""
    now = moment.now()
    whose = Whose.guest(taken)
    receipt = readings.receipt_of(taken, pepper=identity.pepper(), now=now)
    scale = Scale.asking(
        url_for("usability.tell_guest", receipt=receipt),
        usability.standing(whose, now=now),
    )
    return page(stage="taken", taken=taken, scale=scale)


def page(status: HTTPStatus = HTTPStatus.OK, **context: Any) -> Response:
    """Show one stage of the way, whole or as the part that changes."""
    return htmx.render(
        "guest/show.html",
        fragment="guest/_guest_reading.html",
        title=TITLE,
        status=status,
        **context,
    )
