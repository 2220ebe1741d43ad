"""Кому открыты счета: the list, inviting, taking back."""

from flask import (
    Blueprint,
    Response,
    make_response,
    render_template,
    url_for,
)
from flask_login import current_user

from cabinet.forms.delegates import InviteForm
from cabinet.services import access, delegation
from cabinet.services.access import AccountCard
from cabinet.services.delegation import InvitationRefusedError, Refusal
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import account_required
from cabinet.web.network import public_url

blueprint = Blueprint("delegates", __name__, url_prefix="/profile")

#: Why an invitation is not sent: the field and what is said there.
REFUSALS = {
    Refusal.OWN_EMAIL: ("email", "Это ваша почта. Введите почту того, кого зовёте"),
    Refusal.DAY_IS_OVER: ("last_day", "Этот день уже прошёл. Выберите другой"),
    Refusal.DAY_IS_FAR: (
        "last_day",
        "Можно не больше чем на 10 лет. Или оставьте поле пустым",
    ),
    Refusal.TOO_MANY: (
        "email",
        "Счёт открыт уже для 20 человек. Сначала закройте доступ кому-нибудь",
    ),
}


@blueprint.get("/delegates")
@account_required
def index() -> Response:
    """Show who else sees each account and who is invited."""
    return make_response(
        render_template(
            "delegates/index.html",
            title="Кому открыты счета",
            shared=delegation.shared_accounts(current_user.user_id, now=moment.now()),
        )
    )


@blueprint.get("/accounts/<string:slug>/invite")
@account_required
def form(slug: str) -> Response:
    """Show the form of an invitation."""
    card = _card(slug)
    blank = InviteForm(formdata=None)
    blank.offer(is_organisation=card.is_organisation)
    return _page(card, blank)


@blueprint.post("/accounts/<string:slug>/invite")
@account_required
def invite(slug: str) -> Response:
    """Send the invitation, or show what is wrong with it."""
    card = _card(slug)
    typed = InviteForm()
    typed.offer(is_organisation=card.is_organisation)
    if not typed.validate() or typed.chosen is None:
        return _page(card, typed, status=422)
    try:
        delegation.invite(
            current_user.user_id,
            slug,
            typed.mailbox,
            level=typed.chosen,
            last_day=typed.day,
            key=typed.once,
            link=lambda secret: public_url(url_for("invitations.show", secret=secret)),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except InvitationRefusedError as error:
        name, words = REFUSALS[error.why]
        typed[name].errors = [words]
        return _page(card, typed, status=422)
    return htmx.go(url_for(".index"))


@blueprint.post("/delegates/<int:access_id>/end")
@account_required
def end(access_id: int) -> Response:
    """End an access at once."""
    delegation.revoke_access(
        current_user.user_id, access_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for(".index"))


@blueprint.post("/delegates/invitations/<int:invitation_id>/revoke")
@account_required
def revoke(invitation_id: int) -> Response:
    """Take an invitation back."""
    delegation.revoke_invitation(
        current_user.user_id, invitation_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for(".index"))


def _card(slug: str) -> AccountCard:
    return access.get_by_slug(
        current_user.user_id, slug, as_owner=True, now=moment.now()
    )


def _page(card: AccountCard, form: InviteForm, *, status: int = 200) -> Response:
    form.key.data = form.once
    is_firm = card.is_organisation
    return htmx.render(
        "delegates/invite.html",
        fragment="delegates/_invite_form.html",
        title="Пригласить сотрудника" if is_firm else "Пригласить близкого",
        status=status,
        account=card,
        form=form,
    )
