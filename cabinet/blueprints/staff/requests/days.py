"""План дня: the crews' sheets to print; and the crews themselves."""

from http import HTTPStatus

from flask import Blueprint, Response, request, url_for

from cabinet.domain.people import Role
from cabinet.forms.history import read_day
from cabinet.forms.requests import MAX_DAY
from cabinet.forms.staff_requests import CrewForm, DayPlanForm
from cabinet.services.requests import crews
from cabinet.services.requests.day import day_plan
from cabinet.services.staff import offices_of
from cabinet.web import htmx, identity, moment
from cabinet.web.filters import day_of_year, plural
from cabinet.web.identity import staff_required

CREWS = "Бригады"
MAX_CODE = 40
BUSY = "У бригады ещё {visits} {word} после сегодняшнего дня. Перенесите сначала их"

blueprint = Blueprint("days", __name__)


@blueprint.get("/plan")
@staff_required()
def plan() -> Response:
    """Show the sheets of a branch's day; every look is in the log."""
    member = identity.member()
    found = day_plan(
        member,
        request.args.get("branch", "")[:MAX_CODE],
        read_day(request.args.get("day", "")[:MAX_DAY]),
        actor=identity.actor(),
        now=moment.now(),
    )
    typed = DayPlanForm(formdata=None)
    typed.offer_branches(offices_of(member))
    typed.branch.data = found.branch_code
    typed.day.data = f"{found.day:%d.%m.%Y}"
    return htmx.page(
        "staff/requests/plan.html",
        title=f"План на {day_of_year(found.day)}".replace("\u00a0", " "),
        plan=found,
        form=typed,
    )


@blueprint.get("/crews")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def show_crews() -> Response:
    """Show the crews and the form of a new one."""
    return _crews_page(CrewForm(formdata=None))


@blueprint.post("/crews")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def add_crew() -> Response:
    """Add a crew."""
    typed = CrewForm()
    typed.offer_branches(offices_of(identity.member()))
    taken = typed.take()
    if taken is None:
        return _crews_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    name, shift = taken
    crews.add(
        identity.member(),
        name,
        branch=typed.branch.data,
        starts=shift.starts,
        visits=shift.visits,
        key=typed.once,
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(url_for(".show_crews"))


@blueprint.post("/crews/<int:crew_id>/end")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def end_crew(crew_id: int) -> Response:
    """Let today be the crew's last day."""
    try:
        crews.end(identity.member(), crew_id, actor=identity.actor(), now=moment.now())
    except crews.CrewBusyError as error:
        word = plural(error.visits, "выезд", "выезда", "выездов")
        fault = BUSY.format(visits=error.visits, word=word)
        return _crews_page(CrewForm(formdata=None), HTTPStatus.CONFLICT, fault=fault)
    return htmx.go(url_for(".show_crews"))


@blueprint.post("/crews/<int:crew_id>/resume")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def resume_crew(crew_id: int) -> Response:
    """Let a crew that was ended work on."""
    crews.resume(identity.member(), crew_id, actor=identity.actor(), now=moment.now())
    return htmx.go(url_for(".show_crews"))


def _crews_page(
    typed: CrewForm, status: int = HTTPStatus.OK, *, fault: str = ""
) -> Response:
    member = identity.member()
    typed.offer_branches(offices_of(member))
    typed.key.data = typed.once
    return htmx.page(
        "staff/requests/crews.html",
        title=CREWS,
        status=status,
        form=typed,
        crews=crews.list_of(member),
        fault=fault,
    )
