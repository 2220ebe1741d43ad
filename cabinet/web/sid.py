"""The cookie: one random value; whether it is signed in, only the database knows.

Nothing is stored in it. The secret of the forms is derived from it, so a visitor who
has not signed in needs no row, and a new cookie at sign-in or sign-out voids every
form of the old one.
"""

import hmac
import re
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response
from flask import session as flask_session
from flask.sessions import SessionInterface, SessionMixin

from cabinet.web.headers import vary

SID = re.compile(r"[A-Za-z0-9_-]{43}")
FORM_SECRET = "csrf_token"  # noqa: S105 - the key Flask-WTF looks under


class SidSession(dict[str, object], SessionMixin):
    """A session whose only lasting content is the cookie's value."""

    def __init__(self, sid: str, form_secret: str, *, is_new: bool) -> None:
        super().__init__({FORM_SECRET: form_secret})
        self.sid = sid
        self.is_new = is_new
        self.is_needed = False
        self.lasts: timedelta | None = None

    def __getitem__(self, key: str) -> object:
        """Note that a form was made, so that the cookie must be set."""
        self.is_needed = self.is_needed or key == FORM_SECRET
        return super().__getitem__(key)


class SidInterface(SessionInterface):
    """Reads and writes the cookie."""

    def __init__(self, *, is_https: bool) -> None:
        self.cookie = "__Host-sid" if is_https else "sid"
        self.is_https = is_https

    def open_session(self, app: Flask, request: Request) -> SidSession:
        """Return the session of the request's cookie, or a new one."""
        sid = request.cookies.get(self.cookie, "")
        if SID.fullmatch(sid):
            return SidSession(sid, _form_secret(app, sid), is_new=False)
        return _fresh(app)

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        """Set the cookie when it is new and somebody needs it."""
        del app
        if isinstance(session, SidSession) and session.is_new and session.is_needed:
            response.set_cookie(
                self.cookie,
                session.sid,
                max_age=session.lasts,
                secure=self.is_https,
                httponly=True,
                samesite="Lax",
                path="/",
            )
            vary(response, "Cookie")


def current_sid() -> str:
    """Return the value of this browser's cookie."""
    return _session().sid


def replace_sid(
    app: Flask, sid: str | None = None, *, lasts: timedelta | None = None
) -> None:
    """Give this browser another cookie; the old one's forms are void at once.

    Without `lasts` it goes with the browser's window.
    """
    session = _session()
    session.sid = sid or secrets.token_urlsafe(32)
    session[FORM_SECRET] = _form_secret(app, session.sid)
    session.lasts = lasts
    session.is_new = True
    session.is_needed = True


def _session() -> SidSession:
    proxy: Any = flask_session
    session: SidSession = proxy._get_current_object()  # noqa: SLF001 - no other way
    return session


def _fresh(app: Flask) -> SidSession:
    sid = secrets.token_urlsafe(32)
    return SidSession(sid, _form_secret(app, sid), is_new=True)


def _form_secret(app: Flask, sid: str) -> str:
    key = str(app.secret_key).encode()
    return hmac.digest(key, f"form:{sid}".encode(), "sha256").hex()
