"""The words of a row of the history: where a reading comes from, what became of it."""

from flask import get_template_attribute

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.forecast import Footing
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.period import Month
from cabinet.services.history import HistoryRow
from cabinet.web.filters import NBSP, day, kwh, month, month_name

UNIT = f"{NBSP}кВт·ч"

SOURCES = {
    ReadingSource.CABINET: "личный кабинет",
    ReadingSource.GUEST: "сайт без входа",
    ReadingSource.PROGRAM: "программа по ключу",
    ReadingSource.PHONE: "телефон",
    ReadingSource.PAPER: "на бумаге",
    ReadingSource.CASH_DESK: "касса",
    ReadingSource.INSPECTOR: "контролёр",
    ReadingSource.ACT: "акт",
    ReadingSource.STAFF: "исправил специалист",
    ReadingSource.ESTIMATE: "расчётное",
}

BASES = {
    ChargeBasis.ACTUAL: "по показаниям",
    ChargeBasis.AVERAGE: "по среднему",
    ChargeBasis.NORM: "по нормативу",
}

FOOTINGS = {
    Footing.YEAR_AGO: f"Столько было год{NBSP}назад.",
    Footing.YEAR_AGO_AND_LATELY: (
        f"Считаем по{NBSP}прошлому году и{NBSP}последним месяцам."
    ),
    Footing.LATELY: f"Считаем по{NBSP}трём последним месяцам.",
}


def footing(known: Footing) -> str:
    """Return what a forecast stands on, a sentence."""
    return FOOTINGS[known]


def source(row: HistoryRow) -> str:
    """Return «личный кабинет»; «нет показаний» where there is none."""
    if row.is_closing:
        return "счётчик снят"
    return "нет показаний" if row.source is None else SOURCES[row.source]


def state(row: HistoryRow) -> str:
    """Return «учтено в квитанции за октябрь»; nothing without a reading."""
    if row.is_closing:
        return "последнее показание"
    if row.state is ReadingState.COUNTED and row.counted_in is not None:
        return f"учтено в{NBSP}квитанции за{NBSP}{month_name(row.counted_in)}"
    if row.state is ReadingState.REJECTED:
        return f"возвращено: {_why(row.reason)}" if row.reason else "возвращено"
    return {
        None: "",
        ReadingState.SUBMITTED: "передано",
        ReadingState.ACCEPTED: "принято",
        ReadingState.COUNTED: f"учтено в{NBSP}квитанции",
        ReadingState.NEEDS_REVIEW: "на проверке, в сумму не входит",
    }.get(row.state, "")


def notes(row: HistoryRow) -> list[str]:
    """Return what is special about the figures of the row."""
    found = []
    if row.charged is not None:
        basis = BASES[row.charged.basis]
        found.append(f"начислено {basis} {kwh(row.charged.energy)}{UNIT}")
    if row.settled_in is not None:
        found.append(
            f"расход вошёл в{NBSP}показание за{NBSP}{month_name(row.settled_in)}"
        )
    if row.used_since is not None:
        found.append(f"расход за{NBSP}{_span(row.used_since, row.month)}")
    if row.rolled_over:
        found.append("счётчик перешёл через ноль")
    if row.together is not None:
        found.append(f"всего за месяц {kwh(row.together)}{UNIT}")
    return found


def told(row: HistoryRow) -> list[str]:
    """Return all of it in lines, each with a capital letter."""
    when = "" if row.taken_on is None else f"{day(row.taken_on)}, "
    parts = [when + source(row), state(row), *notes(row)]
    return [f"{part[0].upper()}{part[1:]}" for part in parts if part]


def _span(first: Month, last: Month) -> str:
    """Return «июнь – ноябрь», with the years where they differ."""
    name = month_name if first.year == last.year else month
    return f"{name(first)}{NBSP}– {name(last)}"


def _why(reason: str) -> str:
    """Return the operator's words; a word of our own is told in full."""
    doubt = get_template_attribute("macros/readings.html", "doubt")
    text = str(doubt(reason)).strip()
    return text[0].lower() + text[1:]
