"""Pages of requests that several acts answer with."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, url_for

from cabinet.forms.staff_requests import MissForm, PlanForm, RefuseForm
from cabinet.services.requests import queue
from cabinet.services.requests.queue import Desk
from cabinet.web import htmx, identity, moment
from cabinet.web.network import public_url

CHANGED = "Пока вы смотрели, заявка изменилась. Посмотрите, что нового"


def link_of(public_id: UUID) -> str:
    """Return the address of a request as its customer's letters have it."""
    return public_url(url_for("requests.show", public_id=public_id))


def look(public_id: UUID) -> Desk:
    """Return the request; every look is in the log."""
    return queue.desk(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )


def done(public_id: UUID) -> Response:
    """Answer what was done: the request as it is now."""
    if htmx.wants_fragment():
        return show(look(public_id), is_fresh=True)
    return htmx.go(url_for("staff_requests.show", public_id=public_id))


def show(
    desk: Desk,
    status: int = HTTPStatus.OK,
    *,
    plan: PlanForm | None = None,
    refusal: RefuseForm | None = None,
    miss: MissForm | None = None,
    fault: str = "",
    is_fresh: bool = False,
) -> Response:
    """Answer with the request, and what was typed into one of its forms."""
    if plan is None:
        plan = PlanForm(formdata=None)
        plan.propose(desk)
    plan.offer(desk)
    return htmx.render(
        "staff/requests/show.html",
        fragment="staff/requests/_request.html",
        title=f"Заявка {desk.request.number}",
        status=status,
        desk=desk,
        found=desk.request,
        plan=plan,
        refusal=refusal or RefuseForm(formdata=None),
        miss=miss or MissForm(formdata=None),
        fault=fault,
        is_fresh=is_fresh,
    )
