"""Reports as tables to keep: the same figures as on the page."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from cabinet.domain.questions import Rating
from cabinet.exchange.spreadsheet import Cell
from cabinet.services.reports.debts import Debts
from cabinet.services.reports.payments import Came, Paid
from cabinet.services.reports.questions import Answers
from cabinet.services.reports.usability import Told
from cabinet.services.reports.window import Progress, Step
from cabinet.web.filters import NBSP
from cabinet.web.question_words import RATINGS, TOPICS
from cabinet.web.report_words import AGES, quarter, way

Row = Sequence[Cell]

WINDOW = (
    "День",
    "Час",
    "Передали",
    "Всего к концу часа",
    "Счётчиков",
    "Месяц назад",
    "Месяц назад всего",
)
DEBTS = ("Срок", "Сумма, ₽", "Из неё пени, ₽", "Лицевых счетов")
QUESTIONS = (
    "Тема",
    "Обращений",
    "Ждут ответа",
    "Половине ответили за, ч",
    "Девяти из десяти за, ч",
    "В срок, %",
)
USABILITY = (
    "Квартал",
    "Отделение",
    *RATINGS.values(),
    "Отложили",
    "Удобно и лучше, %",
)
_HOUR = timedelta(hours=1)


def window(report: Progress, hours: Sequence[Step]) -> Iterator[Row]:
    """Yield every hour of the window."""
    for step in hours:
        yield (
            step.day,
            f"{step.hour}:00",
            step.sent,
            step.all,
            report.meters,
            step.before,
            step.before_all,
        )


def debts(report: Debts) -> Iterator[Row]:
    """Yield a line an age, and all of them."""
    for each in report.ages:
        yield (
            AGES[each.age],
            each.amount.roubles,
            each.penalty.roubles,
            each.accounts,
        )
    yield ("Всего", report.amount.roubles, None, report.accounts)


def payments_header(report: Paid) -> tuple[str, ...]:
    """Return the columns: two for each way money came."""
    ways = [way(each) for each in report.ways]
    pairs = [name for each in ways for name in (f"{each}, ₽", f"{each}, платежей")]
    return ("День", *pairs, "Всего, ₽", "Всего, платежей")


def payments(report: Paid) -> Iterator[Row]:
    """Yield a line a day, and all of them."""
    for each in report.days:
        yield (each.day, *_came(each.ways), *_came((each.all,)))
    yield ("Всего", *_came(report.totals), *_came((report.all,)))


def questions(report: Answers) -> Iterator[Row]:
    """Yield a line a topic, and all of them."""
    for each in (*report.topics, report.all):
        yield (
            TOPICS[each.topic] if each.topic else "Все темы",
            each.count,
            each.waiting,
            _hours(each.waits.middle) if each.waits else None,
            _hours(each.waits.most) if each.waits else None,
            each.in_time,
        )


def usability(told: Sequence[Told]) -> Iterator[Row]:
    """Yield a line for each quarter of each branch in which anything was said."""
    for each in told:
        if each.shares.total or each.aside:
            yield (
                quarter(each.quarter).replace(NBSP, " "),
                each.name,
                *(each.shares.counts[rating] for rating in Rating),
                each.aside,
                each.shares.best,
            )


def _came(came: Sequence[Came]) -> Iterator[Cell]:
    for each in came:
        yield each.amount.roubles
        yield each.count


def _hours(span: timedelta) -> Decimal:
    """Return hours with one place."""
    return Decimal(round(span / _HOUR * 10)).scaleb(-1)
