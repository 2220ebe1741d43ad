"""The words of requests for work on a meter: kinds, states, what happens next."""

from flask import Flask

from cabinet.domain.requests import (
    WAITING,
    DayFault,
    Hours,
    MissReason,
    RefusalReason,
    RequestAct,
    RequestKind,
    RequestState,
)
from cabinet.services.requests.shown import Shown
from cabinet.web.filters import NBSP, day

KINDS = {
    RequestKind.REPLACEMENT: "Замена счётчика",
    RequestKind.VERIFICATION: "Поверка счётчика",
    RequestKind.CONTROL: "Контрольная проверка",
    RequestKind.SEALING: "Опломбировка",
    RequestKind.CONNECTION: "Подключение счётчика",
    RequestKind.DISPUTE: "Спор о расходе",
}
#: What each kind is, for who chooses.
ABOUT = {
    RequestKind.REPLACEMENT: "сломался, устарел или кончилась поверка",
    RequestKind.VERIFICATION: "проверить, верно ли он считает",
    RequestKind.CONTROL: "снять показания вместе со специалистом (встречный контроль)",
    RequestKind.SEALING: "поставить пломбу",
    RequestKind.CONNECTION: "счётчика ещё нет",
    RequestKind.DISPUTE: "расход в квитанции кажется неверным",
}
STATES = {
    RequestState.RECEIVED: "Принята",
    RequestState.PLANNED: "Назначен день",
    RequestState.MISSED: "Нужен другой день",
    RequestState.DONE: "Выполнена",
    RequestState.REFUSED: "Отказ",
    RequestState.CANCELLED: "Отменена",
}
ACTS = {
    RequestAct.ASKED: "Принята",
    RequestAct.CHANGED: "Изменены удобные дни",
    RequestAct.PLANNED: "Назначен день",
    RequestAct.MOVED: "День изменён",
    RequestAct.MISSED: "Не смогли выполнить",
    RequestAct.DONE: "Выполнена",
    RequestAct.REFUSED: "Отказ",
    RequestAct.CANCELLED: "Отменена",
    RequestAct.UNDONE: "Решение отменено",
}
HOURS = {
    Hours.MORNING: "с 9 до 13",
    Hours.AFTERNOON: "с 13 до 17",
    Hours.EVENING: "с 17 до 20",
    Hours.ANY: "в любое время",
}
REFUSALS = {
    RefusalReason.NOT_OURS: "Это делает другая организация",
    RefusalReason.NOT_NEEDED: "Работа не нужна: счётчик исправен",
    RefusalReason.NOT_READY: "Место для счётчика не готово",
    RefusalReason.REPEATED: "Такая заявка уже есть",
    RefusalReason.NOT_HOLDER: "Нужна заявка от владельца счёта",
}
MISSES = {
    MissReason.NOBODY_HOME: "Никого не было дома",
    MissReason.NO_WAY_IN: "Не пустили к счётчику",
    MissReason.NOT_POSSIBLE: "Сделать было нельзя",
}
DAY_FAULTS = {
    DayFault.PAST: "Этот день уже не подходит. Выберите более поздний",
    DayFault.FAR: "Это слишком далеко. Выберите день в ближайшие 60 дней",
    DayFault.DAY_OFF: "Это выходной. Выберите рабочий день",
}
_REASONS = {
    **{str(key): text for key, text in REFUSALS.items()},
    **{str(key): text for key, text in MISSES.items()},
}


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        request_kind=lambda kind: KINDS[RequestKind(kind)],
        request_about=ABOUT.__getitem__,
        request_state=lambda state: STATES[RequestState(state)],
        request_act=ACTS.__getitem__,
        request_reason=lambda reason: _REASONS.get(reason, ""),
        request_next=what_next,
        visit_hours=lambda hours: hours_of(Hours(hours)),
    )


def hours_of(hours: Hours) -> str:
    """Return «с 9 до 13», whose figures stay together."""
    return HOURS[hours].replace(" ", NBSP)


def what_next(found: Shown) -> str:
    """Return what happens next and by when, as a customer reads it."""
    if found.state is RequestState.PLANNED:
        return _visit(found)
    if found.state not in WAITING:
        return _ENDS[found.state]
    is_dispute = found.kind is RequestKind.DISPUTE
    by = f"до{NBSP}{day(found.due_on)}"
    if found.due_on < found.today:
        late = "ответить" if is_dispute else "назначить день"
        return f"Не успели {late} {by}, торопимся"
    if is_dispute:
        return f"Специалист ответит {by}"
    word = "новый день" if found.state is RequestState.MISSED else "день"
    return f"Назначим {word} {by} и напишем вам"


def _visit(found: Shown) -> str:
    """Return when who comes; a planned request always has a day and hours."""
    when = f"{day(found.planned_on)}, " if found.planned_on else ""
    when += hours_of(found.planned_hours or Hours.ANY)
    if found.planned_on and found.planned_on < found.today:
        return f"Специалист должен был прийти {when}. Скоро запишем итог"
    return f"Специалист придёт {when}. Будьте дома"


_ENDS = {
    RequestState.DONE: "Всё сделано",
    RequestState.REFUSED: "Можно позвонить нам или отправить новую заявку",
    RequestState.CANCELLED: "Заявка отменена. Можно отправить новую",
}
