"""Мои счета: names, order, unlinking."""

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from cabinet.blueprints.accounts import words
from cabinet.forms.accounts import LabelForm
from cabinet.services import access, own_accounts
from cabinet.services.access import AccountCard
from cabinet.services.account_log import account_log
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import account_required

blueprint = Blueprint("accounts", __name__, url_prefix="/profile/accounts")

blueprint.add_app_template_filter(words.who, "used_by")
blueprint.add_app_template_filter(words.what, "used_how")

#: Places in the order and pages of the log are short numbers.
MOST_DIGITS = 4
BUTTON = "to:"


@blueprint.get("")
@account_required
def index() -> Response:
    """Show the accounts in their order."""
    return make_response(render_template("accounts/index.html", title="Мои счета"))


@blueprint.get("/<string:slug>")
@account_required
def show(slug: str) -> Response:
    """Show one account with its name to be changed."""
    card = _card(slug)
    return _page(card, LabelForm(formdata=None, label=card.label))


@blueprint.post("/<string:slug>")
@account_required
def rename(slug: str) -> Response:
    """Give the account the user's own name."""
    card = _card(slug)
    form = LabelForm()
    try:
        own_accounts.rename(
            current_user.user_id,
            slug,
            form.label.data or "",
            actor=identity.actor(),
            now=moment.now(),
        )
    except own_accounts.LabelTooLongError:
        form.blame()
        return _page(card, form, status=422)
    return htmx.go(url_for(".index"))


@blueprint.post("/<string:slug>/move")
@account_required
def move(slug: str) -> Response:
    """Put the account at another place."""
    # In the name of the button: text browsers would print its value.
    names = (name for name in request.form if name.startswith(BUTTON))
    place = _number(next(names, "").removeprefix(BUTTON))
    own_accounts.move(
        current_user.user_id,
        slug,
        abort(400) if place is None else place,
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(url_for(".index"))


@blueprint.get("/<string:slug>/unlink")
@account_required
def ask_unlink(slug: str) -> Response:
    """Tell what unlinking does and ask."""
    found = own_accounts.unlinking(current_user.user_id, slug, now=moment.now())
    return make_response(
        render_template("accounts/unlink.html", title="Открепить счёт", found=found)
    )


@blueprint.post("/<string:slug>/unlink")
@account_required
def unlink(slug: str) -> Response:
    """Unlink the account; the pages show the first of those that are left."""
    own_accounts.unlink(
        current_user.user_id, slug, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for(".index"))


@blueprint.get("/<string:slug>/log")
@account_required
def log(slug: str) -> Response:
    """Show the owner who used the account."""
    page = _number(request.args.get("page", "1"))
    found = account_log(
        current_user.user_id, slug, page or abort(404), now=moment.now()
    )
    return make_response(
        render_template(
            "accounts/log.html", title="Кто пользовался счётом", found=found
        )
    )


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None


def _card(slug: str) -> AccountCard:
    return access.get_by_slug(current_user.user_id, slug, now=moment.now())


def _page(card: AccountCard, form: LabelForm, *, status: int = 200) -> Response:
    return htmx.render(
        "accounts/show.html",
        fragment="accounts/_label_form.html",
        title="Лицевой счёт",
        status=status,
        account=card,
        form=form,
    )
