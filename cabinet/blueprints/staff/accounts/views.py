"""Абоненты: a specialist finds an account and looks at all that there is of it."""

from http import HTTPStatus

from flask import (
    Blueprint,
    Response,
    make_response,
    render_template,
    request,
    url_for,
)

from cabinet.domain.period import Month
from cabinet.domain.readings import NotAReadingError
from cabinet.forms.staff_access import EndAccessForm
from cabinet.forms.staff_accounts import NO_METER, ActForm, WhatIfForm, shape_of
from cabinet.forms.typed import whole_number
from cabinet.services import account_card, finding, ordering
from cabinet.services.account_card import ActProspect, ActWish, Prospect, Wish
from cabinet.services.billing.what_if import NothingToBill
from cabinet.web import (
    account_words,
    card_words,
    filters,
    htmx,
    identity,
    moment,
    order_words,
    search_words,
)
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_accounts", __name__, url_prefix="/staff/accounts")

TITLE = "Абоненты"
KEY_TAKEN = "Эта форма уже отправлена с другими данными. Проверьте показания в карточке счёта и отправьте снова"
NO_BILL = "У этого лицевого счёта больше не будет квитанций: акт ничего не изменит"
CANNOT_GIVE_BACK = (
    "Вернуть доступ нельзя: человек удалил кабинет или уже снова видит этот счёт"
)
MAX_TYPED = 100
MOST_PAGE_DIGITS = 4


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Ask what is known of an account, and show those that fit; the very one at once."""
    typed = request.args.get("q", "")[:MAX_TYPED]
    found = None
    if typed.strip():
        found = finding.find_accounts(
            identity.member(), typed, actor=identity.actor(), now=moment.now()
        )
        if found.only:
            return htmx.go(url_for(".show", number=found.only.number))
    return make_response(
        render_template(
            "staff/accounts/index.html",
            title=TITLE,
            typed=typed,
            found=found,
            words=search_words,
        )
    )


@blueprint.get("/<string:number>")
@staff_required()
def show(number: str) -> Response:
    """Show the card of an account; every look is in the log."""
    return _card(number)


@blueprint.get("/<string:number>/letters")
@staff_required()
def letters(number: str) -> Response:
    """Show which letters went about the account; every look is in the log."""
    shown = account_card.letters_of(
        identity.member(), number, actor=identity.actor(), now=moment.now()
    )
    return htmx.page(
        "staff/accounts/letters.html",
        title="Письма по счёту",
        shown=shown,
        words=card_words,
    )


@blueprint.get("/<string:number>/log")
@staff_required()
def log(number: str) -> Response:
    """Show who did what with the account; every look is in the log."""
    shown = account_card.uses_of(
        identity.member(),
        number,
        whole_number(request.args.get("page"), MOST_PAGE_DIGITS) or 1,
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.page(
        "staff/accounts/log.html",
        title="Журнал счёта",
        shown=shown,
        words=card_words,
    )


@blueprint.get("/<string:number>/people/<int:access_id>")
@staff_required()
@sure_required
def access(number: str, access_id: int) -> Response:
    """Ask why somebody's access to the account ends."""
    return _access(EndAccessForm(formdata=None), number, access_id)


@blueprint.post("/<string:number>/people/<int:access_id>")
@staff_required()
@sure_required
def end_access(number: str, access_id: int) -> Response:
    """End somebody's access to the account; it can be taken back for a while."""
    form = EndAccessForm()
    reason = form.take_reason()
    if reason is not None:
        try:
            account_card.end_access(
                identity.member(),
                number,
                access_id,
                reason,
                holder_since=form.holder_since,
                actor=identity.actor(),
                now=moment.now(),
            )
        except account_card.HolderDayUnfit as error:
            form.blame_day(error.least)
        else:
            return htmx.go(url_for(".show", number=number))
    return _access(form, number, access_id, HTTPStatus.UNPROCESSABLE_ENTITY)


@blueprint.post("/<string:number>/people/<int:access_id>/undo")
@staff_required()
@sure_required
def undo_access(number: str, access_id: int) -> Response:
    """Take the end of an access back while nobody has heard of it."""
    try:
        account_card.give_back_access(
            identity.member(),
            number,
            access_id,
            actor=identity.actor(),
            now=moment.now(),
        )
    except account_card.CannotGiveBack:
        return _card(number, HTTPStatus.CONFLICT, fault=CANNOT_GIVE_BACK)
    return htmx.go(url_for(".show", number=number))


@blueprint.get("/<string:number>/bills/<month:month>")
@staff_required()
def bill(number: str, month: Month) -> Response:
    """Show one bill with every input it was made of; every look is in the log."""
    shown = account_card.bill_inputs(
        identity.member(), number, month, actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template(
            "staff/accounts/bill.html",
            title=filters.receipt_title(month),
            shown=shown,
            receipt=shown.receipt,
            back=None,
            words=account_words,
        )
    )


