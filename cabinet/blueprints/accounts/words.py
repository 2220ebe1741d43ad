"""What is done with an account, in the words of its log."""

from cabinet.domain.people import AccessLevel
from cabinet.services.account_log import Use, Who

ACTIONS = {
    "access.moved": "Порядок счетов изменён",
    "access.renamed": "Название счёта изменено",
    "account.chosen": "Счёт выбран в кабинете",
    "bills.opened": "Список квитанций открыт",
    "export.taken": "Скачан архив со всеми данными счёта",
    "history.opened": "История показаний открыта",
    "history.saved": "История показаний скачана",
    "home.opened": "Главная страница открыта",
    "invitation.revoked": "Приглашение отозвано",
    "invitation.sent": "Приглашение отправлено",
    "paper.opened": "Документ скачан",
    "papers.opened": "Список документов открыт",
    "payment.begun": "Начат платёж",
    "payment.offered": "Страница оплаты открыта",
    "program.opened": "Счёт прочитан программой по ключу",
    "question.asked": "Задан вопрос специалисту",
    "reading.act_entered": "Внесён акт контрольной проверки",
    "readings.opened": "Форма показаний открыта",
    "reading.mailed": "Подтверждение отправлено на почту",
    "reading.submitted": "Показания переданы",
    "reading.withdrawn": "Введённые показания отменены",
    "recalculation.agreed": "Перерасчёт согласован",
    "recalculation.ordered": "Внесён перерасчёт",
    "recalculation.withdrawn": "Перерасчёт отозван",
    "receipt.opened": "Квитанция открыта",
    "receipt.saved": "Квитанция скачана",
    "review.accepted": "Показания проверены и приняты",
    "review.corrected": "Показания исправлены",
    "review.photo_opened": "Фото счётчика открыто",
    "review.returned": "Показания возвращены",
    "review.undone": "Решение по показаниям отменено",
    "request.asked": "Отправлена заявка на счётчик",
    "request.cancelled": "Отменена заявка на счётчик",
    "request.changed": "Изменены удобные дни в заявке",
    "request.done": "Заявка на счётчик выполнена",
    "request.missed": "Заявку на счётчик не смогли выполнить",
    "request.moved": "День по заявке изменён",
    "request.planned": "Назначен день по заявке",
    "request.refused": "Отказ по заявке на счётчик",
    "request.undone": "Решение по заявке отменено",
    "statement.opened": "Начисления и платежи открыты",
    "statement.saved": "Начисления и платежи скачаны",
}

ENDED = {
    "lapsed": "Срок доступа кончился",
    "owner_left": "Доступ закрыт: владелец открепил счёт",
    "staff": "Доступ закрыл специалист",
    "unlinked": "Счёт откреплён",
}

LEVELS = {
    AccessLevel.READINGS: "только показания",
    AccessLevel.FULL: "всё",
}

STAFF = "Счёт просмотрен"


def who(use: Use) -> str:
    """Return who did it; of staff only that it was one of them."""
    match use.who:
        case Who.YOU:
            return "Вы"
        case Who.STAFF:
            return "Специалист отделения"
        case Who.SYSTEM:
            return "Кабинет"
    return use.email or "Удалённая учетная запись"


def what(use: Use) -> str:
    """Return what was done."""
    if use.action == "access.given":
        text = "Доступ открыт"
    elif use.action == "access.ended":
        text = ENDED.get(use.why, "Доступ закрыт")
    else:
        text = ACTIONS.get(use.action, STAFF)
    whom = f" для {use.whom}" if use.whom and use.why != "owner_left" else ""
    level = f": {LEVELS[use.level]}" if use.level else ""
    return f"{text}{whom}{level}"
