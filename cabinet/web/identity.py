"""Who a request comes from, what they may open, and where sign-in leads back to."""

import hmac
from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import flask
from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from cabinet.config import Settings
from cabinet.domain.people import Role
from cabinet.services import access, audit, sessions
from cabinet.services.access import AccountCard
from cabinet.services.audit import Actor
from cabinet.services.staff import Member
from cabinet.web import htmx, moment
from cabinet.web.sid import current_sid

View = Callable[..., Any]


class Identity(UserMixin):
    """A signed-in person."""

    def __init__(self, signed_in: sessions.SignedIn) -> None:
        self.signed_in = signed_in
        self.user_id = signed_in.user_id
        self.session_id = signed_in.session_id
        self.role = signed_in.role
        self.name = signed_in.name
        self.may_keep_drafts = not signed_in.is_on_shared_computer
        self.email = signed_in.email
        self.is_email_dead = signed_in.is_email_dead
        self.leaving = signed_in.leaving

    def get_id(self) -> str:
        """Return the id as Flask-Login wants it."""
        return str(self.user_id)

    @property
    def is_reached(self) -> bool:
        """Tell whether letters come to the person."""
        return bool(self.email) and not self.is_email_dead

    @cached_property
    def accounts(self) -> tuple[AccountCard, ...]:
        """Return the accounts of the person; staff have none."""
        if self.role.is_staff:
            return ()
        return access.accounts_of(self.user_id, now=moment.now())

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone whose clocks the person sees."""
        own = self.account
        settings: Settings = current_app.extensions["cabinet.settings"]
        return own.zone if own else settings.zone

    @property
    def account(self) -> AccountCard | None:
        """Return the account the pages show: the chosen one, else the first."""
        wanted = self.signed_in.account_id
        chosen = (card for card in self.accounts if card.account_id == wanted)
        return next(chosen, self.accounts[0] if self.accounts else None)


class Nobody(AnonymousUserMixin):
    """A visitor who has not signed in."""

    user_id = None
    role = None
    name = ""
    email = ""
    is_email_dead = False
    accounts: tuple[AccountCard, ...] = ()
    account = None
    leaving = None


def register(app: Flask) -> None:
    """Let Flask-Login find the person by the cookie's row."""
    manager = LoginManager()
    manager.session_protection = None
    manager.anonymous_user = Nobody
    manager.request_loader(_find)
    manager.unauthorized_handler(_sign_in_first)
    manager.init_app(app)


def _find(_request: flask.Request) -> Identity | None:
    found = _session()
    return Identity(found) if found and found.has_factor else None


def _session() -> sessions.SignedIn | None:
    if "signed_in" not in g:
        g.signed_in = sessions.find_signed_in(current_sid(), now=moment.now())
    found: sessions.SignedIn | None = g.signed_in
    return found


def half_signed_in() -> sessions.SignedIn | None:
    """Return the member of staff who has yet to show the second factor, or None.

    To every other page they are a visitor.
    """
    found = _session()
    return found if found and not found.has_factor else None


def person() -> Identity | Nobody:
    """Return who a request comes from, looked up once and kept where Flask-Login looks.

    `current_user` is the same at a higher price: it asks anew at each look at it, and its
    first look is also for cookies and ways in that the portal has not got.
    """
    found: Identity | Nobody | None = g.get("_login_user")
    if found is None:
        found = g._login_user = _find(request) or Nobody()  # noqa: SLF001
    return found


def customer() -> Identity:
    """Return who is signed in, as `person` does; only behind a login."""
    return cast("Identity", person())


def signed_in() -> sessions.SignedIn:
    """Return who is signed in; only behind a login."""
    return customer().signed_in


def actor() -> Actor:
    """Return who acts, for the audit log."""
    mark, who = address_mark(), person()
    if isinstance(who, Nobody):
        return audit.visitor(mark)
    return audit.user(who.user_id, who.signed_in.address_key, mark)


def member() -> Member:
    """Return who works in the back office; only behind `staff_required`."""
    return Member(current_user.user_id, current_user.role)


def ask_no_more() -> None:
    """Make a visitor of who was not looked up yet: Flask-Login asks at every page."""
    if "_login_user" not in g:
        g._login_user = Nobody()  # noqa: SLF001 - where Flask-Login looks


