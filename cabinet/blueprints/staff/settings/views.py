"""Настройки: what there is to be set, and every page of it."""

from flask import Response

from cabinet.blueprints.staff.settings import (
    branches,
    days,
    history,
    log,
    people,
    rules,
    shops,
)
from cabinet.blueprints.staff.settings.room import CHIEFS, blueprint, page
from cabinet.domain.people import Role
from cabinet.services.staff import offices_of
from cabinet.web import identity
from cabinet.web.identity import staff_required

__all__ = [
    "blueprint",
    "branches",
    "days",
    "history",
    "log",
    "people",
    "rules",
    "shops",
]


@blueprint.get("")
@staff_required(*CHIEFS)
def index() -> Response:
    """Show what there is to be set."""
    member = identity.member()
    return page(
        "index",
        title="Настройки",
        offices=offices_of(member),
        is_admin=member.role is Role.ADMIN,
    )
