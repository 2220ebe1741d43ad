"""The words of offices: hours of a day, of a week, whether one can come in now."""

from datetime import date, datetime
from itertools import groupby

from flask import Flask, current_app
from flask_login import current_user

from cabinet.domain.offices import Door, Hours, Week, standing
from cabinet.domain.period import local_day
from cabinet.services.access import AccountCard
from cabinet.services.offices import Kept
from cabinet.web import moment
from cabinet.web.filters import NBSP, day

HOUR = 60
WEEK = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
FULL_WEEK = (
    "Понедельник",
    "Вторник",
    "Среда",
    "Четверг",
    "Пятница",
    "Суббота",
    "Воскресенье",
)


def register(app: Flask) -> None:
    """Give the templates these words, and the process what it holds of the offices."""
    app.extensions["cabinet.offices"] = Kept()
    app.jinja_env.filters.update(hours=hours, week_hours=week, office_now=now_at)
    app.jinja_env.globals["office_today"] = today_of


def clock(minute: int) -> str:
    """Return «9:00»."""
    return f"{minute // HOUR}:{minute % HOUR:02d}"


def short(known: Hours | None) -> str:
    """Return «9:00–18:00», or «выходной»."""
    return f"{clock(known.opens)}–{clock(known.closes)}" if known else "выходной"


def hours(known: Hours | None) -> str:
    """Return «9:00–18:00, обед 13:00–14:00», as it is also typed."""
    if known is None or known.pause is None:
        return short(known)
    first, last = known.pause
    return f"{short(known)}, обед {clock(first)}–{clock(last)}"


def week(known: Week) -> list[tuple[str, str]]:
    """Return days of the same hours together: («пн–пт», «9:00–18:00»)."""
    rows = []
    for said, group in groupby(range(len(WEEK)), lambda at: hours(known.days[at])):
        first, *_, last = (*group,) * 2
        named = WEEK[first] if first == last else f"{WEEK[first]}–{WEEK[last]}"
        rows.append((named, said))
    return rows


def now_at(known: Week, instant: datetime) -> str:
    """Return «Открыто до 18:00» by the clock of the instant."""
    found = standing(known, instant)
    until = clock(found.minute)
    if found.door is Door.OPEN:
        return f"Сейчас открыто до{NBSP}{until}"
    if found.door is Door.PAUSE:
        return f"Сейчас обед до{NBSP}{until}"
    if found.day is None:
        return "Сейчас закрыто"
    when = _when(found.day, instant.date())
    return f"Сейчас закрыто, откроем {when} в{NBSP}{until}"


def today_of() -> str:
    """Return «Офис сегодня 9:00–18:00» of the account's branch, for the foot of a page."""
    card: AccountCard | None = current_user.account
    if card is None:
        return "Офисы"
    kept: Kept = current_app.extensions["cabinet.offices"]
    today = local_day(moment.now(), card.zone)
    found = kept.hours_on(card.branch_id, card.offices_version, today)
    if found is None:
        return "Офисы"
    (known,) = found
    return f"Офис сегодня {short(known)}" if known else "Офис сегодня закрыт"


def _when(opens: date, today: date) -> str:
    ahead = (opens - today).days
    if ahead <= 1:
        return "завтра" if ahead else "сегодня"
    return day(opens)
