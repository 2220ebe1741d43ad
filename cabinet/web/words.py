"""The words that stand on every page: the menu, the names of the sections, reasons."""

from dataclasses import dataclass, replace

from flask import current_app, g, request, url_for
from flask_login import current_user

from cabinet.domain.people import AccessLevel, EndReason, Role
from cabinet.domain.period import local_day
from cabinet.domain.registration import Refusal
from cabinet.services import queues
from cabinet.services.payments.reconciling import MOSCOW
from cabinet.web import bank, identity, moment

MENU = (
    ("home.index", "Главная"),
    ("readings.show", "Передать показания"),
    ("history.show", "История показаний"),
    ("statement.show", "Начисления и платежи"),
    ("bills.index", "Распечатать квитанции"),
    ("tariffs.show", "Тарифы"),
    ("papers.index", "Документы"),
    ("requests.index", "Замена и проверка счётчика"),
    ("questions.index", "Задать вопрос"),
    ("news.index", "Новости и льготы"),
)
#: So many stand in the head of every page, the others at its foot (experience, 3.2).
IN_HEAD = 5

#: Sections that somebody who may only send readings does not have.
OWNERS_ONLY = frozenset(
    {
        "bills.index",
        "history.show",
        "papers.index",
        "requests.index",
        "statement.show",
    }
)

#: An organisation pays by its contract and gets its papers as files.
HOUSEHOLDS_ONLY = frozenset({"bills.index", "statement.show", "tariffs.show"})
ORGANISATIONS_ONLY = frozenset({"papers.index"})

#: Sections that need no account.
FOR_EVERYBODY = frozenset({"questions.index", "news.index"})

STAFF_MENU = (
    ("staff.index", "На проверку"),
    ("staff_requests.index", "Заявки"),
    ("staff_questions.index", "Обращения"),
    ("staff_registrations.index", "Регистрации"),
    ("staff_entering.index", "Ввод показаний"),
    ("staff_accounts.index", "Абоненты"),
    ("staff_bills.index", "Начисления"),
    ("staff_recalculations.index", "Перерасчёты"),
    ("staff_payments.index", "Платежи"),
    ("staff_unrecognised.index", "Платежи не распознаны"),
    ("staff_reconciliations.index", "Сверка с банком"),
    ("staff_loads.index", "Загрузки"),
    ("staff_quarantine.index", "Карантин загрузок"),
    ("staff_outgoing.index", "Выгрузки"),
    ("staff_reports.index", "Отчёты"),
    ("staff_content.index", "Содержание"),
    ("staff_help.index", "Помощь"),
    ("staff_settings.index", "Настройки"),
    ("staff_state.index", "Состояние"),
)

#: Sections that stand under another line of the menu.
INSIDE = {
    "staff_allocations": "staff_payments",
    "staff_announcements": "staff_content",
    "staff_profiles": "staff_loads",
}
#: Rooms of the back office that operators do not have.
CHIEFS_ONLY = frozenset({"staff_settings.index"})
#: And those that only admins have.
ADMINS_ONLY = frozenset({"staff_state.index"})

#: Why a request to register is refused, as customers and specialists read it.
REFUSALS = {
    Refusal.NO_ACCOUNT: "Такого лицевого счёта нет",
    Refusal.FACTS_DIFFER: "Сумма платежа или код не совпали",
    Refusal.NOT_HOLDER: "Договор заключён не с вами",
    Refusal.CLOSED: "Лицевой счёт закрыт",
    Refusal.REPEATED: "Такая заявка уже рассмотрена",
}


#: Why a specialist ended an access; read also in the letter, after a colon.
END_REASONS = {
    EndReason.MOVED_OUT: "Договор теперь на другого человека",
    EndReason.WRONG_PERSON: "Счёт открыли по ошибке",
    EndReason.UNKNOWN_TO_HOLDER: "Владелец счёта не знает этого человека",
    EndReason.ASKED_FOR: "Человек сам попросил",
    EndReason.LEFT_WORK: "Человек больше не работает в организации",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the menu; `waiting` is how many wait in its queue, if it is one."""

    label: str
    url: str
    is_current: bool
    waiting: str = ""


def navigation() -> list[Item]:
    """Return the menu of the customer, as far as the access to the account goes.

    A page asks for it two or three times; it is made once.
    """
    if "navigation" not in g:
        g.navigation = _navigation()
    made: list[Item] = g.navigation
    return made


def _navigation() -> list[Item]:
    card = current_user.account
    is_owner = card is not None and card.level is AccessLevel.FULL
    is_firm = card is not None and card.is_organisation
    hidden = HOUSEHOLDS_ONLY if is_firm else ORGANISATIONS_ONLY
    return _items(
        tuple(
            item
            for item in MENU
            if item[0] not in hidden and (is_owner or item[0] not in OWNERS_ONLY)
        )
    )


def head_navigation() -> list[Item]:
    """Return what of the menu stands in the head of every page."""
    return navigation()[:IN_HEAD]


def foot_navigation() -> list[Item]:
    """Return what of the menu stands at the foot of every page.

    Who has no account has nothing in the head: the foot leads to what needs none.
    """
    if current_user.account is None:
        return _items(tuple(item for item in MENU if item[0] in FOR_EVERYBODY))
    return navigation()[IN_HEAD:]


def staff_navigation() -> list[Item]:
    """Return the menu of the back office, with how many wait in each queue.

    An operator does not have what only chiefs do, nor a chief what only admins do.
    """
    hidden: frozenset[str] = frozenset()
    if current_user.role is not Role.ADMIN:
        hidden |= ADMINS_ONLY
    if current_user.role is Role.OPERATOR:
        hidden |= CHIEFS_ONLY
    menu = tuple(
        item
        for item in STAFF_MENU
        if item[0] in current_app.view_functions and item[0] not in hidden
    )
    counts = queues.waiting(
        identity.member(), bank.shops(), today=local_day(moment.now(), MOSCOW)
    )
    return [
        replace(item, waiting=_waiting(counts.get(endpoint, 0)))
        for (endpoint, _), item in zip(menu, _items(menu), strict=True)
    ]


def _waiting(count: int) -> str:
    """Return the number that stands in the menu, nothing where nobody waits."""
    if count >= queues.MOST:
        return f"больше {queues.MOST - 1}"
    return str(count) if count else ""


def _items(menu: tuple[tuple[str, str], ...]) -> list[Item]:
    """Return the lines whose section exists; a section is current on all its pages.

    A page that stands in another section than its address says so in `g.section`.
    """
    here = section_of(request.endpoint or "")
    return [
        Item(label, url_for(endpoint), section_of(endpoint) == g.get("section", here))
        for endpoint, label in menu
        if endpoint in current_app.view_functions
    ]


def section_of(endpoint: str) -> str:
    """Return the section of an endpoint, as the menu has it."""
    section = endpoint.partition(".")[0]
    return INSIDE.get(section, section)
