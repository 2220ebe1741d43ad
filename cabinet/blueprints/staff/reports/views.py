"""Отчёты: a page with bars and a file for each."""

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, Response, request, stream_with_context

from cabinet.domain.outgoing import OutKind, Shape
from cabinet.exchange.outgoing import table
from cabinet.forms.reports import BranchForm, DaysForm, MonthForm, QuarterForm
from cabinet.forms.typed import whole_number
from cabinet.services.reports import (
    debts,
    headlines,
    payments,
    questions,
    scope,
    silent,
    usability,
    window,
)
from cabinet.services.staff import offices_of
from cabinet.web import charts, htmx, identity, moment, report_tables, tables
from cabinet.web.attachments import attached
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_reports", __name__, url_prefix="/staff/reports")

TITLE = "Отчёты"
TITLES = {
    "silent": "Кто не передал показания",
    "window": "Как идёт приём показаний",
    "debts": "Долги по срокам",
    "payments": "Платежи по дням",
    "questions": "Обращения и ответы",
    "usability": "Удобно ли клиентам",
}
#: Streets on a page.
STREETS = 50
MOST_DIGITS = 12
MOST_STREET = 400

F = TypeVar("F", bound=BranchForm)
R = TypeVar("R")


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show each report with its one figure."""
    return htmx.page(
        "staff/reports/index.html",
        title=TITLE,
        titles=TITLES,
        found=headlines.headlines_of(identity.member(), now=moment.now()),
    )


@blueprint.get("/silent")
@staff_required()
def show_silent() -> Response:
    """Show in which streets readings are missing."""
    form = _form(MonthForm)
    found = _made(
        form,
        lambda: silent.silent_of(
            identity.member(), form.code, form.chosen, now=moment.now()
        ),
    )
    if found is not None:
        form.show(found.month)
    page = max(1, whole_number(request.args.get("page"), MOST_DIGITS) or 1)
    streets = found.streets if found else ()
    first = (page - 1) * STREETS
    return _page(
        "silent",
        form,
        found,
        streets=streets[first : first + STREETS],
        most=max((each.silent for each in streets), default=0),
        next_page=page + 1 if len(streets) > first + STREETS else None,
    )


@blueprint.get("/silent/list")
@staff_required()
def list_silent() -> Response:
    """Show who of a street has not sent; every account shown is in the log."""
    form = _form(MonthForm)
    street = request.args.get("street", "")[:MOST_STREET]
    after = whole_number(request.args.get("after"), MOST_DIGITS) or 0
    found = _made(
        form,
        lambda: silent.silent_list(
            identity.member(),
            form.code,
            form.chosen,
            street,
            after=after,
            actor=identity.actor(),
            now=moment.now(),
        ),
    )
    if found is not None:
        form.show(found.month)
    return _page("silent", form, found, template="list", street=street)


@blueprint.get("/silent.csv")
@staff_required()
@sure_required
def save_silent() -> Response:
    """Give everybody who has not sent, as the file for other systems is written."""
    form = _form(MonthForm)
    if not form.check():
        return _page("silent", form, None)
    month, rows = silent.silent_rows(
        identity.member(),
        form.code,
        form.chosen,
        actor=identity.actor(),
        now=moment.now(),
    )
    return attached(
        stream_with_context(table(Shape.usual(OutKind.SILENT), rows)),
        name=f"{TITLES['silent']} {month}.csv",
        plain_name=f"silent-{month}.csv",
        media_type=tables.CSV.media_type,
    )


@blueprint.get("/window")
@staff_required()
def show_window() -> Response:
    """Show how readings come in, by day and by the hours of a day."""
    form = _form(MonthForm)
    found = _made(form, lambda: _progress(form))
    if found is not None:
        form.show(found.month)
    return _page("window", form, found)


@blueprint.get("/window.csv")
@staff_required()
def save_window() -> Response:
    """Give every hour of the window."""
    form = _form(MonthForm)
    found = _made(form, lambda: _progress(form, is_whole=True))
    if found is None:
        return _page("window", form, found)
    rows = report_tables.window(found, found.hours)
    return _saved("window", report_tables.WINDOW, rows, str(found.month))


@blueprint.get("/debts")
@staff_required()
def show_debts() -> Response:
    """Show what is owed by the days since it was due."""
    form = _form(BranchForm)
    found = _made(form, lambda: _debts(form))
    most = max((each.amount.kopecks for each in found.ages), default=0) if found else 0
    return _page("debts", form, found, most=most)


@blueprint.get("/debts.csv")
@staff_required()
def save_debts() -> Response:
    """Give the same as a table."""
    form = _form(BranchForm)
    found = _made(form, lambda: _debts(form))
    if found is None:
        return _page("debts", form, found)
    rows = report_tables.debts(found)
    return _saved("debts", report_tables.DEBTS, rows, str(found.today))


@blueprint.get("/payments")
@staff_required()
def show_payments() -> Response:
    """Show what came by day and by the way it came."""
    form = _form(DaysForm)
    found = _made(form, lambda: _days_of(form, payments.paid_of))
    most = (
        max((each.all.amount.kopecks for each in found.days), default=0) if found else 0
    )
    return _page("payments", form, found, most=most)


@blueprint.get("/payments.csv")
@staff_required()
def save_payments() -> Response:
    """Give the same as a table."""
    form = _form(DaysForm)
    found = _made(form, lambda: _days_of(form, payments.paid_of))
    if found is None:
        return _page("payments", form, found)
    header = report_tables.payments_header(found)
    rows = report_tables.payments(found)
    return _saved("payments", header, rows, f"{found.first} {found.last}")


@blueprint.get("/questions")
@staff_required()
def show_questions() -> Response:
    """Show questions by topic and how long answers took."""
    form = _form(DaysForm)
    found = _made(form, lambda: _days_of(form, questions.answers_of))
    most = max((each.count for each in found.topics), default=0) if found else 0
    return _page("questions", form, found, most=most)


@blueprint.get("/questions.csv")
@staff_required()
def save_questions() -> Response:
    """Give the same as a table."""
    form = _form(DaysForm)
    found = _made(form, lambda: _days_of(form, questions.answers_of))
    if found is None:
        return _page("questions", form, found)
    rows = report_tables.questions(found)
    days = f"{found.first} {found.last}"
    return _saved("questions", report_tables.QUESTIONS, rows, days)


@blueprint.get("/usability")
@staff_required()
def show_usability() -> Response:
    """Show how convenient people say it is, by quarter and in their words."""
    form = _form(QuarterForm)
    found = _made(
        form,
        lambda: usability.usability_of(
            identity.member(),
            form.code,
            form.chosen,
            before=whole_number(request.args.get("before"), MOST_DIGITS),
            actor=identity.actor(),
            now=moment.now(),
        ),
    )
    if found is not None:
        form.quarter.data = str(found.quarter)
    return _page("usability", form, found)


@blueprint.get("/usability.csv")
@staff_required()
def save_usability() -> Response:
    """Give the quarters of each branch as a table."""
    form = _form(QuarterForm)
    told = _made(
        form,
        lambda: usability.ratings_of(identity.member(), form.code, now=moment.now()),
    )
    if told is None:
        return _page("usability", form, None)
    rows = report_tables.usability(told)
    return _saved("usability", report_tables.USABILITY, rows, str(moment.today()))


def _form(kind: type[F]) -> F:
    """Return the form with what there is to choose from."""
    form = kind(request.args)
    form.offer(offices_of(identity.member()), moment.today())
    return form


def _made(form: BranchForm, make: Callable[[], R]) -> R | None:
    """Return the report, None where the form was not understood."""
    return make() if form.check() else None


def _progress(form: MonthForm, *, is_whole: bool = False) -> window.Progress:
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = None
    return window.progress_of(
        identity.member(),
        form.code,
        form.chosen,
        day,
        is_whole=is_whole,
        now=moment.now(),
    )


def _debts(form: BranchForm) -> debts.Debts:
    return debts.debts_of(identity.member(), form.code, now=moment.now())


def _days_of(form: DaysForm, make: Callable[..., R]) -> R:
    found: Any = make(identity.member(), form.code, *form.days, now=moment.now())
    form.show(found.first, found.last)
    return found  # type: ignore[no-any-return]


def _page(
    name: str, form: BranchForm, found: object, *, template: str = "", **context: Any
) -> Response:
    """Show the report, or what is wrong with what was asked."""
    asked = {field.name: field.data for field in form if field.data}
    return htmx.page(
        f"staff/reports/{template or name}.html",
        title=TITLES[name],
        status=HTTPStatus.OK if found is not None else HTTPStatus.UNPROCESSABLE_ENTITY,
        name=name,
        form=form,
        found=found,
        asked=asked,
        part=charts.part,
        **context,
    )


def _saved(
    name: str, header: tuple[str, ...], rows: tables.Rows, what: str
) -> Response:
    scope.note_file(name, actor=identity.actor(), now=moment.now())
    return tables.table(
        tables.CSV,
        TITLES[name],
        header,
        rows,
        name=f"{TITLES[name]} {what}",
        plain_name=f"{name}-{what}".replace(" ", "-"),
    )
