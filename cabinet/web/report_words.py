"""The words of reports: ages of debts, ways money comes, how long answers took."""

from datetime import timedelta

from flask import Flask

from cabinet.domain.reports import Age
from cabinet.domain.usability import Quarter
from cabinet.web.filters import NBSP, duration, plural

AGES = {
    Age.NOT_DUE: "Срок ещё не прошёл",
    Age.TO_30: "До 30 дней",
    Age.TO_60: "31–60 дней",
    Age.TO_90: "61–90 дней",
    Age.TO_180: "91–180 дней",
    Age.TO_365: "181–365 дней",
    Age.OLDER: "Больше года",
}
#: Payments of the cabinet by their method, others by the channel of their entry.
WAYS = {
    "card": "Карта в кабинете",
    "sbp": "СБП в кабинете",
    "registry": "Реестры банков и касс",
    "": "Другое",
}


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        age=AGES.__getitem__,
        way=way,
        quarter=quarter,
        wait=wait,
        limit=limit,
        seconds=seconds,
    )


def way(word: str) -> str:
    """Return how money came; a channel we have no word for stands for itself."""
    return WAYS.get(word, word)


def quarter(known: Quarter) -> str:
    """Return «4 квартал 2026»."""
    return f"{known.number}{NBSP}квартал {known.year}"


def wait(span: timedelta) -> str:
    """Return «5 часов» or «2 дня 3 часа»: days as soon as there is one."""
    hours = round(span.total_seconds() / 3600)
    days, rest = divmod(hours, 24)
    if not days:
        return duration(span)
    told = f"{days}{NBSP}{plural(days, 'день', 'дня', 'дней')}"
    if not rest:
        return told
    return f"{told} {rest}{NBSP}{plural(rest, 'час', 'часа', 'часов')}"


def limit(span: timedelta) -> str:
    """Return a whole span after «до»: «15 минут», «2 часов», «суток»."""
    if span == timedelta(days=1):
        return "суток"
    minutes = int(span.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    if hours and not rest:
        return f"{hours}{NBSP}{plural(hours, 'часа', 'часов', 'часов')}"
    return f"{minutes}{NBSP}{plural(minutes, 'минуты', 'минут', 'минут')}"


def seconds(count: float) -> str:
    """Return a bound of time after «за»: «0,25 секунды», «1 секунду», «10 секунд»."""
    whole = int(count)
    if whole != count:
        return f"{count:g}".replace(".", ",") + f"{NBSP}секунды"
    return f"{whole}{NBSP}{plural(whole, 'секунду', 'секунды', 'секунд')}"
