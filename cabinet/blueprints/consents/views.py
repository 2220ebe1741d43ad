"""Письма и согласия: letters by account, consents, and every act there was."""

from flask import Blueprint, Response, abort, request, url_for
from flask_login import current_user, login_required

from cabinet.forms.consents import WORDS, LettersForm
from cabinet.services import preferences
from cabinet.web import htmx, identity, moment

blueprint = Blueprint("consents", __name__, url_prefix="/profile/consents")

NO_SUCH_LETTER = "Таких писем нет. Отметьте нужные и сохраните ещё раз"


@blueprint.get("")
@login_required
def show() -> Response:
    """Show the letters, the consents and the acts."""
    _customers_only()
    return _page(is_saved="saved" in request.args)


@blueprint.post("/letters")
@login_required
def choose() -> Response:
    """Switch the letters about an account."""
    _customers_only()
    form = LettersForm()
    account = form.account.data or ""
    if not form.validate_on_submit():
        return _page(status=422, wrong=account)
    try:
        preferences.choose_letters(
            current_user.user_id,
            account,
            form.letters.data or (),
            day=moment.today(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except preferences.LetterNotOfferedError:
        return _page(status=422, wrong=account)
    return _changed()


@blueprint.post("/<string:code>/withdraw")
@login_required
def withdraw(code: str) -> Response:
    """Take a consent back."""
    _customers_only()
    preferences.withdraw(
        current_user.user_id,
        code,
        day=moment.today(),
        actor=identity.actor(),
        now=moment.now(),
    )
    return _changed()


def _customers_only() -> None:
    if current_user.role.is_staff:
        abort(404)


def _changed() -> Response:
    if htmx.wants_fragment():
        return _page(is_saved=True)
    return htmx.go(url_for("consents.show", saved=1))


def _page(
    *, status: int = 200, is_saved: bool = False, wrong: str | None = None
) -> Response:
    return htmx.render(
        "consents/show.html",
        fragment="consents/_consents.html",
        title="Письма и согласия",
        status=status,
        found=preferences.preferences(current_user.user_id, now=moment.now()),
        words=WORDS,
        is_saved=is_saved,
        wrong=wrong,
        error=NO_SUCH_LETTER,
    )
