"""The words of what happened around an account: its letters and the log of its uses."""

from cabinet.domain.questions import QuestionState
from cabinet.services.account_card import LetterShown, UseShown
from cabinet.web.question_words import TOPICS
from cabinet.web.statement_words import origin_of

__all__ = ["QUESTION_STATES", "TOPICS", "letter", "origin_of", "state", "what", "who"]

QUESTION_STATES = {
    QuestionState.WAITING: "ждёт ответа",
    QuestionState.ANSWERED: "ответили",
    QuestionState.CLOSED: "закрыто",
}

#: Letters by their kind, without what they say: a code or a link is nobody else's.
LETTERS = {
    "access_added": "Счёт увидит ещё один человек",
    "access_disputed": "Доступ к счёту приостановлен",
    "access_ended": "Доступ к счёту закрыт",
    "audit_head": "Голова журнала действий",
    "bill_ready": "Готова квитанция",
    "card_replaced": "Напечатана новая карточка",
    "database_restored": "Кабинет восстановлен из копии",
    "delegation_accepted": "Приглашение приняли",
    "delegation_revoked": "Доступ к счёту закрыт",
    "email_change_confirm": "Подтверждение новой почты",
    "email_changed": "Почта для входа изменена",
    "email_taken": "С этой почтой уже есть кабинет",
    "email_undone": "Прежняя почта возвращена",
    "factor_changed": "Одноразовые коды изменены",
    "invitation": "Приглашение к счёту",
    "key_made": "Создан ключ для программы",
    "leaving_started": "Кабинет будет закрыт",
    "new_device": "Вход с нового устройства или из новой сети",
    "password_changed": "Пароль изменён",
    "password_reset": "Ссылка на новый пароль",
    "payment_receipt": "Оплата прошла",
    "question_answered": "Ответ на обращение",
    "question_not_taken": "Письмо к обращению не принято",
    "question_taken": "Обращение принято",
    "reading_confirmation": "Показания приняты",
    "reading_corrected": "Показания исправлены",
    "reading_reminder": "Напоминание о показаниях",
    "reading_returned": "Показания возвращены",
    "refund_made": "Возврат денег",
    "registration_code": "Код для регистрации",
    "registration_expired": "Заявка на регистрацию закрыта без ответа",
    "registration_opened": "Доступ к счёту открыт",
    "registration_refused": "Доступ к счёту не открыт",
    "request_changed": "Заявка на счётчик",
    "staff_invited": "Приглашение сотрудника",
    "set_password": "Задайте пароль",
    "verification_ends": "Предупреждение о поверке",
}

#: What was done with an account; of anything else the first word tells what it was about.
ACTIONS = {
    "access.ended": "Доступ закрыт",
    "access.given": "Доступ открыт",
    "access.moved": "Порядок счетов изменён",
    "access.removal_undone": "Закрытие доступа отменено",
    "access.removed": "Доступ закрыл специалист",
    "access.renamed": "Название счёта изменено",
    "account.chosen": "Счёт выбран в кабинете",
    "account.found": "Счёт показан в поиске",
    "account.looked": "Карточка счёта открыта",
    "allocations.looked": "Зачёт платежей просмотрен",
    "bill.letter_written": "Письмо о квитанции написано",
    "bill.looked": "Квитанция просмотрена",
    "bills.opened": "Список квитанций открыт",
    "card.printed": "Карточка для входа напечатана",
    "export.taken": "Архив с данными скачан",
    "guest.proved": "Показания без входа: счёт подтверждён",
    "guest.refused": "Показания без входа: данные не подошли",
    "history.opened": "История показаний открыта",
    "history.saved": "История показаний скачана",
    "home.opened": "Главная страница открыта",
    "import.row_given": "Строка загрузки отнесена к счёту",
    "import.row_taken_back": "Строка загрузки снята со счёта",
    "invitation.revoked": "Приглашение отозвано",
    "invitation.sent": "Приглашение отправлено",
    "note.disputed": "Человек ответил «Это не я»",
    "paper.opened": "Документ скачан",
    "papers.opened": "Список документов открыт",
    "payment.begun": "Начат платёж",
    "payment.looked": "Платёж просмотрен",
    "payment.offered": "Страница оплаты открыта",
    "payment.reallocated": "Платёж зачтён за другой месяц",
    "program.opened": "Счёт прочитан программой по ключу",
    "question.asked": "Задан вопрос",
    "reading.act_entered": "Внесён акт контрольной проверки",
    "reading.mailed": "Подтверждение показаний отправлено",
    "reading.submitted": "Показания переданы",
    "readings.opened": "Форма показаний открыта",
    "recalculation.agreed": "Перерасчёт согласован",
    "recalculation.ordered": "Внесён перерасчёт",
    "recalculation.withdrawn": "Перерасчёт отозван",
    "receipt.opened": "Квитанция открыта",
    "receipt.saved": "Квитанция скачана",
    "refund.requested": "Запрошен возврат",
    "registration.compared": "Заявка сравнена с договором",
    "registration.confirmed": "Почта заявки подтверждена",
    "registration.counter": "Счёт открыт в отделении",
    "registration.listed": "Заявка показана в списке",
    "registration.looked": "Заявка просмотрена",
    "reminder.verification_written": "Предупреждение о поверке написано",
    "reminder.written": "Напоминание о показаниях написано",
    "review.listed": "Показание показано в очереди",
    "statement.opened": "Начисления и платежи открыты",
    "statement.saved": "Начисления и платежи скачаны",
}
SUBJECTS = {
    "access": "Доступ к счёту",
    "account": "Счёт",
    "bill": "Квитанция",
    "import": "Загрузка",
    "invitation": "Приглашение",
    "payment": "Платёж",
    "question": "Обращение",
    "reading": "Показания",
    "recalculation": "Перерасчёт",
    "refund": "Возврат",
    "registration": "Заявка на регистрацию",
    "request": "Заявка",
}


def letter(shown: LetterShown) -> str:
    """Return what a letter is about."""
    return LETTERS.get(shown.kind, "Письмо")


def state(shown: LetterShown) -> str:
    """Return what became of a letter."""
    if shown.has_bounced:
        return "отправлено, но почта не принимает писем"
    if shown.sent_at is not None:
        return "отправлено"
    return "не отправлено" if shown.failed_at is not None else "ждёт отправки"


def who(use: UseShown) -> str:
    """Return who did it: staff by their name, others by their e-mail."""
    if use.is_system:
        return "Кабинет или без входа"
    return use.who or "Кабинет без почты"


def what(use: UseShown) -> str:
    """Return what was done."""
    about, _, _ = use.action.partition(".")
    return ACTIONS.get(use.action) or f"{SUBJECTS.get(about, 'Другое')}: действие"
