"""Журнал: who did what to whose data, for admins; every look is in it."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request, url_for

from cabinet.blueprints.staff.settings.room import blueprint, page
from cabinet.config import Settings
from cabinet.domain.people import Role
from cabinet.exchange.spreadsheet import Cell, csv_bytes
from cabinet.forms.audit_log import LogForm
from cabinet.forms.typed import whole_number
from cabinet.services import log_reading
from cabinet.services.log_reading import (
    AccountUnknownError,
    Line,
    PersonUnknownError,
    Wanted,
)
from cabinet.web import htmx, identity, log_words, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import staff_required

NOBODY = "С этой почтой никто не входит"
NO_ACCOUNT = "Такого лицевого счёта нет"
HEADER = (
    "Номер",
    "Когда",
    "Кто",
    "Роль",
    "Номер человека",
    "Действие",
    "О чём",
    "Лицевой счёт (номер в базе)",
    "Подробности",
)
_MOST_DIGITS = 12


@blueprint.get("/log")
@staff_required(Role.ADMIN)
def log() -> Response:
    """Show the entries of a day or of an account."""
    form = LogForm(request.args)
    wanted = _wanted(form)
    form.show(wanted.day)
    found = None
    if form.validate():
        try:
            found = log_reading.look(wanted, actor=identity.actor(), now=moment.now())
        except PersonUnknownError:
            form.email.errors = [NOBODY]
        except AccountUnknownError:
            form.number.errors = [NO_ACCOUNT]
    return page(
        "log",
        title="Журнал действий",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if found is None else HTTPStatus.OK,
        form=form,
        found=found,
        query=_query(form),
        groups=log_words,
    )


@blueprint.get("/log.csv")
@staff_required(Role.ADMIN)
def log_file() -> Response:
    """Send the same entries as a file."""
    form = LogForm(request.args)
    if not form.validate():
        return htmx.go(_page_of(form))
    wanted = _wanted(form)
    try:
        lines = log_reading.take(wanted, actor=identity.actor(), now=moment.now())
    except (PersonUnknownError, AccountUnknownError):
        return htmx.go(_page_of(form))
    return attached(
        csv_bytes(HEADER, _rows(lines, wanted)),
        name=f"Журнал {wanted.day:%d.%m.%Y}.csv",
        plain_name=f"log-{wanted.day:%Y-%m-%d}.csv",
        media_type="text/csv; charset=utf-8",
    )


def _rows(lines: Iterator[Line], wanted: Wanted) -> Iterator[tuple[Cell, ...]]:
    for one in lines:
        yield (
            one.entry_id,
            f"{one.at.astimezone(wanted.zone):%d.%m.%Y %H:%M:%S}",
            one.who,
            "" if one.role is None else str(one.role),
            one.user_id,
            one.action,
            one.subject,
            one.account_id,
            one.details,
        )


def _wanted(form: LogForm) -> Wanted:
    settings: Settings = current_app.extensions["cabinet.settings"]
    return Wanted(
        day=form.day_or(moment.today()),
        zone=settings.zone,
        email=(form.email.data or "").strip(),
        group=form.group.data if form.group.data in log_words.GROUPS else "",
        number=form.account,
        before=whole_number(request.args.get("before"), _MOST_DIGITS),
    )


def _query(form: LogForm) -> dict[str, Any]:
    """Return what the filter says, to go on with."""
    return {field.name: field.data for field in form if field.data}


def _page_of(form: LogForm) -> str:
    return url_for(".log", **_query(form))
