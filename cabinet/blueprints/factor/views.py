"""The second factor of staff: showing it, taking one, doing without a lost telephone."""

from typing import cast

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_login import current_user, login_required

from cabinet.forms.factor import CodeForm, RecoveryForm, SureForm, SureOfStaffForm
from cabinet.pdf import qr
from cabinet.services import factors, password_change, sessions
from cabinet.services.sessions import SignedIn
from cabinet.web import htmx, identity, moment, network
from cabinet.web.identity import half_required, staff_required, sure_required
from cabinet.web.sid import current_sid, replace_sid

blueprint = Blueprint("factor", __name__, url_prefix="/factor")

WRONG = "Код не подходит. Проверьте часы телефона и введите новый код"
USED = "Этот код уже использован. Подождите полминуты и введите новый"
WRONG_RECOVERY = "Такого запасного кода нет, или он уже использован"
NOT_SURE = "Пароль или код не подходят. Проверьте и введите ещё раз"


@blueprint.get("")
@half_required
def show() -> Response:
    """Ask for a code; somebody without a factor takes one first."""
    back = identity.local_page(request.args.get("next"))
    if not factors.is_enrolled(_half().user_id):
        return htmx.go(url_for("factor.enrol", next=back))
    return _code_page(CodeForm(next=back or ""))


