"""Перерасчёты: a specialist enters one by its paper, another agrees above the limit."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, url_for

from cabinet.domain.billing.order import PricesDiffer
from cabinet.domain.tariff import RateMissing
from cabinet.forms.orders import OrderForm, shape_of
from cabinet.forms.refunds import WhyForm
from cabinet.services import ordering
from cabinet.services.billing.runs import NotOwnBilling
from cabinet.services.billing.what_if import NothingToBill
from cabinet.services.ordering import OrderProspect, OrderWish
from cabinet.web import account_words, htmx, identity, moment, order_words
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint(
    "staff_recalculations", __name__, url_prefix="/staff/recalculations"
)

KEY_TAKEN = (
    "Эта форма уже отправлена с другими данными. Проверьте перерасчёты счёта и "
    "отправьте снова"
)
NO_BILL = "У этого лицевого счёта больше не будет квитанций: учесть перерасчёт негде"
NOT_OWN = "Квитанции этого филиала делает другая система: перерасчёт вносят в ней"
SAME_PERSON = "Вы сами внесли этот перерасчёт. Согласовать его должен другой специалист"
WITHDRAWN = "Перерасчёт уже отозвали"
HELD = {
    "drafted": "Перерасчёт уже в посчитанной квитанции. Чтобы отозвать его, отмените запуск или придержите квитанцию",
    "taken": "Перерасчёт уже в квитанции. Чтобы исправить, внесите обратный",
}


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show what waits for another specialist, and what waits for a bill."""
    found = ordering.open_orders(
        identity.member(), actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template(
            "staff/recalculations/index.html",
            title="Перерасчёты",
            found=found,
            words=order_words,
        )
    )


@blueprint.get("/accounts/<string:number>")
@staff_required()
@sure_required
def blank(number: str) -> Response:
    """Ask for a recalculation of an account."""
    form = OrderForm(formdata=None)
    form.renew_key()
    return _asked(form, number)


@blueprint.post("/accounts/<string:number>")
@staff_required()
@sure_required
def ask(number: str) -> Response:
    """Show what the next bill will hold; once that was seen, write the order down."""
    form = OrderForm()
    wish = form.take_wish()
    if wish is None:
        return _asked(form, number, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return _taken(form, number, wish)
    except ordering.OrderKeyTaken:
        form.renew_key()
        return _asked(form, number, HTTPStatus.CONFLICT, fault=KEY_TAKEN)
    except NothingToBill:
        return _asked(form, number, HTTPStatus.CONFLICT, fault=NO_BILL)
    except NotOwnBilling:
        return _asked(form, number, HTTPStatus.CONFLICT, fault=NOT_OWN)
    except (ordering.OrderUnfit, PricesDiffer, RateMissing) as error:
        form.blame(error)
    return _asked(form, number, HTTPStatus.UNPROCESSABLE_ENTITY)


@blueprint.get("/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show an order, where it stands and what may be done with it."""
    return _card(public_id)


@blueprint.post("/<uuid:public_id>/agree")
@staff_required()
@sure_required
def agree(public_id: UUID) -> Response:
    """Agree to another specialist's order."""
    try:
        ordering.agree_to_order(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except ordering.SamePerson:
        return _card(public_id, HTTPStatus.CONFLICT, fault=SAME_PERSON)
    except ordering.OrderWithdrawn:
        return _card(public_id, HTTPStatus.CONFLICT, fault=WITHDRAWN)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/withdraw")
@staff_required()
def withdraw(public_id: UUID) -> Response:
    """Take an order back that no bill has."""
    typed = WhyForm()
    if not typed.validate_on_submit():
        fault = next(iter(typed.why.errors), WITHDRAWN)
        return _card(
            public_id, HTTPStatus.UNPROCESSABLE_ENTITY, fault=str(fault), why=typed
        )
    try:
        ordering.withdraw_order(
            identity.member(),
            public_id,
            typed.why.data,
            actor=identity.actor(),
            now=moment.now(),
        )
    except ordering.OrderHeld as held:
        return _card(public_id, HTTPStatus.CONFLICT, fault=HELD[held.state])
    return htmx.go(url_for(".show", public_id=public_id))


def _taken(form: OrderForm, number: str, wish: OrderWish) -> Response:
    """Write the order down if it was seen as it is, else show what it changes."""
    member, actor, now = identity.member(), identity.actor(), moment.now()
    if form.is_confirmed(wish):
        public_id = ordering.ask_order(
            member, number, wish, key=form.sure_key, actor=actor, now=now
        )
        return htmx.go(url_for(".show", public_id=public_id))
    shown = ordering.preview_order(member, number, wish, actor=actor, now=now)
    form.seen.data = shape_of(wish)
    return _ask_page(form, shown)


def _asked(
    form: OrderForm, number: str, status: int = HTTPStatus.OK, *, fault: str = ""
) -> Response:
    shown = ordering.blank_order(
        identity.member(), number, actor=identity.actor(), now=moment.now()
    )
    return _ask_page(form, shown, status, fault=fault)


def _ask_page(
    form: OrderForm,
    shown: OrderProspect,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
) -> Response:
    form.offer(shown.prospect.plan, shown.offered)
    return htmx.page(
        "staff/recalculations/ask.html",
        title="Перерасчёт по документу",
        status=status,
        shown=shown,
        prospect=shown.prospect,
        fault=fault,
        form=form,
        words=account_words,
    )


def _card(
    public_id: UUID,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    why: WhyForm | None = None,
) -> Response:
    shown = ordering.order_card(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.page(
        "staff/recalculations/show.html",
        title="Перерасчёт",
        status=status,
        shown=shown,
        fault=fault,
        why=why or WhyForm(formdata=None),
        words=order_words,
        is_sure=identity.is_sure(),
    )
