"""Рабочий календарь: days that are not what their weekday says."""

from datetime import date
from http import HTTPStatus

from flask import Response, abort, request, url_for

from cabinet.blueprints.staff.settings.room import CHIEFS, blueprint, changes, page
from cabinet.domain.people import Role
from cabinet.forms.days import ON, YEARS, DaysForm
from cabinet.forms.typed import whole_number
from cabinet.services import setting_subjects, working_days
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.services.working_days import UsualDayError
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import staff_required, sure_required

STALE = "Этот день только что изменил кто-то другой. Проверьте и отправьте ещё раз"


@blueprint.get("/days")
@staff_required(*CHIEFS)
def days() -> Response:
    """Show a year."""
    return _page(_asked(), DaysForm(formdata=None))


@blueprint.post("/days")
@staff_required(Role.ADMIN)
@sure_required
def set_days() -> Response:
    """Say of days that they are worked, or not."""
    typed = DaysForm()
    if not typed.validate_on_submit():
        return _page(_asked(), typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    chosen = typed.read
    try:
        working_days.put(
            chosen,
            is_working=typed.kind.data == ON,
            source=" ".join((typed.source.data or "").split()),
            actor=identity.actor(),
            now=moment.now(),
        )
    except UsualDayError as error:
        is_on = "рабочий" if typed.kind.data == ON else "выходной"
        typed.days.errors = [f"{error.day:%d.%m.%Y} и так {is_on}"]
        return _page(_asked(), typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except ChangedMeanwhileError:
        return _page(_asked(), typed, HTTPStatus.CONFLICT, fault=STALE)
    return htmx.go(url_for(".days", year=min(chosen).year))


@blueprint.post("/days/<string:day>/remove")
@staff_required(Role.ADMIN)
@sure_required
def remove_day(day: str) -> Response:
    """Make a day what its weekday says."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)
    working_days.remove(found, actor=identity.actor(), now=moment.now())
    return htmx.go(url_for(".days", year=found.year))


def _asked() -> int:
    said = whole_number(request.values.get("year"), 4)
    if said is None or said not in YEARS:
        return moment.today().year
    return said


def _page(
    number: int, form: DaysForm, status: int = HTTPStatus.OK, *, fault: str = ""
) -> Response:
    found = working_days.year(number)
    made = changes(*found.subjects)
    return page(
        "days",
        title=f"Рабочий календарь на {number} год",
        status=status,
        year=found,
        form=form,
        fault=fault,
        is_admin=identity.member().role is Role.ADMIN,
        is_sure=identity.is_sure(),
        changes=made,
        named=setting_subjects.names_of(one.subject for one in made),
    )
