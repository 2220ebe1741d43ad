"""Days to remember as iCalendar (RFC 5545), for phones that subscribe to an address."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Alarm, Calendar, Event

from cabinet.exchange.occasion import Occasion

#: How often a program should come again (RFC 7986, 5.7).
EVERY = timedelta(days=1)


def calendar(name: str, occasions: Iterable[Occasion], *, stamp: date) -> bytes:
    """Return the calendar as a file.

    `stamp` is a day that does not change while the content does not: the same content is
    the same file.
    """
    feed = Calendar()
    feed.add("prodid", "-//cabinet//RU")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", name)
    feed.add("refresh-interval", EVERY, parameters={"value": "DURATION"})
    feed.add("x-published-ttl", EVERY)
    made_at = datetime.combine(stamp, time(), UTC)
    for occasion in occasions:
        feed.add_component(_event(occasion, made_at))
    made: bytes = feed.to_ical()
    return made


def _event(occasion: Occasion, made_at: datetime) -> Event:
    event = Event()
    event.add("uid", occasion.uid)
    event.add("dtstamp", made_at)
    event.add("dtstart", occasion.starts)
    event.add("dtend", occasion.ends)
    event.add("summary", occasion.title)
    event.add("url", occasion.link)
    event.add("description", occasion.link)
    # The day stays free: a meter is read in a minute.
    event.add("transp", "TRANSPARENT")
    if occasion.monthly:
        rule = {"freq": "monthly", "bymonthday": occasion.starts.day}
        event.add("rrule", rule)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", occasion.title)
    alarm.add("trigger", occasion.warned)
    event.add_component(alarm)
    return event
