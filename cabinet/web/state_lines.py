"""What the page of an admin says of the figures: what is usual, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.reports import percent
from cabinet.services import beats
from cabinet.services.beats import Daily
from cabinet.services.payments.desk import DOUBT_LASTS
from cabinet.services.payments.lag import LATE
from cabinet.services.vitals import Figures, Queue, Vitals, Window
from cabinet.web.counting import Answers

SOON = timedelta(minutes=15)
DAY = timedelta(days=1)
#: Of a hundred answers ninety-nine begin sooner than in so many seconds.
QUICK = 1.0
MOST_OF_HUNDRED = 99
#: Of a thousand answers one may be a fault of ours.
FAULTS = 1000

WORKER = "Идёт ли cabinet work? Что он пишет в лог?"
#: Parts that have one line together, as it names those that are late.
PARTS = {
    beats.WINDOW: "ход приёма",
    beats.SWEEP: "уборка старого",
    beats.REMINDERS: "напоминания",
    beats.SEALS: "запечатывание журнала",
    beats.MAILBOX: "ящик ответов",
    beats.BILLS: "начисления",
    beats.LOADS: "загрузки",
    beats.ARCHIVES: "архивы и выгрузки",
    beats.WORDS: "слова поиска",
}
DAILY = {
    beats.LEDGER: ("Проверка книги", "cabinet ledger check назовёт, что не сходится."),
    beats.RECONCILIATION: (
        "Сверка с банками",
        "Отвечает ли банк? Вручную: cabinet payments reconcile ДЕНЬ.",
    ),
    beats.BACKUP: ("Копия базы", "Запускается ли cabinet backup? Что он пишет?"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A figure: how many wait, how long the oldest does, how long is usual at most.

    `count` is none where nothing is counted, `age` where there is nothing to wait or
    where nobody has ever told. What is done once a day may be awaited and not made yet,
    or have found something and have taken so many seconds.
    """

    name: str
    count: int | None
    amount: Money | None = None
    age: timedelta | None
    usual: timedelta
    remedy: str
    is_silent: bool = False
    is_made: bool = True
    found: int | None = None
    took: int | None = None
    is_failed: bool = False

    @property
    def is_well(self) -> bool:
        """Tell whether it is as usual."""
        is_late = self.age is not None and self.age > self.usual
        return not (self.is_silent or self.found or self.is_failed or is_late)

    @property
    def seconds(self) -> int | None:
        """Return what the bar stands for: how much of the usual time is over."""
        return None if self.age is None else int(self.age.total_seconds())

    @property
    def most(self) -> int:
        """Return what a bar of full length stands for."""
        return int(self.usual.total_seconds())


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Windows of one month, and the share of each branch in percent."""

    month: Month
    windows: tuple[tuple[Window, int | None], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """The answers of this machine: those of a kind, and whether all is as usual."""

    answers: Answers
    kinds: tuple[tuple[str, int], ...]
    faults: int
    within: float | None

    @property
    def is_well(self) -> bool:
        """Tell whether faults are rare."""
        return self.faults * FAULTS <= self.answers.count

    @property
    def is_quick(self) -> bool:
        """Tell whether nearly all answers begin soon."""
        return self.within is not None and self.within <= QUICK


def lines_of(vitals: Vitals) -> tuple[Line, ...]:
    """Return the lines of the page, none where the database tells nothing."""
    found = vitals.figures
    return tuple(_lines(vitals, found)) if found is not None else ()


def _lines(vitals: Vitals, found: Figures) -> Iterator[Line]:
    def queue(
        name: str,
        waits: Queue,
        usual: timedelta,
        remedy: str,
        *,
        amount: Money | None = None,
    ) -> Line:
        age = waits.age(vitals.at) if waits.since else None
        return Line(
            name=name,
            count=waits.waiting,
            amount=amount,
            age=age,
            usual=usual,
            remedy=remedy,
        )

    yield queue(
        "Письма, которых ждут",
        found.letters,
        SOON,
        f"{WORKER} Верны ли настройки CABINET_MAIL_…?",
    )
    yield queue(
        "Письма о квитанциях и напоминания",
        found.many,
        DAY,
        "Они уходят понемногу. Быстрее: CABINET_MAIL_PER_MINUTE.",
    )
    yield queue("Загрузки, выгрузки, архивы", found.jobs, SOON, WORKER)
    yield queue("Уведомления банков", found.notices, LATE, WORKER)
    yield queue(
        "Платежи в сомнении",
        found.doubts,
        DOUBT_LASTS,
        f"Отвечает ли банк? {WORKER} Сами платежи стоят в «Платежах».",
        amount=found.doubtful,
    )
    yield queue(
        "Платежи, о которых пора спросить",
        found.late,
        LATE,
        f"{WORKER} Отвечает ли банк?",
    )
    for name, part in (
        ("Работник: письма", beats.LETTERS),
        ("Работник: расписание", beats.SCHEDULE),
        ("Работник: платежи", beats.PAYMENTS),
    ):
        at = found.beats.get(part)
        yield Line(
            name=name,
            count=None,
            age=Queue(1, at).age(vitals.at) if at else None,
            usual=beats.USUAL[part],
            remedy="Запустите cabinet work.",
            is_silent=at is None,
        )
    yield from _others(vitals, found)


def _others(vitals: Vitals, found: Figures) -> Iterator[Line]:
    """Yield the line of all other parts: of the one that is nearest to being late."""
    known = {name: at for name, at in found.beats.items() if name in PARTS}
    if not known:
        return
    worst = max(known, key=lambda name: (vitals.at - known[name]) / beats.USUAL[name])
    late = [PARTS[name] for name in beats.late(known, now=vitals.at)]
    yield Line(
        name="Работник: остальное",
        count=None,
        age=Queue(1, known[worst]).age(vitals.at),
        usual=beats.USUAL[worst],
        remedy=f"Давно не было: {', '.join(late)}. {WORKER}",
    )


def daily_of(vitals: Vitals) -> tuple[Line, ...]:
    """Return the lines of what is done once a day, as far as it is awaited here."""
    found = vitals.figures
    return tuple(_daily(vitals, each) for each in (found.daily if found else ()))


def _daily(vitals: Vitals, each: Daily) -> Line:
    name, remedy = DAILY[each.name]
    is_checked = each.name == beats.LEDGER and each.is_made
    if each.name == beats.LEDGER and not each.found:
        remedy = f"{WORKER} Проверить сейчас: cabinet ledger check."
    return Line(
        name=name,
        count=None,
        age=each.age(vitals.at),
        usual=beats.A_DAY,
        remedy=remedy,
        is_made=each.is_made,
        found=each.found if is_checked else None,
        took=each.seconds if is_checked else None,
        is_failed=bool(each.failed),
    )


def windows_of(vitals: Vitals) -> tuple[Progress, ...]:
    """Return the branches by the month they take readings for, the newest first."""
    windows = vitals.figures.windows if vitals.figures is not None else ()
    months = sorted({each.month for each in windows}, reverse=True)
    return tuple(
        Progress(
            month=Month.parse(month),
            windows=tuple(
                (each, percent(each.sent, each.all))
                for each in windows
                if each.month == month
            ),
        )
        for month in months
    )


def answers_of(answers: Answers) -> Speed:
    """Return what is said of the answers of this machine."""
    by_kind = answers.by_status
    faults = by_kind.get("5xx", 0)
    return Speed(
        answers=answers,
        kinds=(
            ("Ответы по делу", by_kind.get("2xx", 0) + by_kind.get("3xx", 0)),
            ("Отказы и опечатки в адресе", by_kind.get("4xx", 0)),
            ("Сбои", faults),
        ),
        faults=faults,
        within=answers.within(MOST_OF_HUNDRED),
    )
