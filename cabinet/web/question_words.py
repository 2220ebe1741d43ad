"""The words of questions to specialists: topics, states, how convenient it was."""

from datetime import date

from flask import Flask

from cabinet.domain.announcements import Turn
from cabinet.domain.questions import Author, QuestionState, Rating, Topic, Urgency
from cabinet.web.announcement_words import days
from cabinet.web.filters import NBSP, day

TOPICS = {
    Topic.READINGS: "Показания",
    Topic.CHARGES: "Начисления и квитанции",
    Topic.PAYMENT: "Оплата",
    Topic.METER: "Счётчик",
    Topic.CONTRACT: "Договор и лицевой счёт",
    Topic.CABINET: "Личный кабинет",
    Topic.OTHER: "Другое",
}
AUTHORS = {Author.CUSTOMER: "вы", Author.STAFF: "специалист"}
RATINGS = {
    Rating.BAD: "Не удобно",
    Rating.POOR: "Не очень удобно",
    Rating.FAIR: "Достаточно удобно",
    Rating.GOOD: "Удобно",
    Rating.BEST: "Лучше не бывает",
}
URGENCIES = {
    Urgency.LATE: "Просрочено",
    Urgency.TODAY: "Сегодня",
    Urgency.SOON: "Следующий рабочий день",
    Urgency.CALM: "Есть время",
}
#: Of a ready answer: whether specialists find it under a question.
READY_TURNS = {
    Turn.TO_COME: "ещё не предлагается",
    Turn.ON: "предлагается",
    Turn.OVER: "срок прошёл",
}


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        topic=TOPICS.__getitem__,
        rating=RATINGS.__getitem__,
        urgency=URGENCIES.__getitem__,
        question_state=state,
        ready_days=ready_days,
        ready_turn=READY_TURNS.__getitem__,
    )


def ready_days(starts: date | None, ends: date | None) -> str:
    """Return «с 20 ноября по 25 ноября», «с 20 ноября» or «всегда»."""
    if starts is not None:
        return days(starts, ends)
    return "всегда" if ends is None else f"по{NBSP}{day(ends)}"


def state(known: QuestionState, due_on: date, today: date) -> str:
    """Return «Ответим до 27 ноября», «Есть ответ», «Закрыто»; late, that it is."""
    if known is QuestionState.WAITING and due_on < today:
        return f"Не{NBSP}успели ответить до{NBSP}{day(due_on)}, торопимся"
    if known is QuestionState.WAITING:
        return f"Ответим до{NBSP}{day(due_on)}"
    return "Есть ответ" if known is QuestionState.ANSWERED else "Закрыто"
