"""The words of the queue of readings: likely causes, ready texts, why not."""

from collections.abc import Sequence

from flask import Flask

from cabinet.domain.energy import Energy
from cabinet.domain.readings import Asked, Cause, Obstacle, Question
from cabinet.services.reviews import Stays
from cabinet.web.filters import NBSP, kwh, plural

CAUSES = {
    Cause.ROLLED_OVER: "счётчик перешёл через ноль",
    Cause.SWAPPED: "перепутаны зоны",
    Cause.TOTAL_TYPED: "вместо зоны введена общая сумма",
    Cause.EXTRA_DIGIT: "лишняя цифра",
    Cause.MISSING_DIGIT: "пропущена цифра",
    Cause.ZERO_TYPED: "ноль вместо показания, расхода не было",
    Cause.REPLACED: "заменён счётчик",
    Cause.LAST_TOO_HIGH: "прежнее показание завышено",
    Cause.ESTIMATE_TOO_HIGH: "прежняя оценка завышена",
}

#: Why readings wait, as the filter offers them; the words of `macros/readings.html`.
REASONS = {
    "unusual": "Необычный расход",
    "lower": "Меньше прошлого",
    "impossible": "Больше, чем мог насчитать счётчик",
    "same": "Показание не изменилось",
    "zero": "Введён ноль",
    "replaced": "Счётчик заменили",
    "last_was_wrong": "Прошлое показание неверное",
    "correction": "Исправление после квитанции",
    "review": "Просьба абонента",
    "again": "Передали ещё раз без входа",
}

#: What a customer reads with a returned reading, by the word of the form.
READY = {
    "lower": "Показание меньше прошлого. Посмотрите на счётчик и передайте ещё раз",
    "much": "Расход намного больше обычного. Проверьте цифры и передайте ещё раз",
    "extra": "Лишняя цифра. Введите только цифры до запятой и передайте ещё раз",
    "missing": "Не хватает цифры. Введите все цифры до запятой и передайте ещё раз",
    "swapped": "Похоже, зоны перепутаны. Проверьте Т1 и Т2 и передайте ещё раз",
    "photo": "На фото не видно цифр. Снимите счётчик ближе и передайте ещё раз",
    "other": "На фото другой счётчик. Проверьте его номер и передайте ещё раз",
    "replaced": "Счётчик заменили, а новый у нас не записан. Позвоните нам, запишем",
}
#: Which of them is chosen beforehand.
_BY_CAUSE = {
    Cause.SWAPPED: "swapped",
    Cause.TOTAL_TYPED: "swapped",
    Cause.EXTRA_DIGIT: "extra",
    Cause.MISSING_DIGIT: "missing",
    Cause.REPLACED: "replaced",
    Cause.ZERO_TYPED: "lower",
    Cause.LAST_TOO_HIGH: "lower",
}
_BY_REASON = {"lower": "lower", "zero": "lower", "replaced": "replaced"}

OBSTACLES = {
    Obstacle.FELL: "Принять нельзя: оно меньше прошлого и не перешло через ноль",
    Obstacle.FOLLOWED: "Принять нельзя: следующее показание уже меньше этого",
}
#: The same of what a specialist writes.
CANNOT_WRITE = {
    Obstacle.FELL: "Это меньше прошлого показания, и счётчик не перешёл через ноль",
    Obstacle.FOLLOWED: "Следующее показание меньше этого",
}
STAYS = {
    Stays.LATE: "Отменить уже нельзя: прошло больше десяти минут или отменил другой",
    Stays.COUNTED: "Отменить нельзя: показание уже в квитанции",
    Stays.DRAFTED: "Отменить нельзя: показание уже в черновике квитанции",
    Stays.SENT_OUT: "Отменить нельзя: показание уже ушло в выгрузку",
    Stays.NEWER: "Отменить нельзя: уже есть показание новее",
}

#: How high a chart is, in steps.
HEIGHT = 20


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        cause=CAUSES.__getitem__,
        obstacle=OBSTACLES.__getitem__,
        columns=columns,
        span_of=span_of,
    )


def ready_for(cause: Cause | None, reason: str) -> str:
    """Return the word of the ready text that fits best."""
    by_cause = _BY_CAUSE.get(cause) if cause else None
    return by_cause or _BY_REASON.get(reason, "much")


def question(asked: Asked) -> str:
    """Return what is asked about a correction that is out of the ordinary as well."""
    used = "" if asked.total is None else f"Расход {kwh(asked.total)}{NBSP}кВт·ч. "
    if asked.question is Question.SAME:
        return "Показание не изменилось, расхода не было. Всё верно?"
    if asked.question in {Question.LOWER, Question.ZERO}:
        return "Меньше прошлого: счётчик перешёл через ноль. Всё верно?"
    if asked.question is Question.IMPOSSIBLE:
        return f"{used}Столько счётчик насчитать не мог. Всё верно?"
    if not asked.times:
        return f"{used}Это необычно много. Всё верно?"
    times = plural(asked.times, "раз", "раза", "раз")
    return f"{used}Это в{NBSP}{asked.times}{NBSP}{times} больше обычного. Всё верно?"


def columns(months: Sequence[Energy | None]) -> str:
    """Return the outline of a chart: a column a month, one wide, HEIGHT at most."""
    most = max((each.wh for each in months if each is not None), default=0)
    tops = [
        HEIGHT - (0 if not most or each is None else _tall(each.wh, most))
        for each in months
    ]
    return f"M0 {HEIGHT}" + "".join(f"V{top}h1" for top in tops) + f"V{HEIGHT}"


def span_of(months: Sequence[Energy | None]) -> str:
    """Return what a chart shows in words: «от 90 до 210 кВт·ч в месяц»."""
    known = [each for each in months if each is not None]
    if not known:
        return "расход за два года неизвестен"
    return (
        f"расход за два года от {kwh(min(known))} до {kwh(max(known))}"
        f"{NBSP}кВт·ч в месяц"
    )


def _tall(part: int, most: int) -> int:
    """Return the height of a column; what is not zero stays visible."""
    return 0 if part <= 0 else max(1, round(part * HEIGHT / most))
