"""Начисления: runs, one up close with how far it is, what is unusual, what is done."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_login import current_user

from cabinet.domain.billing.run import RunError, RunMoved
from cabinet.domain.people import Role
from cabinet.forms.billing import AskForm, HoldForm
from cabinet.services import account_card
from cabinet.services.billing import deciding, desk, runs
from cabinet.web import account_words, billing_words, filters, htmx, identity, moment
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_bills", __name__, url_prefix="/staff/bills")

TITLE = "Начисления"
#: Who may begin, release and give up; others look.
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)
MOVED = "Запуск уже в другом состоянии, страница показывает, в каком"
NO_DRAFT = "Черновика этого лицевого счёта в запуске нет"
NO_BRANCH = "Выберите филиал, который выставляет квитанции сам"
NO_ACCOUNT = "В этом филиале нет такого лицевого счёта"
NO_MONTH = "Выберите месяц"
NOT_OVER = "Этот месяц ещё не кончился"
IS_OPEN = "Запуск этого месяца уже есть. Закончите или отмените его"
EARLIER = "Сначала опубликуйте или отмените запуск за {}"
SHORTEST_PAUSE, LONGEST_PAUSE = 2, 10
MOST_ID = 2**63


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the runs, and ask for one."""
    return _list(AskForm(formdata=None))


@blueprint.post("")
@staff_required(*CHIEFS)
def ask() -> Response:
    """Begin a run."""
    typed = AskForm()
    is_valid = typed.validate_on_submit()
    month = typed.wished
    if month is None and not typed.month.errors:
        typed.month.errors = [NO_MONTH]
    if not is_valid or month is None:
        return _list(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        run_id = deciding.ask(
            identity.member(),
            typed.branch.data,
            month,
            number=typed.digits,
            actor=identity.actor(),
            now=moment.now(),
        )
    except RunError as error:
        _explain(typed, error)
        return _list(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".show", run_id=run_id))


@blueprint.get("/<int:run_id>")
@staff_required()
def show(run_id: int) -> Response:
    """Show a run: its sums, how far it is, what may be done."""
    return _card(run_id)


@blueprint.get("/<int:run_id>/odd")
@staff_required()
def odd(run_id: int) -> Response:
    """Show the drafts that are unusual."""
    return _review(run_id)


@blueprint.get("/<int:run_id>/held")
@staff_required()
def held(run_id: int) -> Response:
    """Show the accounts that get no bill, and why."""
    return _review(run_id, of_held=True)


@blueprint.get("/<int:run_id>/drafts/<string:number>")
@staff_required()
def draft(run_id: int, number: str) -> Response:
    """Show a draft with every input it was made of; every look is in the log."""
    shown = account_card.draft_inputs(
        identity.member(), run_id, number, actor=identity.actor(), now=moment.now()
    )
    title = filters.receipt_title(shown.receipt.month)
    return make_response(
        render_template(
            "staff/accounts/bill.html",
            title=title,
            shown=shown,
            receipt=shown.receipt,
            back=url_for(".odd", run_id=run_id),
            words=account_words,
        )
    )


