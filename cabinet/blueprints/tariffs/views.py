"""Тарифы: a page made from rate rows, never from typed text."""

from flask import Blueprint, Response, make_response, render_template
from flask_login import current_user

from cabinet.domain.tariff import Category
from cabinet.services import tariffs
from cabinet.web import moment
from cabinet.web.identity import account_required

blueprint = Blueprint("tariffs", __name__)

CATEGORIES = {
    Category.CITY_GAS: "город, газовая плита",
    Category.CITY_ELECTRIC: "город, электроплита или электроотопление",
    Category.RURAL: "село",
    Category.ORGANISATION: "организация",
}


@blueprint.get("/tariffs")
@account_required
def show() -> Response:
    """Show the prices of the chosen account."""
    sheet = tariffs.tariff_sheet(
        current_user.user_id, current_user.account.account_id, now=moment.now()
    )
    return make_response(
        render_template(
            "tariffs/show.html",
            title="Тарифы",
            sheet=sheet,
            category=CATEGORIES[sheet.category],
        )
    )
