"""Изменения настроек: who set what, and back as it was."""

from http import HTTPStatus

from flask import Response, url_for

from cabinet.blueprints.staff.settings.room import CHIEFS, blueprint, page
from cabinet.domain.people import Role
from cabinet.services import setting_changes, setting_returns, setting_subjects
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.services.staff import BranchUnknownError
from cabinet.web import bank, htmx, identity, moment
from cabinet.web.identity import staff_required, sure_required

STALE = "Это уже изменили ещё раз. Вернуть можно только последнее изменение"
CANNOT = "Так, как было, больше нельзя: с тех пор изменились правила или люди"


@blueprint.get("/changes")
@staff_required(Role.ADMIN)
def history() -> Response:
    """Show the last changes of all settings."""
    return _page()


@blueprint.post("/changes/<int:change_id>/revert")
@staff_required(*CHIEFS)
@sure_required
def revert(change_id: int) -> Response:
    """Put back what a change found."""
    member = identity.member()
    try:
        subject = setting_returns.put_back(
            change_id, member, actor=identity.actor(), now=moment.now()
        )
    except ChangedMeanwhileError:
        return _page(HTTPStatus.CONFLICT, fault=STALE)
    except (ValueError, BranchUnknownError):
        return _page(HTTPStatus.CONFLICT, fault=CANNOT)
    return htmx.go(_home_of(subject))


def _home_of(subject: str) -> str:
    """Return the page of what was changed."""
    kind, _, word = subject.partition(":")
    if kind == "branch":
        return url_for(".branch", code=setting_subjects.code_of(int(word)))
    if kind == "user":
        return url_for(".person", user_id=int(word))
    if kind == "shop":
        bank.shops().refresh()
        return url_for(".shop", name=word)
    if kind == "day":
        return url_for(".days", year=int(word[:4]))
    return url_for(".history")


def _page(status: int = HTTPStatus.OK, *, fault: str = "") -> Response:
    is_admin = identity.member().role is Role.ADMIN
    rows = setting_changes.history() if is_admin else ()
    return page(
        "history",
        title="Изменения настроек",
        status=status,
        changes=rows,
        named=setting_subjects.names_of(row.subject for row in rows),
        fault=fault,
    )
