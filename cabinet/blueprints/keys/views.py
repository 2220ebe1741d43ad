"""Календарь и ключи программ: making them, showing them once, revoking them."""

from http import HTTPStatus

from flask import Blueprint, Response, abort, url_for
from flask_login import current_user, login_required

from cabinet.domain.keys import KeyScope
from cabinet.forms.keys import SCOPES, KeyForm
from cabinet.forms.once import OnceForm, once_of
from cabinet.services import personal_keys
from cabinet.services.personal_keys import KeyCard
from cabinet.web import htmx, identity, moment
from cabinet.web.network import public_url

blueprint = Blueprint("keys", __name__, url_prefix="/profile")

CALENDAR = "Даты в календаре телефона"
PROGRAMS = "Ключи для программ"
HOW = "Как подключить программу"
TOO_MANY = f"Ключей уже {personal_keys.MOST}. Сначала отзовите ненужный"


@blueprint.get("/calendar")
@login_required
def calendar() -> Response:
    """Show whether the calendar has an address."""
    _customers_only()
    return _calendar()


@blueprint.post("/calendar")
@login_required
def make_calendar() -> Response:
    """Make an address of the calendar and show it once."""
    _customers_only()
    form = OnceForm()
    secret = _make(KeyScope.CALENDAR, "", form.once)
    address = secret and public_url(url_for("calendars.show", secret=secret))
    return _calendar(address=address, was_sent=secret is None)


@blueprint.post("/calendar/<int:key_id>/revoke")
@login_required
def revoke_calendar(key_id: int) -> Response:
    """Let the address of the calendar work no more."""
    _revoke(key_id)
    if htmx.wants_fragment():
        return _calendar()
    return htmx.go(url_for(".calendar"))


@blueprint.get("/keys")
@login_required
def programs() -> Response:
    """Show the keys of programs and the form of a new one."""
    _customers_only()
    return _programs(KeyForm(formdata=None))


@blueprint.post("/keys")
@login_required
def make_key() -> Response:
    """Make a key and show it once, or show what is wrong."""
    _customers_only()
    form = KeyForm()
    if not form.validate() or form.chosen is None:
        return _programs(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        secret = _make(form.chosen, form.words, form.once)
    except personal_keys.TooManyKeysError:
        form.name.errors = [TOO_MANY]
        return _programs(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _programs(KeyForm(formdata=None), secret=secret, was_sent=secret is None)


@blueprint.post("/keys/<int:key_id>/revoke")
@login_required
def revoke_key(key_id: int) -> Response:
    """Let a program's key work no more."""
    _revoke(key_id)
    if htmx.wants_fragment():
        return _programs(KeyForm(formdata=None))
    return htmx.go(url_for(".programs"))


@blueprint.get("/keys/help")
@login_required
def how() -> Response:
    """Show how a program is connected."""
    _customers_only()
    return htmx.page("keys/how.html", title=HOW, root=public_url("/api/v1"))


def _customers_only() -> None:
    if current_user.role.is_staff:
        abort(404)


def _make(scope: KeyScope, name: str, form_key: str) -> str | None:
    return personal_keys.make(
        current_user.user_id,
        scope,
        name,
        form_key=form_key,
        link_of=lambda: public_url(url_for(".programs")),
        zone=current_user.zone,
        actor=identity.actor(),
        now=moment.now(),
    )


def _revoke(key_id: int) -> None:
    _customers_only()
    personal_keys.revoke(
        current_user.user_id, key_id, actor=identity.actor(), now=moment.now()
    )


def _keys(*, is_calendar: bool) -> list[KeyCard]:
    return [
        key
        for key in personal_keys.keys_of(current_user.user_id)
        if (key.scope is KeyScope.CALENDAR) is is_calendar
    ]


def _calendar(*, address: str | None = None, was_sent: bool = False) -> Response:
    return htmx.render(
        "keys/calendar.html",
        fragment="keys/_calendar.html",
        title=CALENDAR,
        keys=_keys(is_calendar=True),
        once=once_of(None),
        address=address,
        was_sent=was_sent,
    )


def _programs(
    form: KeyForm,
    *,
    secret: str | None = None,
    was_sent: bool = False,
    status: int = HTTPStatus.OK,
) -> Response:
    form.key.data = form.once
    return htmx.render(
        "keys/programs.html",
        fragment="keys/_programs.html",
        title=PROGRAMS,
        status=status,
        form=form,
        keys=_keys(is_calendar=False),
        scopes=SCOPES,
        secret=secret,
        was_sent=was_sent,
    )