@blueprint.post("")
@half_required
def enter() -> Response:
    """Open the session with a code."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _code_page(form, status=422)
    try:
        proved = factors.show_code(
            _half(),
            form.code.data,
            actor=identity.actor(),
            network=network.network(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except factors.CodeUsedError:
        form.code.errors = [USED]
        return _code_page(form, status=422)
    except factors.WrongCodeError:
        form.code.errors = [WRONG]
        return _code_page(form, status=422)
    return _opened(proved, form.next.data)


@blueprint.get("/recovery")
@half_required
def recovery() -> Response:
    """Ask for a recovery code in place of the telephone."""
    back = identity.local_page(request.args.get("next"))
    return _recovery_page(RecoveryForm(next=back or ""))


@blueprint.post("/recovery")
@half_required
def recover() -> Response:
    """Open the session with a recovery code."""
    form = RecoveryForm()
    if not form.validate_on_submit():
        return _recovery_page(form, status=422)
    try:
        proved = factors.show_recovery(
            _half(),
            form.code.data,
            actor=identity.actor(),
            told=_told(),
            network=network.network(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except factors.WrongCodeError:
        form.code.errors = [WRONG_RECOVERY]
        return _recovery_page(form, status=422)
    return _opened(proved, form.next.data)


@blueprint.get("/enrol")
def enrol() -> Response:
    """Show the secret for an application and ask for its first code."""
    guard = _may_enrol()
    if isinstance(guard, Response):
        return guard
    back = identity.local_page(request.args.get("next"))
    return _enrol_page(guard, CodeForm(next=back or ""))


@blueprint.post("/enrol")
def take() -> Response:
    """Take the secret and show the recovery codes, this once.

    They are the answer itself: only their hashes are kept for another page.
    """
    guard = _may_enrol()
    if isinstance(guard, Response):
        return guard
    form = CodeForm()
    if not form.validate_on_submit():
        return _enrol_page(guard, form, status=422)
    try:
        proved = factors.enrol(
            guard,
            _offer(guard),
            form.code.data,
            may_replace=guard.has_factor,
            actor=identity.actor(),
            told=_told(),
            network=network.network(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except factors.WrongCodeError:
        form.code.errors = [WRONG]
        return _enrol_page(guard, form, status=422)
    except factors.FactorExistsError:
        return htmx.go(url_for("factor.show"))
    replace_sid(current_app, proved.sid)
    return _codes_page(proved.recovery_codes, identity.local_page(form.next.data))


@blueprint.get("/codes")
@staff_required()
@sure_required
def codes() -> Response:
    """Tell how many recovery codes are left and offer new ones."""
    return make_response(
        render_template(
            "factor/renew.html",
            title="Запасные коды",
            left=factors.codes_left(current_user.user_id),
        )
    )


@blueprint.post("/codes")
@staff_required()
@sure_required
def renew_codes() -> Response:
    """Make ten new recovery codes and show them, this once."""
    made = factors.renew_codes(
        identity.signed_in(),
        actor=identity.actor(),
        told=_told(),
        pepper=identity.pepper(),
        now=moment.now(),
    )
    return _codes_page(made, None)


@blueprint.get("/sure")
@login_required
def sure() -> Response:
    """Ask again who it is."""
    form = _sure_form()
    form.next.data = identity.local_page(request.args.get("next")) or ""
    return _sure_page(form)


@blueprint.post("/sure")
@login_required
def prove() -> Response:
    """Note who it is for the next quarter of an hour, and go on."""
    form = _sure_form()
    if not form.validate_on_submit():
        return _sure_page(form, status=422)
    who = identity.signed_in()
    try:
        sid = _proved(who, form)
    except (password_change.WrongPasswordError, factors.WrongCodeError) as error:
        is_used = isinstance(error, factors.CodeUsedError)
        form.password.errors = [USED if is_used else NOT_SURE]
        return _sure_page(form, status=422)
    replace_sid(current_app, sid, lasts=sessions.lasts_of(who))
    return htmx.go(
        identity.local_page(form.next.data) or url_for("profile.show"),
    )


def _proved(who: SignedIn, form: SureForm) -> str:
    now = moment.now()
    password_change.check_current(
        who.user_id,
        form.password.data,
        actor=identity.actor(),
        pepper=identity.pepper(),
        now=now,
    )
    if isinstance(form, SureOfStaffForm):
        return factors.show_code(
            who,
            form.code.data,
            actor=identity.actor(),
            network=network.network(),
            pepper=identity.pepper(),
            now=now,
        ).sid
    return sessions.make_sure(who, actor=identity.actor(), now=now)


def _half() -> SignedIn:
    return cast("SignedIn", identity.half_signed_in())


def _may_enrol() -> SignedIn | Response:
    """Return who may take a factor now, or where they go first.

    Somebody half in who has none, or staff who proved lately who they are.
    """
    half = identity.half_signed_in()
    if half is not None:
        if factors.is_enrolled(half.user_id):
            return htmx.go(url_for("factor.show"))
        return half
    answer = staff_required()(sure_required(identity.signed_in))()
    return cast("SignedIn | Response", answer)


def _offer(who: SignedIn) -> factors.Offer:
    return factors.offer(
        who,
        current_sid(),
        issuer=current_app.extensions["cabinet.settings"].company,
        pepper=identity.pepper(),
    )


def _told() -> factors.Told:
    return factors.Told(
        link=network.public_url(url_for("password.reset")),
        zone=current_app.extensions["cabinet.settings"].zone,
    )


def _opened(proved: factors.Proved, target: str | None) -> Response:
    replace_sid(current_app, proved.sid)
    return htmx.go(identity.local_page(target) or url_for("home.index"))


def _sure_form() -> SureForm:
    return SureOfStaffForm() if current_user.role.is_staff else SureForm()


def _code_page(form: CodeForm, *, status: int = 200) -> Response:
    return htmx.render(
        "factor/show.html",
        fragment="factor/_factor_form.html",
        title="Код из приложения",
        status=status,
        form=form,
    )


def _recovery_page(form: RecoveryForm, *, status: int = 200) -> Response:
    return htmx.render(
        "factor/recovery.html",
        fragment="factor/_recovery_form.html",
        title="Вход по запасному коду",
        status=status,
        form=form,
    )


def _enrol_page(who: SignedIn, form: CodeForm, *, status: int = 200) -> Response:
    offered = _offer(who)
    return htmx.render(
        "factor/enrol.html",
        fragment="factor/_enrol_form.html",
        title="Подключите одноразовые коды",
        status=status,
        form=form,
        groups=offered.groups,
        code=qr.svg_code(offered.uri),
    )


def _codes_page(made: tuple[str, ...], back: str | None) -> Response:
    return make_response(
        render_template(
            "factor/codes.html",
            title="Сохраните запасные коды",
            codes=made,
            back=back or url_for("home.index"),
        )
    )


def _sure_page(form: SureForm, *, status: int = 200) -> Response:
    return htmx.render(
        "factor/sure.html",
        fragment="factor/_sure_form.html",
        title="Подтвердите, что это вы",
        status=status,
        form=form,
    )