@blueprint.post("/<int:run_id>/drafts/<string:number>/hold")
@staff_required(*CHIEFS)
def hold_back(run_id: int, number: str) -> Response:
    """Give an account no bill in this run."""
    typed = HoldForm()
    if not typed.validate_on_submit():
        return _review(run_id, typed, number, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        deciding.hold_back(
            identity.member(),
            run_id,
            number,
            typed.why.data,
            actor=identity.actor(),
            now=moment.now(),
        )
    except deciding.DraftNotFound:
        return _review(run_id, fault=NO_DRAFT, status=HTTPStatus.CONFLICT)
    except RunMoved:
        return _card(run_id, HTTPStatus.CONFLICT, fault=MOVED)
    return htmx.go(url_for(".odd", run_id=run_id, after=_after() or None))


@blueprint.post("/<int:run_id>/issue")
@staff_required(*CHIEFS)
def issue(run_id: int) -> Response:
    """Let the drafts be written."""
    return _decide(run_id, deciding.issue)


@blueprint.post("/<int:run_id>/publish")
@staff_required(*CHIEFS)
@sure_required
def publish(run_id: int) -> Response:
    """Let customers see the bills."""
    return _decide(run_id, deciding.publish)


@blueprint.post("/<int:run_id>/cancel")
@staff_required(*CHIEFS)
def cancel(run_id: int) -> Response:
    """Give the run up."""
    return _decide(run_id, deciding.cancel)


@blueprint.post("/<int:run_id>/resume")
@staff_required(*CHIEFS)
def resume(run_id: int) -> Response:
    """Let the worker try again."""
    return _decide(run_id, deciding.go_on)


def _decide(run_id: int, act: deciding.Decision) -> Response:
    try:
        act(identity.member(), run_id, actor=identity.actor(), now=moment.now())
    except RunMoved:
        return _card(run_id, HTTPStatus.CONFLICT, fault=MOVED)
    return htmx.go(url_for(".show", run_id=run_id))


def _explain(typed: AskForm, error: RunError) -> None:
    """Put why it cannot begin at the field it is about."""
    if isinstance(error, runs.AccountUnknown):
        typed.account.errors = [NO_ACCOUNT]
    elif isinstance(error, runs.BranchUnknown | runs.NotOwnBilling):
        typed.branch.errors = [NO_BRANCH]
    elif isinstance(error, runs.MonthNotOver):
        typed.month.errors = [NOT_OVER]
    elif isinstance(error, runs.EarlierOpen):
        typed.month.errors = [EARLIER.format(filters.month(error.month))]
    else:
        typed.month.errors = [IS_OPEN]


def _list(typed: AskForm, status: int = HTTPStatus.OK) -> Response:
    found = desk.desk(identity.member(), now=moment.now())
    typed.branch.choices = [(each.code, each.name) for each in found.choices]
    months = {month for each in found.choices for month in each.months}
    typed.month.choices = [
        (str(month), filters.month(month)) for month in sorted(months, reverse=True)
    ]
    return htmx.page(
        "staff/bills/index.html",
        title=TITLE,
        status=status,
        found=found,
        form=typed,
        is_chief=current_user.role in CHIEFS,
        words=billing_words,
    )


def _card(run_id: int, status: int = HTTPStatus.OK, *, fault: str = "") -> Response:
    now = moment.now()
    card = desk.run_card(identity.member(), run_id, now=now)
    return htmx.render(
        "staff/bills/show.html",
        fragment="staff/bills/_bill_run.html",
        title=f"{card.shown.branch}, {filters.month(card.shown.month)}",
        status=status,
        card=card,
        fault=fault,
        is_chief=current_user.role in CHIEFS,
        is_sure=identity.is_sure(),
        words=billing_words,
        pause=_pause(card),
    )


def _pause(card: desk.RunCard) -> int | None:
    """Return the seconds until the page looks again, None where nothing goes on."""
    if card.progress is None or card.fault:
        return None
    left = card.progress.left
    if left is None:
        return SHORTEST_PAUSE
    return max(SHORTEST_PAUSE, min(int(left.total_seconds()) // 4, LONGEST_PAUSE))


def _after() -> int:
    after = request.args.get("after", 0, type=int)
    return after if 0 < after < MOST_ID else 0


def _review(
    run_id: int,
    typed: HoldForm | None = None,
    number: str = "",
    *,
    of_held: bool = False,
    fault: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    now = moment.now()
    card = desk.run_card(identity.member(), run_id, now=now)
    page = desk.review(
        identity.member(),
        run_id,
        of_held=of_held,
        after=_after(),
        actor=identity.actor(),
        now=now,
    )
    what = "Без квитанции" if of_held else "Необычные квитанции"
    title = f"{what}: {card.shown.branch}, {filters.month(card.shown.month)}"
    return htmx.page(
        "staff/bills/review.html",
        title=title,
        status=status,
        card=card,
        page=page,
        of_held=of_held,
        after=_after(),
        form=typed,
        wrong=number,
        fault=fault,
        may_hold=current_user.role in CHIEFS and card.shown.state == "issued",
        words=billing_words,
    )
