"""Who comes with which key: the first thing every question of a program goes through."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from flask import Response, g, request

from cabinet.domain.keys import KeyScope
from cabinet.domain.people import AccessLevel
from cabinet.services import access, account_log, audit, limits, personal_keys
from cabinet.services.access import AccountCard
from cabinet.services.audit import Actor
from cabinet.services.personal_keys import Holder, KeyNotFoundError
from cabinet.web import identity, json_answers, moment

#: Every scope a program may have.
ANY = (KeyScope.READ, KeyScope.SUBMIT)

View = Callable[..., Response]


def key_required(*scopes: KeyScope) -> Callable[[View], View]:
    """Let only who has a key of the scopes in; cookies are not looked at.

    No key or a wrong one is 401, one that reaches less far 403.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(**values: object) -> Response:
            identity.ask_no_more()
            try:
                found = personal_keys.find(_secret(), ANY, now=moment.now())
            except KeyNotFoundError:
                return _challenge(HTTPStatus.UNAUTHORIZED, 'realm="cabinet"')
            if found.scope not in scopes:
                return _challenge(HTTPStatus.FORBIDDEN, 'error="insufficient_scope"')
            limits.spend(
                limits.PROGRAM_HOUR,
                str(found.key_id),
                pepper=identity.pepper(),
                now=moment.now(),
            )
            g.key_holder = found
            return view(**values)

        return guarded

    return guard


def holder() -> Holder:
    """Return who comes with the key; only behind `key_required`."""
    found: Holder = g.key_holder
    return found


def actor() -> Actor:
    """Return who acts, for the audit log."""
    found = holder()
    return audit.user(found.user_id, found.address_key, identity.address_mark())


def cards() -> tuple[AccountCard, ...]:
    """Return the accounts the key opens."""
    return access.accounts_of(holder().user_id, now=moment.now())


def card_of(slug: str, what: str, *, level: AccessLevel | None = None) -> AccountCard:
    """Return the account by its name in addresses; its owner sees who else asked.

    Raises AccountNotFoundError, also where `level` is not reached.
    """
    now = moment.now()
    card = access.get_by_slug(holder().user_id, slug, now=now)
    if level is AccessLevel.FULL and card.level is not level:
        raise access.AccountNotFoundError(slug)
    if not card.is_owner:
        account_log.note(
            card, "program.opened", f"program:{what}", actor=actor(), now=now
        )
    return card


def _challenge(status: HTTPStatus, why: str) -> Response:
    """Refuse, and say what a key lacks (RFC 6750, section 3)."""
    response = json_answers.failure(status)
    response.headers["WWW-Authenticate"] = f"Bearer {why}"
    return response


def _secret() -> str:
    """Return the key of the header; one in the address would stay in logs."""
    given = request.authorization
    if given is None or given.type != "bearer":
        raise KeyNotFoundError
    return given.token or ""
