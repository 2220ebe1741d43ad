"""История показаний: a report for a period, on the page and as a table to keep."""

from collections.abc import Iterator
from http import HTTPStatus

from flask import Blueprint, Response, request
from flask_login import current_user

from cabinet.domain.energy import Energy
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month
from cabinet.exchange.green_button import feed
from cabinet.forms.history import PRESETS, PeriodForm
from cabinet.services import access, account_log
from cabinet.services.history import History, history
from cabinet.services.measured import measured
from cabinet.web import (
    charts,
    history_table,
    htmx,
    identity,
    moment,
    reading_words,
    tables,
)
from cabinet.web.attachments import attached

TITLE = "История показаний"

blueprint = Blueprint("history", __name__)


blueprint.add_app_template_filter(reading_words.told, "reading_told")
blueprint.add_app_template_filter(reading_words.footing, "footing")


@blueprint.get("/history")
@identity.account_required
def show() -> Response:
    """Show the report of the period asked for, of a year at first."""
    form = PeriodForm(request.args)
    if not form.validate():
        return _refused(form)
    found = _history(form, till=_month(request.args.get("till", "")))
    form.show(found.starts, found.ends)
    if not found.account.is_owner:
        _note(found, "history.opened")
    return _page(form, report=found)


@blueprint.get("/history.csv")
@identity.account_required
def download() -> Response:
    """Give the whole period as a table."""
    return _table(tables.CSV)


@blueprint.get("/history.xlsx")
@identity.account_required
def workbook() -> Response:
    """Give the whole period as a workbook."""
    return _table(tables.XLSX)


@blueprint.get("/history.xml")
@identity.account_required
def green_button() -> Response:
    """Give everything that was measured as programs of other countries read it."""
    now = moment.now()
    account_id = current_user.account.account_id
    found = measured(current_user.user_id, account_id, now=now)
    account_log.note(
        found.account,
        "history.saved",
        "history:green-button",
        actor=identity.actor(),
        now=now,
    )
    number = found.account.number
    return attached(
        feed(found.usage, made_at=now),
        name=f"Green Button {number}.xml",
        plain_name=f"green-button-{number}.xml",
        media_type="application/atom+xml",
    )


def _table(kind: tables.Kind) -> Response:
    form = PeriodForm(request.args)
    if not form.validate():
        return _refused(form)
    found = _history(form, is_whole=True)
    number = found.account.number
    _note(found, "history.saved")
    return tables.table(
        kind,
        TITLE,
        history_table.COLUMNS,
        history_table.lines(found),
        name=f"{TITLE} {number} {found.first} {found.last}",
        plain_name=f"history-{number}",
    )


def _history(
    form: PeriodForm, *, till: Month | None = None, is_whole: bool = False
) -> History:
    return history(
        current_user.user_id,
        current_user.account.account_id,
        form.period,
        till=till,
        is_whole=is_whole,
        now=moment.now(),
    )


def _note(found: History, action: str) -> None:
    account_log.note(
        found.account,
        action,
        f"history:{found.first}",
        actor=identity.actor(),
        now=moment.now(),
    )


def _refused(form: PeriodForm) -> Response:
    """Show what was typed and what is wrong with it to who may see the history."""
    access.get_access(
        current_user.user_id,
        current_user.account.account_id,
        now=moment.now(),
        level=AccessLevel.FULL,
    )
    return _page(form, report=None, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    form: PeriodForm, *, report: History | None, status: int = HTTPStatus.OK
) -> Response:
    return htmx.render(
        "history/show.html",
        fragment="history/_report.html",
        title=TITLE,
        status=status,
        form=form,
        presets=PRESETS,
        chosen=None if form.asks_days else form.recent,
        report=report,
        longest=charts.longest(_figures(report) if report else ()),
        share=charts.share,
    )


def _figures(report: History) -> Iterator[Energy | None]:
    for meter in report.meters:
        for row in meter.rows:
            for zone in row.zones:
                yield zone.used
                yield zone.before
            if len(meter.zones) == 1:
                yield row.before


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
