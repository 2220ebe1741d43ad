"""When the parts of the worker last succeeded, and what they counted for others.

The worker cannot say that it is away: whoever looks sees how long ago it wrote here.
What is done once a day has its row here too, whoever does it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cabinet.models import Beat
from cabinet.models.base import writing

#: Parts that are back within seconds while the worker lives: letters, whatever has its
#: hour, and payments, refunds and notices.
LETTERS, SCHEDULE, PAYMENTS = "letters", "schedule", "payments"
#: Who counts the accounts that have sent their readings.
WINDOW = "window"
#: What has its turn every few minutes: what is out of date goes, people are reminded, the
#: log is sealed, answers are taken out of the mailbox.
SWEEP, REMINDERS, SEALS, MAILBOX = "sweep", "reminders", "seals", "mailbox"
#: Who may be busy for hours: with bills, loads, archives and registers, words of search.
BILLS, LOADS, ARCHIVES, WORDS = "bills", "loads", "archives", "words"
#: What is done once a day.
LEDGER, RECONCILIATION, BACKUP = "ledger", "reconciliation", "backup"
DAILY = (LEDGER, RECONCILIATION, BACKUP)

#: A day, and two hours for the work itself.
A_DAY = timedelta(hours=26)
ALIVE = timedelta(minutes=5)
#: How long ago a part has succeeded at most, while all is as usual.
USUAL = {
    LETTERS: ALIVE,
    SCHEDULE: ALIVE,
    PAYMENTS: ALIVE,
    WINDOW: timedelta(minutes=15),
    SWEEP: timedelta(hours=1),
    REMINDERS: timedelta(hours=2),
    SEALS: timedelta(minutes=15),
    MAILBOX: timedelta(minutes=15),
    BILLS: A_DAY,
    LOADS: A_DAY,
    ARCHIVES: A_DAY,
    WORDS: A_DAY,
}
#: Of those, whoever is told by a line of its own on the page of an admin.
FIRST = (LETTERS, SCHEDULE, PAYMENTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Daily:
    """Something done once a day: when it last was, or since when it is awaited.

    `found` is how much did not hold, `seconds` how long it took, where it tells so;
    `failed` is what ended the last try, empty when it came to its end.
    """

    name: str
    at: datetime
    is_made: bool
    found: int = 0
    seconds: int = 0
    failed: str = ""

    def age(self, now: datetime) -> timedelta:
        """Return how long ago that was."""
        return max(now - self.at, timedelta(0))

    def is_late(self, now: datetime) -> bool:
        """Tell whether a day has gone by without it."""
        return self.age(now) > A_DAY


def note(name: str, *, now: datetime, told: dict[str, object] | None = None) -> int:
    """Write down that the part is alive, and what it has counted if it has."""
    with writing():
        put(name, now=now, told=told)
    return 1


def put(name: str, *, now: datetime, told: dict[str, object] | None = None) -> None:
    """Write it down inside the open transaction."""
    values = {"at": now} if told is None else {"at": now, "told": told}
    Beat.insert({"name": name, **values}).on_conflict(
        conflict_target=[Beat.name], update=values
    ).execute()


def note_made(name: str, *, now: datetime, **told: object) -> int:
    """Write down that what is done once a day is done, and what came of it."""
    return note(name, now=now, told={"made": True, **told})


def note_failed(name: str, *, now: datetime, why: str) -> None:
    """Write down what ended a try; when it last came to its end stays."""
    with writing():
        row = Beat.get_or_none(Beat.name == name)
        at, told = (row.at, row.told) if row else (now, {})
        put(name, now=at, told={**told, "failed": why})


def expect(*, now: datetime, without: Iterable[str] = ()) -> int:
    """Write down that parts never heard of are awaited from now on; others stay.

    A new installation is well until their usual time is over. What it does `without` is
    awaited no more.
    """
    unused = set(without)
    # The row of who counts the windows is what was counted: there is none before.
    names = {*USUAL, LEDGER, BACKUP} - unused - {WINDOW}
    rows = [{"name": name, "at": now, "told": {}} for name in sorted(names)]
    with writing():
        if unused:
            Beat.delete().where(Beat.name.in_(sorted(unused))).execute()
        Beat.insert_many(rows).on_conflict_ignore().execute()
    return len(rows)


def late(alive: Mapping[str, datetime], *, now: datetime) -> tuple[str, ...]:
    """Return the parts whose usual time is over, in the order of `USUAL`."""
    return tuple(
        name
        for name, usual in USUAL.items()
        if name in alive and now - alive[name] > usual
    )


def daily(rows: Iterable[Beat]) -> tuple[Daily, ...]:
    """Return what is done once a day here, in the order of `DAILY`.

    Reconciliation is not among it where nobody's cards are taken.
    """
    kept = {row.name: row for row in rows}
    return tuple(
        Daily(
            name=name,
            at=kept[name].at,
            is_made=bool(kept[name].told.get("made")),
            found=kept[name].told.get("findings", 0),
            seconds=kept[name].told.get("seconds", 0),
            failed=kept[name].told.get("failed", ""),
        )
        for name in DAILY
        if name in kept and (name != RECONCILIATION or kept[name].told.get("shops", 0))
    )
