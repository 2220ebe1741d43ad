"""How the installation lives, in figures: what waits, what is in doubt, who works.

For `/metrics` and for the page of an admin. Nothing is written, no account and nobody is
named, and every query is served by an index of what waits, however many accounts there
are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from peewee import SQL, Case, Expression, Field, PeeweeException, fn

from cabinet.domain.money import Money
from cabinet.models import Beat, Branch, Job, Notice, OutboxMessage, Payment
from cabinet.models.base import reading
from cabinet.models.migrate import last_migration, missing_migrations
from cabinet.services import beats
from cabinet.services.beats import Daily
from cabinet.services.health import UNAVAILABLE
from cabinet.services.outbox import ASKED_FOR
from cabinet.services.payments import lag
from cabinet.services.payments.doubt import in_doubt

#: So long the same figures are told again, to whoever asks.
FRESH = timedelta(seconds=10)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait, and since when the oldest does."""

    waiting: int = 0
    since: datetime | None = None

    def age(self, now: datetime) -> timedelta:
        """Return how long the oldest waits."""
        return max(now - self.since, timedelta(0)) if self.since else timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The accounts of a branch that have sent all readings of the month, and all."""

    code: str
    name: str
    month: str
    sent: int
    all: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What the database tells.

    `letters` somebody waits for, `many` go to many at once and only so many in a minute.
    `late` are payments, refunds and notices nobody asked about in time. `beats`
    is when each part of the worker last succeeded, `counted_at` of when the windows are,
    `daily` what is done once a day.
    """

    letters: Queue
    many: Queue
    letters_failed: int
    jobs: Queue
    jobs_running: int
    jobs_failed: int
    notices: Queue
    doubts: Queue
    doubtful: Money
    late: Queue
    windows: tuple[Window, ...]
    counted_at: datetime | None
    beats: dict[str, datetime]
    daily: tuple[Daily, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Vitals:
    """The figures of a moment; none where the database does not answer or is not ours.

    `missing` are the migrations it lacks, `schema` is the newest it has.
    """

    at: datetime
    answers: bool
    schema: str = ""
    missing: tuple[str, ...] = ()
    figures: Figures | None = None


class Kept:
    """The figures of this process, asked for anew when they are no longer fresh.

    One thread asks; the others wait for it, for a slow database must not be asked by all
    of them.
    """

    def __init__(self, ask: Callable[[datetime], Vitals] | None = None) -> None:
        self._ask = ask or ask_all
        self._last: Vitals | None = None
        self._turn = Lock()

    def at(self, now: datetime) -> Vitals:
        """Return the figures of this moment or of a few seconds before."""
        with self._turn:
            last = self._last
            # A clock that was set back must not keep old figures for hours.
            if last is None or abs(now - last.at) >= FRESH:
                last = self._last = self._ask(now)
            return last


def ask_all(now: datetime) -> Vitals:
    """Return the figures; what a database refuses is told by their absence."""
    try:
        missing = tuple(missing_migrations())
        schema = last_migration()
        if missing:
            return Vitals(at=now, answers=True, schema=schema, missing=missing)
        with reading():
            figures = _figures(now)
    except (PeeweeException, *UNAVAILABLE):
        return Vitals(at=now, answers=False)
    return Vitals(at=now, answers=True, schema=schema, figures=figures)


def _figures(now: datetime) -> Figures:
    letters, many = _letters(now)
    is_open = Job.done_at.is_null() & Job.failed_at.is_null()
    is_free = Job.lease_until.is_null() | (Job.lease_until <= now)
    doubts, amount = _doubts()
    late = lag.overdue(now)
    kept = {row.name: row for row in Beat.select()}
    window = kept.get(beats.WINDOW)
    return Figures(
        letters=letters,
        many=many,
        letters_failed=OutboxMessage.select()
        .where(
            OutboxMessage.sent_at.is_null(),
            OutboxMessage.failed_at > now - DAY,
            OutboxMessage.error.not_in(["bounced", "restored"]),
        )
        .count(),
        jobs=_queue(Job.run_at, is_open & is_free & (Job.run_at <= now)),
        jobs_running=Job.select().where(is_open, ~is_free).count(),
        jobs_failed=Job.select()
        .where(Job.done_at.is_null(), Job.failed_at > now - DAY)
        .count(),
        notices=_queue(Notice.received_at, Notice.next_at.is_null(False)),
        doubts=doubts,
        doubtful=amount,
        late=Queue(late.waiting, late.since),
        windows=_windows(window.told if window else {}),
        counted_at=window.at if window else None,
        beats={name: row.at for name, row in kept.items() if name not in beats.DAILY},
        daily=beats.daily(kept.values()),
    )


def _queue(since: Field, waits: Expression) -> Queue:
    count, oldest = (
        since.model.select(fn.COUNT(since), fn.MIN(since))
        .where(waits)
        .scalar(as_tuple=True)
    )
    return Queue(count, oldest)


def _letters(now: datetime) -> tuple[Queue, Queue]:
    """Return what is due of the letters somebody waits for, and of those to many."""
    is_many = Case(None, [(OutboxMessage.kind.in_(ASKED_FOR), 1)], 0)
    rows = (
        OutboxMessage.select(
            is_many.alias("many"),
            fn.COUNT(OutboxMessage.id),
            fn.MIN(OutboxMessage.not_before),
        )
        .where(
            OutboxMessage.sent_at.is_null(),
            OutboxMessage.failed_at.is_null(),
            OutboxMessage.not_before <= now,
        )
        .group_by(SQL("many"))
        .tuples()
    )
    found = {many: Queue(count, since) for many, count, since in rows}
    return found.get(0, Queue()), found.get(1, Queue())


def _doubts() -> tuple[Queue, Money]:
    """Return the payments nobody knows the end of; all of them are open ones."""
    count, since, amount = (
        Payment.select(
            fn.COUNT(Payment.id), fn.MIN(Payment.created_at), fn.SUM(Payment.amount)
        )
        .where(Payment.final_at.is_null(), in_doubt())
        .scalar(as_tuple=True)
    )
    total = amount if isinstance(amount, Money) else Money(int(amount or 0))
    return Queue(count, since), total


def _windows(told: dict[str, dict[str, object]]) -> tuple[Window, ...]:
    names = Branch.select(Branch.code, Branch.name).order_by(Branch.name).tuples()
    return tuple(
        Window(code=code, name=name, **told[code])  # type: ignore[arg-type]
        for code, name in names
        if code in told
    )
