"""Платежи: a specialist finds one, gives money back, marks a dispute, decides."""

from datetime import date
from http import HTTPStatus
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from flask_wtf import FlaskForm

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.payments.states import PaymentEvent, PaymentState
from cabinet.forms.refunds import MarkForm, RefundForm, WhyForm
from cabinet.forms.registration import digits_of
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.services.payments import (
    card,
    desk,
    disputes,
    refund_calls,
    refunding,
    suspicion,
)
from cabinet.web import bank, htmx, identity, moment, payment_words
from cabinet.web.filters import money
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_payments", __name__, url_prefix="/staff/payments")

TITLE = "Платежи"
NOT_NOW = "Платёж с тех пор изменился, и так сделать уже нельзя"
NOT_REFUNDABLE = "С этого платежа сейчас нельзя вернуть деньги"
NO_SHARE = "В платеже нет доли этого лицевого счёта"
SAME_PERSON = "Вы сами запросили этот возврат. Разрешить его должен другой специалист"
KEY_TAKEN = "Эта форма уже отправлена с другой суммой. Проверьте возвраты ниже"
ON_ITS_WAY = "Возврат уже ушёл в банк. Дождитесь его окончания"
BANK_SILENT = "Банк не ответил. Попробуйте через несколько минут"
STILL_ODD = "Банк по-прежнему сообщает не то, что мы ждали. Платёж остался на проверке"
NO_MARK = "Выберите, что сообщил банк"


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show what needs a person, and the payments that were asked for."""
    asked = _asked()
    found = desk.payment_list(
        identity.member(), asked, actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template(
            "staff/payments/index.html",
            title=TITLE,
            found=found,
            asked=asked,
            words=payment_words,
            states=list(PaymentState),
            query=_query(asked),
        )
    )


@blueprint.get("/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show one payment; every look is in the log."""
    return _card(public_id)


@blueprint.post("/<uuid:public_id>/refunds")
@staff_required()
@sure_required
def give_back(public_id: UUID) -> Response:
    """Ask for a refund; within the branch's limit it is sent at once."""
    typed = RefundForm()
    if not typed.validate_on_submit():
        return _card(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, refund=typed)
    now = moment.now()
    try:
        made = refunding.request_refund(
            identity.member(),
            refunding.RefundWish(
                payment=public_id,
                account=digits_of(typed.account.data),
                amount=typed.wished,
                why=typed.why.data,
                nonce=typed.nonce,
            ),
            actor=identity.actor(),
            now=now,
        )
    except refunding.TooMuchError as error:
        typed.amount.errors = [f"Можно вернуть не больше {money(error.most)} ₽"]
        return _card(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, refund=typed)
    except refunding.NoShareError:
        typed.account.errors = [NO_SHARE]
        return _card(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, refund=typed)
    except (refunding.NotRefundableError, refunding.KeyTakenError) as error:
        is_taken = isinstance(error, refunding.KeyTakenError)
        fault = KEY_TAKEN if is_taken else NOT_REFUNDABLE
        return _card(public_id, HTTPStatus.CONFLICT, fault=fault)
    refund_calls.follow_now(made, bank.shops(), now=now)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/refunds/<uuid:refund_id>/approve")
