"""Главная: the chosen account, what is owed, and the reading form."""

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_login import current_user, login_required

from cabinet.forms.readings import RegistersForm
from cabinet.services import (
    account_log,
    accounts,
    home_notes,
    sessions,
)
from cabinet.services.payments import offers
from cabinet.web import bank, htmx, identity, moment

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@login_required
def index() -> Response:
    """Show the chosen account; staff go to their workplace."""
    if current_user.role.is_staff:
        return htmx.go(url_for("staff.index"))
    now = moment.now()
    notes = (
        ()
        if current_user.is_reached
        else home_notes.notes_of(current_user.user_id, now=now)
    )
    card = current_user.account
    if card is None:
        return make_response(
            render_template("home/empty.html", title="Главная", notes=notes)
        )
    account_log.note_guest(card, "home.opened", actor=identity.actor(), now=now)
    shown = accounts.home(
        current_user.user_id, card.account_id, day=moment.today(), now=now
    )
    return make_response(
        render_template(
            "home/index.html",
            title="Главная",
            notes=notes,
            outages=shown.outages,
            overview=shown.overview,
            reading=shown.reading,
            is_payable=offers.is_payable(card, bank.shops()),
            form=RegistersForm.blank(shown.reading.meter),
        )
    )


@blueprint.post("/account")
@login_required
def choose() -> Response:
    """Make another account the one the pages show, and stay on the page."""
    if current_user.role.is_staff:
        abort(404)
    sessions.choose_account(
        identity.signed_in(),
        request.form.get("account", ""),
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(identity.local_page(request.form.get("next")) or url_for(".index"))
