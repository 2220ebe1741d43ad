"""Начисления и платежи: a report for a period, as a page, a table and a document."""

import logging
from http import HTTPStatus

from flask import Blueprint, Response, current_app, request
from flask_login import current_user

from cabinet.domain.people import AccessLevel
from cabinet.forms.history import PRESETS, PeriodForm
from cabinet.forms.typed import whole_number
from cabinet.pdf.render import PdfError
from cabinet.pdf.statement import statement_pdf
from cabinet.services import access, account_log, limits
from cabinet.services.access import AccountCard
from cabinet.services.statement import (
    Statement,
    TooLong,
    statement,
    statement_paper,
)
from cabinet.web import (
    htmx,
    identity,
    moment,
    statement_table,
    statement_words,
    tables,
)
from cabinet.web.attachments import attached

log = logging.getLogger(__name__)

TITLE = "Начисления и платежи"

#: The longest number of a page that is read at all.
MOST_DIGITS = 6

blueprint = Blueprint("statement", __name__)

blueprint.add_app_template_filter(statement_words.told, "statement_told")
blueprint.add_app_template_filter(statement_words.total, "statement_total")
blueprint.add_app_template_filter(statement_words.balance, "balance")


@blueprint.get("/statement")
@identity.account_required
def show() -> Response:
    """Show the report of the period asked for, of a year at first."""
    form = PeriodForm(request.args)
    if not form.validate():
        return _refused(form)
    found = _statement(form, page=_number(request.args.get("page", "")))
    form.show(found.starts, found.ends)
    if not found.account.is_owner:
        _note(found.account, form, "statement.opened")
    return _page(form, report=found)


@blueprint.get("/statement.csv")
@identity.account_required
def download() -> Response:
    """Give the whole period as a table."""
    return _table(tables.CSV)


@blueprint.get("/statement.xlsx")
@identity.account_required
def workbook() -> Response:
    """Give the whole period as a workbook."""
    return _table(tables.XLSX)


@blueprint.get("/statement.pdf")
@identity.account_required
def paper() -> Response:
    """Give the whole period as a document to print and sign."""
    form = PeriodForm(request.args)
    if not form.validate():
        return _refused(form)
    user_id, now = current_user.user_id, moment.now()
    try:
        found = statement_paper(
            user_id, current_user.account.account_id, form.period, now=now
        )
    except TooLong:
        form.first.errors = [
            "В документ столько строк не войдёт, выберите период короче"
        ]
        return _refused(form)
    limits.spend(
        limits.PDF_HOUR,
        f"user:{user_id}",
        pepper=str(current_app.secret_key),
        now=now,
    )
    try:
        content = statement_pdf(found, title="Акт сверки расчётов")
    except PdfError as error:
        log.exception("no pdf", extra={"why": error.messages})
        report = _statement(form)
        form.show(report.starts, report.ends)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return _page(form, report=report, is_pdf_broken=True, status=status)
    _note(found.statement.account, form, "statement.saved")
    days = f"{found.statement.starts} {found.statement.ends}"
    return attached(
        content,
        name=f"Акт сверки {found.number} {days}.pdf",
        plain_name=f"statement-{found.number}.pdf",
        media_type="application/pdf",
    )


def _table(kind: tables.Kind) -> Response:
    form = PeriodForm(request.args)
    if not form.validate():
        return _refused(form)
    found = _statement(form, is_whole=True)
    _note(found.account, form, "statement.saved")
    number = found.account.number
    return tables.table(
        kind,
        TITLE,
        statement_table.COLUMNS,
        statement_table.lines(found),
        name=f"{TITLE} {number} {found.starts} {found.ends}",
        plain_name=f"statement-{number}",
    )


def _statement(form: PeriodForm, *, page: int = 1, is_whole: bool = False) -> Statement:
    return statement(
        current_user.user_id,
        current_user.account.account_id,
        form.period,
        page=page,
        is_whole=is_whole,
        now=moment.now(),
    )


def _note(card: AccountCard, form: PeriodForm, action: str) -> None:
    account_log.note(
        card,
        action,
        f"statement:{form.period_text}",
        actor=identity.actor(),
        now=moment.now(),
    )


def _refused(form: PeriodForm) -> Response:
    """Show what was typed and what is wrong with it to who may see the account."""
    access.get_access(
        current_user.user_id,
        current_user.account.account_id,
        now=moment.now(),
        level=AccessLevel.FULL,
    )
    return _page(form, report=None, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    form: PeriodForm,
    *,
    report: Statement | None,
    is_pdf_broken: bool = False,
    status: int = HTTPStatus.OK,
) -> Response:
    return htmx.render(
        "statement/show.html",
        fragment="statement/_report.html",
        title=TITLE,
        status=status,
        form=form,
        presets=PRESETS,
        chosen=None if form.asks_days else form.recent,
        report=report,
        is_pdf_broken=is_pdf_broken,
    )


def _number(text: str) -> int:
    """Return the number of a page; the first for what is none."""
    return max(whole_number(text, MOST_DIGITS) or 1, 1)
