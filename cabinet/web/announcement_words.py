"""The words of announcements."""

from datetime import date

from flask import Flask

from cabinet.domain.announcements import AnnouncementKind, Turn
from cabinet.web.filters import NBSP, day

KINDS = {
    AnnouncementKind.OUTAGE: "Плановое отключение",
    AnnouncementKind.NEWS: "Новость",
    AnnouncementKind.BENEFIT: "Льготы",
    AnnouncementKind.OFFICE: "Отделения",
}
TURNS = {Turn.TO_COME: "ещё не показано", Turn.ON: "показано", Turn.OVER: "срок прошёл"}


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        announcement_kind=KINDS.__getitem__,
        announcement_turn=TURNS.__getitem__,
        announcement_days=days,
    )


def days(starts: date, ends: date | None) -> str:
    """Return «с 20 ноября по 25 ноября» or «с 20 ноября»."""
    from_ = f"с{NBSP}{day(starts)}"
    return from_ if ends is None else f"{from_} по{NBSP}{day(ends)}"
