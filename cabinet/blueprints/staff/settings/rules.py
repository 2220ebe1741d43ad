"""Датированные правила: what holds from when to when, and what is missing."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, request, url_for

from cabinet.blueprints.staff.settings.room import CHIEFS, blueprint, page
from cabinet.domain.people import Role
from cabinet.forms.rules import SHORT, RuleForm, rule_form
from cabinet.services import rule_rows
from cabinet.services.importing.undoing import StandsOnError
from cabinet.services.rule_tables import OTHERS, RuleFaultyError
from cabinet.web import htmx, identity, moment, rule_words
from cabinet.web.identity import staff_required, sure_required


@blueprint.get("/rules")
@staff_required(*CHIEFS)
def rules() -> Response:
    """Show what is missing, what ends soon, and the tables."""
    day = moment.today()
    return page(
        "rules",
        title="Датированные правила",
        state=rule_rows.state(day=day),
        day=day,
        rules=rule_words,
    )


@blueprint.get("/rules/<string:table>")
@staff_required(*CHIEFS)
def rule_table(table: str) -> Response:
    """Show the rows of a table, and the form of another one."""
    form = rule_form(table, rule_rows.table_of(table), is_sent=False)
    return _page(table, form)


@blueprint.post("/rules/<string:table>")
@staff_required(Role.ADMIN)
@sure_required
def add_rule(table: str) -> Response:
    """Add a row."""
    form = rule_form(table, rule_rows.table_of(table), is_sent=True)
    if not form.validate_on_submit():
        return _page(table, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        rule_rows.add(
            table,
            form.typed,
            title=rule_words.title(table, form.typed),
            closes="closes" in form and bool(form.closes.data),
            actor=identity.actor(),
            now=moment.now(),
        )
    except RuleFaultyError as error:
        form.blame(error)
        return _page(table, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".rule_table", table=table))


@blueprint.post("/rules/added/<uuid:public_id>/undo")
@staff_required(Role.ADMIN)
@sure_required
def undo_rule(public_id: UUID) -> Response:
    """Take back what a form added, while nothing stands on it."""
    try:
        table = rule_rows.take_back(public_id, actor=identity.actor(), now=moment.now())
    except StandsOnError as error:
        return page(
            "rule_stands",
            title="Строка остаётся",
            status=HTTPStatus.CONFLICT,
            said=error.said,
        )
    return htmx.go(url_for(".rule_table", table=table))


def _page(name: str, form: RuleForm, status: int = HTTPStatus.OK) -> Response:
    regions = rule_rows.regions()
    asked = request.args.get("region", "")
    table = rule_rows.table_of(name)
    has_regions = "region" in table.fields
    region = asked if asked in regions else ""
    if has_regions and not region and name != "range" and regions:
        region = regions[0]
    form.offer(regions, rule_rows.keys_of_others() if name == "other" else ())
    return page(
        "rule_table",
        title=rule_words.TITLES[name],
        status=status,
        name=name,
        columns=[*(one for one in table.fields if one not in {"starts", "ends"})],
        lines=rule_rows.lines(name, region=region, day=moment.today()),
        is_dated=table.is_dated,
        regions=regions if has_regions else (),
        region=region,
        form=form,
        short=SHORT,
        examples=OTHERS,
        added=rule_rows.by_hand(name),
        is_admin=identity.member().role is Role.ADMIN,
        is_sure=identity.is_sure(),
        rules=rule_words,
    )
