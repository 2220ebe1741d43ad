"""What the pages of settings have in common: the blueprint, who may, the words."""

from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, current_app

from cabinet.domain.people import Role
from cabinet.services import setting_changes
from cabinet.web import htmx, setting_words

blueprint = Blueprint("staff_settings", __name__, url_prefix="/staff/settings")

#: Who looks at settings; what decides about money and people is an admin's.
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)
CHANGED = (
    "Пока вы писали, это изменили. Сравните с тем, что сейчас, и сохраните ещё раз"
)
#: Changes on the page of what they are of.
FEW = 10


def page(
    template: str, *, title: str, status: int = HTTPStatus.OK, **context: object
) -> Response:
    """Render a page of settings."""
    return htmx.page(
        f"staff/settings/{template}.html",
        title=title,
        status=status,
        words=setting_words,
        zone=current_app.extensions["cabinet.settings"].zone,
        **context,
    )


def changes(
    *subjects: str, only: tuple[str, ...] = ()
) -> tuple[setting_changes.Changed, ...]:
    """Return the last changes of the subjects.

    With `only` what else was set is not for the member to be put back.
    """
    found = setting_changes.history(subjects, most=FEW)
    return tuple(
        replace(one, may_go_back=one.may_go_back and (not only or one.names <= {*only}))
        for one in found
    )
