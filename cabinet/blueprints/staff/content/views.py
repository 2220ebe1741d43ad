"""Содержание: what customers read, and where it is written."""

from flask import Blueprint, Response
from flask_login import current_user

from cabinet.blueprints.staff.content import documents, offices
from cabinet.domain.people import Role
from cabinet.web import htmx
from cabinet.web.identity import staff_required

TITLE = "Содержание"
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)

blueprint = Blueprint("staff_content", __name__, url_prefix="/staff/content")
blueprint.register_blueprint(offices.blueprint)
blueprint.register_blueprint(documents.blueprint)


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Lead to each kind of text; who may not write it reads what customers read."""
    return htmx.page(
        "staff/content/index.html",
        title=TITLE,
        is_chief=current_user.role in CHIEFS,
        is_admin=current_user.role is Role.ADMIN,
    )