@staff_required()
@sure_required
def approve(public_id: UUID, refund_id: UUID) -> Response:
    """Agree to somebody else's refund and send it."""
    now = moment.now()
    try:
        refunding.approve_refund(
            identity.member(), refund_id, actor=identity.actor(), now=now
        )
    except refunding.SamePersonError:
        return _card(public_id, HTTPStatus.CONFLICT, fault=SAME_PERSON)
    except (refunding.NotRefundableError, IllegalMoveError):
        return _card(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    refund_calls.follow_now(refund_id, bank.shops(), now=now)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/refunds/<uuid:refund_id>/reject")
@staff_required()
def reject(public_id: UUID, refund_id: UUID) -> Response:
    """Do not agree to a refund that has not been sent."""
    typed = WhyForm()
    if not typed.validate_on_submit():
        return _wrong(public_id, typed)
    try:
        refunding.reject_refund(
            identity.member(),
            refund_id,
            typed.why.data,
            actor=identity.actor(),
            now=moment.now(),
        )
    except IllegalMoveError:
        return _card(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/dispute")
@staff_required()
@sure_required
def mark(public_id: UUID) -> Response:
    """Write down what the bank told of a dispute."""
    typed = MarkForm()
    marks = {str(each): each for each in disputes.MARKS}
    is_valid = typed.validate_on_submit()
    if typed.mark.data not in marks:
        typed.mark.errors = [NO_MARK]
        is_valid = False
    if not is_valid:
        return _card(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, dispute=typed)
    try:
        disputes.mark_dispute(
            identity.member(),
            public_id,
            marks[typed.mark.data],
            typed.why.data,
            actor=identity.actor(),
            now=moment.now(),
        )
    except disputes.RefundOnItsWayError:
        return _card(public_id, HTTPStatus.CONFLICT, fault=ON_ITS_WAY)
    except IllegalMoveError:
        return _card(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/ask")
@staff_required()
def ask(public_id: UUID) -> Response:
    """Ask the bank about the payment at once."""
    suspicion.ask_again(
        identity.member(),
        public_id,
        bank.shops(),
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/trust")
@staff_required()
@sure_required
def trust(public_id: UUID) -> Response:
    """Let the bank's word move a suspicious payment."""
    typed = WhyForm()
    if not typed.validate_on_submit():
        return _wrong(public_id, typed)
    try:
        is_moved = suspicion.trust_the_bank(
            identity.member(),
            public_id,
            typed.why.data,
            bank.shops(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except suspicion.NotSuspiciousError:
        return _card(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    except (UnclearError, RefusedError):
        return _card(public_id, HTTPStatus.CONFLICT, fault=BANK_SILENT)
    if not is_moved:
        return _card(public_id, HTTPStatus.CONFLICT, fault=STILL_ODD)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/leave")
@staff_required()
def leave(public_id: UUID) -> Response:
    """Leave a suspicious payment as it is, with a remark."""
    typed = WhyForm()
    if not typed.validate_on_submit():
        return _wrong(public_id, typed)
    try:
        suspicion.leave_as_it_is(
            identity.member(),
            public_id,
            typed.why.data,
            actor=identity.actor(),
            now=moment.now(),
        )
    except suspicion.NotSuspiciousError:
        return _card(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    return htmx.go(url_for(".show", public_id=public_id))


def _asked() -> desk.Asked:
    """Read what is looked for; what cannot be read is not looked for."""
    day, page = request.args.get("day", ""), request.args.get("page", "1")
    try:
        wanted = date.fromisoformat(day) if day else None
    except ValueError:
        wanted = None
    state = request.args.get("state", "")
    is_number = page.isascii() and page.isdecimal() and len(page) < len("10000")
    return desk.Asked(
        zone=current_user.zone,
        day=wanted,
        state=next((each for each in PaymentState if each == state), None),
        account=digits_of(request.args.get("account"))[:20],
        page=min(max(int(page), 1), desk.MOST_PAGES) if is_number else 1,
    )


def _query(asked: desk.Asked) -> dict[str, str]:
    """Return what the addresses of other pages say besides their number."""
    said = {
        "day": asked.day.isoformat() if asked.day else "",
        "state": str(asked.state or ""),
        "account": asked.account,
    }
    return {name: value for name, value in said.items() if value}


def _wrong(public_id: UUID, typed: WhyForm) -> Response:
    fault = str(typed.why.errors[0]) if typed.why.errors else NOT_NOW
    return _card(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, fault=fault, why=typed)


def _card(
    public_id: UUID,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    refund: RefundForm | None = None,
    dispute: MarkForm | None = None,
    why: WhyForm | None = None,
) -> Response:
    shown = card.payment_card(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    if refund is None:
        refund = RefundForm(formdata=None)
        refund.renew_key()
    refund.account.choices = [
        (share.account, share.account) for share in shown.shares if share.left
    ]
    dispute = dispute or MarkForm(formdata=None)
    dispute.mark.choices = [
        ("", "Выберите"),
        *((str(each), payment_words.EVENTS[each]) for each in shown.marks),
    ]
    title = "Платёж"
    forms: dict[str, FlaskForm] = {"refund": refund, "dispute": dispute}
    return htmx.page(
        "staff/payments/show.html",
        title=title,
        status=status,
        card=shown,
        fault=fault,
        why=why or WhyForm(formdata=None),
        words=payment_words,
        is_sure=identity.is_sure(),
        lost=PaymentEvent.DISPUTE_LOST,
        **forms,
    )