def known() -> tuple[int | None, str | None]:
    """Return id and role of whoever was looked up meanwhile; asks for nobody anew."""
    who = g.get("_login_user")
    if who is None or who.role is None:
        return None, None
    return who.user_id, str(who.role)


def pepper() -> str:
    """Return the installation's secret, with which services key what they hash."""
    return str(current_app.secret_key)


def address_mark() -> str:
    """Return the keyed hash of the browser's address, which is written down nowhere."""
    key = pepper().encode()
    address = (request.remote_addr or "").encode()
    return hmac.digest(key, b"address:" + address, "sha256").hex()


def customer_required(view: View) -> View:
    """Let in a customer, with an account or without; others see 404."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> object:
        who = person()
        if isinstance(who, Nobody):
            return _sign_in_first()
        if who.role.is_staff:
            abort(404)
        return view(*args, **kwargs)

    return guarded


def account_required(view: View) -> View:
    """Let in a customer with an account; one without goes to the home page."""

    @customer_required
    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> object:
        if person().account is None:
            return htmx.go(url_for("home.index"))
        return view(*args, **kwargs)

    return guarded


def staff_required(
    *roles: Role,
) -> Callable[[View], View]:
    """Let in staff of the given roles, any role without one; others see 404."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> object:
            if not current_user.is_authenticated:
                return _sign_in_first()
            if not current_user.role.is_staff or (
                roles and current_user.role not in roles
            ):
                abort(404)
            return view(*args, **kwargs)

        return guarded

    return decorate


def half_required(view: View) -> View:
    """Let in staff who have yet to show the second factor; others go on, or sign in."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> object:
        if half_signed_in() is not None:
            return view(*args, **kwargs)
        if not current_user.is_authenticated:
            return _sign_in_first()
        return htmx.go(local_page(request.args.get("next")) or url_for("home.index"))

    return guarded


def is_sure() -> bool:
    """Tell whether it was proved lately who this is."""
    until = signed_in().sure_until
    return until is not None and until > moment.now()


def sure_required(view: View) -> View:
    """Let in whoever proved lately who they are; others prove it and come back.

    What was typed into a form is not kept: put it on the page with the form as well.
    """

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> object:
        if not current_user.is_authenticated:
            return _sign_in_first()
        if not is_sure():
            return htmx.go(url_for("factor.sure", next=_page_here()))
        return view(*args, **kwargs)

    return guarded


def _page_here() -> str | None:
    """Return the page to come back to: this one, or the one whose form was sent."""
    if request.method == "GET" and not htmx.wants_fragment():
        return local_page(request.full_path.rstrip("?"))
    return local_page(
        _path_here(request.headers.get("HX-Current-URL") or request.referrer or "")
    )


def local_page(target: str | None) -> str | None:
    r"""Return the target if it is a path that a GET page of ours answers, else None.

    What browsers read as another host (`//evil`, `/\evil`, control characters) is
    refused.
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(c) < ord(" ") or c == "\\" for c in target):
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    try:
        current_app.url_map.bind("localhost").match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return target


def _sign_in_first() -> Response:
    if half_signed_in() is not None:
        return _factor_first()
    if htmx.wants_fragment():
        here = _path_here(request.headers.get("HX-Current-URL", ""))
        response = Response("", 401)
        response.headers["HX-Redirect"] = url_for(
            "auth.login", next=local_page(here), ended=1
        )
        return response
    here = request.full_path.rstrip("?") if request.method == "GET" else request.path
    back = local_page(here)
    return cast(
        "Response",
        redirect(url_for("auth.login", next=None if back == "/" else back), 302),
    )


def _factor_first() -> Response:
    if htmx.wants_fragment():
        response = Response("", 401)
        response.headers["HX-Redirect"] = url_for("factor.show")
        return response
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    back = local_page(here)
    target = url_for("factor.show", next=None if back == "/" else back)
    return cast("Response", redirect(target, 302))


def _path_here(url: str) -> str:
    """Return the path of a page of ours, nothing for any other text."""
    try:
        page = urlsplit(url)
    except ValueError:
        return ""
    return page.path if page.netloc == request.host else ""