@blueprint.get("/<string:number>/what-if")
@staff_required()
def what_if(number: str) -> Response:
    """Show the next bill beside the one it would be with something changed."""
    form = WhatIfForm(request.args, meta={"csrf": False})
    wish = form.take_wish() if request.args else Wish()
    if wish is not None:
        try:
            return _what_if(form, _prospect(number, wish))
        except account_card.ReadingUnfit as error:
            form.blame_day(error)
        except account_card.MeterUnknown:
            form.meter.errors = [NO_METER]
        except NotAReadingError as error:
            form.blame(error.faults)
    shown = _prospect(number, Wish())
    return _what_if(form, shown, HTTPStatus.UNPROCESSABLE_ENTITY)


@blueprint.get("/<string:number>/control-act")
@staff_required()
def control_act(number: str) -> Response:
    """Ask for the act of a control check."""
    form = ActForm(formdata=None)
    form.renew_key()
    return _act(form, number)


@blueprint.post("/<string:number>/control-act")
@staff_required()
def enter_act(number: str) -> Response:
    """Show what the act would change; once that was seen, write it down."""
    form = ActForm()
    wish = form.take_act()
    if wish is not None:
        try:
            return _taken(form, number, wish)
        except account_card.ReadingUnfit as error:
            form.blame_day(error)
        except account_card.MeterUnknown:
            form.meter.errors = [NO_METER]
        except account_card.ActKnown as error:
            day = filters.short_date(error.day)
            form.act.errors = [f"Акт с этим номером уже внесён, от {day}"]
        except NotAReadingError as error:
            form.blame(error.faults)
        except account_card.KeyTaken:
            form.renew_key()
            return _act(form, number, HTTPStatus.CONFLICT, fault=KEY_TAKEN)
        except NothingToBill:
            return _act(form, number, HTTPStatus.CONFLICT, fault=NO_BILL)
    return _act(form, number, HTTPStatus.UNPROCESSABLE_ENTITY)


def _card(number: str, status: int = HTTPStatus.OK, *, fault: str = "") -> Response:
    card = account_card.account_card(
        identity.member(), number, actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template(
            "staff/accounts/show.html",
            title=_title(card.number),
            card=card,
            orders=ordering.orders_of(identity.member(), number),
            fault=fault,
            is_entered="entered" in request.args,
            order_words=order_words,
            card_words=card_words,
            words=account_words,
        ),
        status,
    )


def _access(
    form: EndAccessForm, number: str, access_id: int, status: int = HTTPStatus.OK
) -> Response:
    ending = account_card.look_at_access(
        identity.member(), number, access_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.page(
        "staff/accounts/access.html",
        title="Закрыть доступ к счёту",
        status=status,
        ending=ending,
        form=form,
    )


def _taken(form: ActForm, number: str, wish: ActWish) -> Response:
    """Write the act down if it was seen as it is, else show what it changes."""
    member, actor, now = identity.member(), identity.actor(), moment.now()
    if form.is_confirmed(wish):
        account_card.enter_act(
            member, number, wish, key=form.sure_key, actor=actor, now=now
        )
        return htmx.go(url_for(".show", number=number, entered=1))
    shown = account_card.preview_act(member, number, wish, actor=actor, now=now)
    form.seen.data = shape_of(wish)
    return _act_page(form, shown.prospect, shown=shown)


def _act(
    form: ActForm, number: str, status: int = HTTPStatus.OK, *, fault: str = ""
) -> Response:
    blank = account_card.blank_act(
        identity.member(), number, actor=identity.actor(), now=moment.now()
    )
    return _act_page(form, blank, status, fault=fault)


def _act_page(
    form: ActForm,
    prospect: Prospect,
    status: int = HTTPStatus.OK,
    *,
    shown: ActProspect | None = None,
    fault: str = "",
) -> Response:
    form.offer_meters(prospect.meters)
    title = "Акт контрольной проверки"
    return htmx.page(
        "staff/accounts/control_act.html",
        title=title,
        status=status,
        prospect=prospect,
        shown=shown,
        fault=fault,
        form=form,
        words=account_words,
    )


def _prospect(number: str, wish: Wish) -> Prospect:
    return account_card.what_if_of(
        identity.member(), number, wish, actor=identity.actor(), now=moment.now()
    )


def _what_if(
    form: WhatIfForm, shown: Prospect, status: int = HTTPStatus.OK
) -> Response:
    form.offer_meters(shown.meters)
    title = (
        f"Что, если: квитанция за {filters.month_name(shown.month)} {shown.month.year}"
    )
    return htmx.page(
        "staff/accounts/what_if.html",
        title=title,
        status=status,
        shown=shown,
        form=form,
        words=account_words,
    )


def _title(number: str) -> str:
    """Return «Лицевой счёт 4600 0000 0001»; a tab folds hard spaces."""
    grouped = filters.account_number(number).replace(filters.NBSP, " ")
    return f"Лицевой счёт {grouped}"
