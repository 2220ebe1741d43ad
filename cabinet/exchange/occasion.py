"""A day to remember, as calendars of other programs take it."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Days to remember: from `starts` to the day before `ends`.

    `uid` stays the same for ever: by it a program knows what it has. `warned` is how long
    after the first day begins the alarm sounds, before it if negative. `monthly` comes
    again on the same days of every month.
    """

    uid: str
    title: str
    starts: date
    ends: date
    link: str
    warned: timedelta
    monthly: bool = False
