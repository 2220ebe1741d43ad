"""Разнесение платежей: a specialist looks what a payment covers and says what it is for."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request, url_for

from cabinet.forms.allocations import AllocationForm
from cabinet.forms.registration import digits_of
from cabinet.services import allocating
from cabinet.web import htmx, identity, moment, statement_words
from cabinet.web.identity import staff_required

blueprint = Blueprint("staff_allocations", __name__, url_prefix="/staff/allocations")

TITLE = "Разнесение платежей"


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Ask for an account, and show its payments and the months they cover."""
    typed = request.args.get("account", "")[:40]
    number = digits_of(typed)
    found = number and allocating.payments_of(
        identity.member(), number, actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template(
            "staff/allocations/index.html",
            title=TITLE,
            typed=typed,
            found=found or None,
            words=statement_words,
        )
    )


@blueprint.get("/<int:entry_id>")
@staff_required()
def show(entry_id: int) -> Response:
    """Show one payment, what was said of it, and the form to say more."""
    return _page(entry_id)


@blueprint.post("/<int:entry_id>")
@staff_required()
def say(entry_id: int) -> Response:
    """Write down the month the payment is for."""
    typed = AllocationForm()
    if not typed.validate_on_submit():
        return _page(entry_id, typed)
    allocating.reallocate(
        identity.member(),
        entry_id,
        typed.chosen,
        typed.reason.data,
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(url_for(".show", entry_id=entry_id, said=1))


def _page(entry_id: int, typed: AllocationForm | None = None) -> Response:
    shown = allocating.payment_up_close(
        identity.member(), entry_id, actor=identity.actor(), now=moment.now()
    )
    form = typed or AllocationForm(formdata=None)
    form.offer(shown.months)
    title = "Платёж и его месяц"
    return make_response(
        render_template(
            "staff/allocations/show.html",
            title=title,
            tab=f"Ошибка: {title}" if typed else title,
            shown=shown,
            form=form,
            is_said="said" in request.args and typed is None,
            words=statement_words,
        ),
        HTTPStatus.UNPROCESSABLE_ENTITY if typed else HTTPStatus.OK,
    )
